use pgflow::Signal;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn decide(anna: Signal<bool>, berta: Signal<bool>) -> pgflow::Result<bool> {
        Ok(*anna && *berta)
    }
}

fn main() {
    let _ = orders::decide(Signal::new(true), Signal::new(true));
}
