use pgflow::Repeat;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn charge(input: u32) -> pgflow::Result<u32> {
        Ok(input)
    }

    #[pgflow::step(on_failure)]
    pub async fn apologise(again: Repeat) -> pgflow::Result<()> {
        drop(again);
        Ok(())
    }
}

fn main() {
    let _ = orders::charge(1);
    let _ = orders::apologise(Repeat::new(None));
}
