use pgflow::Signal;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn decide(approval: Option<Signal<bool>>) -> pgflow::Result<bool> {
        Ok(approval.is_some_and(|approval| *approval))
    }
}

fn main() {
    let _ = orders::decide(None);
}
