use pgflow::Signal;

#[pgflow::step]
pub async fn decide(approval: Signal<bool>) -> pgflow::Result<bool> {
    Ok(*approval)
}

fn main() {
    let _ = decide(Signal::new(true));
}
