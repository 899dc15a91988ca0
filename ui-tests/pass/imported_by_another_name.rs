//! Outside a workflow, a step depends on two of one name, one of which is imported by another one.

#![deny(warnings)]

use pgflow::{Result, step, workflow};

pub mod one {
    #[pgflow::step]
    pub async fn audit() -> pgflow::Result<u64> {
        Ok(1)
    }
}

pub mod two {
    #[pgflow::step]
    pub async fn audit() -> pgflow::Result<u64> {
        Ok(2)
    }
}

use two::audit as other_audit;

#[step(depends_on = [one::audit, other_audit])]
pub async fn seal(audit: u64, other_audit: u64) -> Result<u64> {
    Ok(audit + other_audit)
}

#[workflow(include = [one::audit, two::audit as second, seal], output = [seal])]
pub mod both {
    use super::*;
}

fn main() {
    let definition = both::definition();
    let edges: Vec<&str> = definition.steps[2].depends_on.iter().map(|edge| edge.step.as_str()).collect();
    assert_eq!(edges, ["audit", "second"]);
}
