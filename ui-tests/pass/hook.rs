//! A step that is executed when the run has failed is no part of the graph, nor of the output.

use pgflow::{Failure, Result, State, StepContext, Workflow as _, step, workflow};

#[workflow(state = String)]
mod orders {
    use super::*;

    #[step(queue = "stock")]
    pub async fn reserve(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(on_failure, max_attempts = 9, timeout = "1m")]
    pub async fn apologise(
        input: u32,
        failure: Failure,
        sender: State<String>,
        ctx: StepContext,
    ) -> Result<String> {
        Ok(format!("{}: {input} {} {}", *sender, failure.error, ctx.attempt()))
    }
}

fn main() {
    let definition = orders::Workflow::definition();
    assert_eq!(definition.leaves().count(), 1);
    assert!(definition.steps[1].on_failure);
    let _: fn(<orders::Workflow as pgflow::Workflow>::Output) -> u32 = |output| output;
}
