use pgflow::Signal;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step(signal_timeout = "0s")]
    pub async fn decide(approval: Signal<bool>) -> pgflow::Result<bool> {
        Ok(*approval)
    }
}

fn main() {
    let _ = orders::decide(Signal::new(true));
}
