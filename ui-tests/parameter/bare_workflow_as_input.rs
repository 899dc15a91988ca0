#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Workflow;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn begin(input: Workflow) -> Result<Vec<Workflow>> {
        Ok(vec![input])
    }
}

fn main() {
    let _ = orders::definition();
}
