use pgflow::Signal;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn decide(approval: Signal<bool>) -> pgflow::Result<bool> {
        Ok(*approval)
    }

    #[pgflow::step]
    pub async fn record(approval: Signal<bool>) -> pgflow::Result<bool> {
        Ok(*approval)
    }
}

fn main() {
    let _ = orders::decide(Signal::new(true));
    let _ = orders::record(Signal::new(true));
}
