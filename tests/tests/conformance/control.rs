//! What people do to runs, and workers that die.

use pgflow::{Result, RunStatus, State, StepContext, StepError, step, workflow};
use serde_json::json;

use crate::engines::{Act, Stage, play};

/// A step before a gate, the gate, and one after it.
#[workflow(state = Stage)]
mod gate {
    use super::*;

    #[step]
    pub(super) async fn before(input: i64, stage: State<Stage>) -> Result<i64> {
        stage.enter("before");
        Ok(input)
    }

    #[step(depends_on = [before])]
    pub(super) async fn wait(before: i64, stage: State<Stage>, ctx: StepContext) -> Result<(i64, u16)> {
        stage.enter("wait");
        stage.wait().await;
        Ok((before, ctx.attempt()))
    }

    #[step(depends_on = [wait])]
    pub(super) async fn after(wait: (i64, u16), stage: State<Stage>) -> Result<(i64, u16)> {
        stage.enter("after");
        Ok(wait)
    }
}

#[tokio::test]
async fn a_cancelled_run_ends_and_what_is_under_way_is_dropped() {
    let story = play(|| gate::Workflow, 1, Act::Cancel).await;
    assert_eq!(
        (story.status, story.output.clone()),
        (RunStatus::Cancelled, Err("run R was cancelled: because".to_owned()))
    );
    assert_eq!(story.steps(), ["before: completed 1", "wait: cancelled 0", "after: cancelled 0"]);
}

#[tokio::test]
async fn a_paused_run_ends_what_is_under_way_and_goes_on_when_it_is_resumed() {
    let story = play(|| gate::Workflow, 1, Act::Pause).await;
    assert_eq!(story.output, Ok(json!([1, 1])));
    assert_eq!((story.executed("before"), story.executed("wait"), story.executed("after")), (1, 1, 1));
}

#[tokio::test]
async fn what_a_dead_worker_executed_is_executed_again_and_what_it_recorded_is_not() {
    let story = play(|| gate::Workflow, 1, Act::Crash).await;
    assert_eq!(story.output, Ok(json!([1, 1])));
    assert_eq!((story.executed("before"), story.executed("wait"), story.executed("after")), (1, 2, 1));
}

/// Fails until it was executed three times; one beside it does not.
#[workflow(state = Stage)]
mod second_try {
    use super::*;

    #[step]
    pub(super) async fn fine(stage: State<Stage>) -> Result<()> {
        stage.enter("fine");
        Ok(())
    }

    #[step(depends_on = [fine], max_attempts = 2, backoff = "5ms")]
    pub(super) async fn moody(stage: State<Stage>, ctx: StepContext) -> Result<(u16, u16)> {
        if stage.enter("moody") < 3 {
            Err(StepError::retry("not yet"))
        } else {
            Ok((ctx.attempt(), ctx.max_attempts()))
        }
    }
}

#[tokio::test]
async fn a_failed_run_that_is_resumed_goes_on_from_what_it_failed_of_with_all_its_attempts() {
    let story = play(|| second_try::Workflow, (), Act::ResumeFailed).await;
    assert_eq!(story.output, Ok(json!([3, 4])));
    assert_eq!((story.executed("fine"), story.executed("moody")), (1, 3));
}
