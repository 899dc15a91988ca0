use pgflow::Signal;

#[pgflow::workflow(input = Vec<u32>)]
mod orders {
    use super::*;

    #[pgflow::step(map = input)]
    pub async fn decide(item: u32, approval: Signal<bool>) -> pgflow::Result<u32> {
        Ok(if *approval { item } else { 0 })
    }
}

fn main() {
    let _ = orders::decide(1, Signal::new(true));
    let _: Option<Vec<u32>> = None::<<orders::Workflow as pgflow::Workflow>::Input>;
}
