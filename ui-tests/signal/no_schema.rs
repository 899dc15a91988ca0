use pgflow::Signal;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Approval {
    pub by: String,
}

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn decide(approval: Signal<Approval>) -> pgflow::Result<String> {
        Ok(approval.into_inner().by)
    }
}

fn main() {
    let _ = orders::decide(Signal::new(Approval { by: String::new() }));
}
