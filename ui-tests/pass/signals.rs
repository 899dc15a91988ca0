//! What a step may wait for, and what sends it.

use pgflow::{Result, Signal, step, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Approval {
    pub by: String,
}

#[workflow]
mod orders {
    use super::*;

    #[step]
    pub async fn ask(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(depends_on = [ask])]
    pub async fn decide(ask: u32, approval: Signal<Approval>) -> Result<String> {
        Ok(format!("{ask} by {}", approval.by))
    }

    // A raw name, the whole path, a type in another place; a step and a signal of one name.
    #[step(signal_timeout = "1h", latest_signal, on_exhausted = skip)]
    pub async fn named(r#type: pgflow::Signal<std::collections::BTreeMap<String, super::Approval>>) -> Result<usize> {
        Ok(r#type.len())
    }

    #[step(signal_timeout = "1h")]
    pub async fn perhaps(ask: Option<Signal<()>>) -> Result<bool> {
        Ok(ask.is_some())
    }
}

fn main() {
    let signals = orders::definition().steps.into_iter().filter_map(|step| step.signal);
    let said: Vec<(String, bool)> = signals.map(|signal| (signal.name, signal.optional)).collect();
    assert_eq!(said, [("approval".to_owned(), false), ("type".to_owned(), false), ("ask".to_owned(), true)]);
}
