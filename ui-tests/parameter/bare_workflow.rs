#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

struct Workflow;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn start_other(workflow: Workflow) -> Result<()> {
        let _ = workflow;
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
