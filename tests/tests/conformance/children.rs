//! Steps that are runs of another workflow.

use pgflow::{Result, State, StepError, step, workflow};
use serde_json::json;

use crate::engines::{Act, Stage, play};

/// Fails with 13, gives nothing with 0, and waits at the gate with 99.
#[workflow(state = Stage)]
pub(crate) mod parcel {
    use super::*;

    #[step(when = |input| *input > 0)]
    pub(crate) async fn pack(input: u32, stage: State<Stage>) -> Result<String> {
        stage.enter("pack");
        match input {
            13 => Err(StepError::fatal("it does not fit")),
            99 => {
                stage.wait().await;
                Ok("late".to_owned())
            }
            input => Ok(format!("parcel {input}")),
        }
    }
}

/// One, and each of many.
#[workflow(state = Stage)]
mod order {
    use super::*;

    #[step(child = parcel)]
    pub(super) async fn first(input: Vec<u32>) -> Result<u32> {
        input.first().copied().ok_or_else(|| StepError::fatal("an order has a line"))
    }

    #[step(map = input, child = parcel, depends_on = [first])]
    pub(super) async fn each(item: u32) -> Result<u32> {
        Ok(item + 1)
    }

    #[step(depends_on = [first, each])]
    pub(super) async fn done(first: Option<String>, each: Vec<Option<String>>) -> Result<Vec<Option<String>>> {
        Ok([vec![first], each].concat())
    }
}

/// Goes on without those that fail.
#[workflow(input = Vec<u32>, state = Stage)]
mod lenient {
    use super::*;

    #[step(map = input, child = parcel, on_exhausted = skip)]
    pub(super) async fn each(item: u32) -> Result<u32> {
        Ok(item)
    }

    #[step(depends_on = [each])]
    pub(super) async fn done(each: Vec<Option<Option<String>>>) -> Result<Vec<Option<String>>> {
        Ok(each.into_iter().map(Option::flatten).collect())
    }
}

#[tokio::test]
async fn a_step_gives_what_its_run_gives() {
    let story = play(|| order::Workflow, vec![1, 2], Act::Nothing).await;
    assert_eq!(story.output, Ok(json!(["parcel 1", "parcel 2", "parcel 3"])));
    assert_eq!(story.steps(), ["first: completed 1", "each: completed 1", "done: completed 1"]);
    assert_eq!(story.executed("pack"), 3);
}

#[tokio::test]
async fn a_run_without_an_output_gives_null() {
    let story = play(|| order::Workflow, vec![0], Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([null, "parcel 1"])));
}

#[tokio::test]
async fn what_a_run_has_failed_of_its_parent_has_failed_of() {
    let story = play(|| order::Workflow, vec![13], Act::Nothing).await;
    let said = story.output.as_ref().unwrap_err();
    assert!(said.contains("`first`") && said.contains("run R failed at step `pack`: it does not fit"), "{said}");
    assert_eq!(story.step("first").status, "failed");
    // Nobody has made an input.
    let story = play(|| order::Workflow, vec![], Act::Nothing).await;
    assert!(story.output.unwrap_err().contains("an order has a line"));
    assert_eq!(story.executed.len(), 0);
}

#[tokio::test]
async fn a_step_may_be_skipped_for_its_run() {
    let story = play(|| lenient::Workflow, vec![1, 13, 0], Act::Nothing).await;
    assert_eq!(story.output, Ok(json!(["parcel 1", null, null])));
}

#[tokio::test]
async fn a_worker_may_die_while_the_run_of_a_step_is_executed() {
    let story = play(|| order::Workflow, vec![99], Act::Crash).await;
    assert_eq!(story.output, Ok(json!(["late", "parcel 100"])));
    assert_eq!(story.executed("pack"), 3);
    let story = play(|| order::Workflow, vec![99], Act::Pause).await;
    assert_eq!(story.output, Ok(json!(["late", "parcel 100"])));
}
