use pgflow::Signal;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn charge(input: u32) -> pgflow::Result<u32> {
        Ok(input)
    }

    #[pgflow::step(on_failure)]
    pub async fn apologise(approval: Signal<bool>) -> pgflow::Result<()> {
        drop(approval);
        Ok(())
    }
}

fn main() {
    let _ = orders::charge(1);
    let _ = orders::apologise(Signal::new(true));
}
