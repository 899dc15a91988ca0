//! Attempts: failures, retries, time-outs, panics.

use std::time::Duration;

use pgflow::{Failure, Result, RunStatus, State, StepContext, StepError, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::engines::{Act, Stage, Story, play};

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Do {
    FailUntil(u16),
    RetryAfter,
    Fatal,
    Panic,
    Hang,
    AnyError,
}

/// A step that does as it is told, and one that depends on it.
#[workflow(state = Stage)]
pub(crate) mod told {
    use super::*;

    #[step(max_attempts = 3, backoff = "5ms", timeout = "100ms")]
    pub(crate) async fn risky(input: Do, ctx: StepContext, stage: State<Stage>) -> Result<u16> {
        stage.enter("risky");
        let attempt = ctx.attempt();
        match input {
            Do::FailUntil(last) if attempt < last => Err(StepError::retry(format!("attempt {attempt}"))),
            Do::FailUntil(_) => Ok(attempt),
            Do::RetryAfter if attempt == 1 => Err(StepError::retry_after(Duration::from_millis(20), "later")),
            Do::RetryAfter => Ok(attempt),
            Do::Fatal => Err(StepError::fatal("never")),
            Do::Panic => panic!("help"),
            Do::Hang if attempt == 1 => std::future::pending().await,
            Do::Hang => Ok(attempt),
            Do::AnyError => Err(std::io::Error::other("disk").into()),
        }
    }

    #[step(depends_on = [risky])]
    pub(crate) async fn after(risky: u16, stage: State<Stage>) -> Result<u16> {
        stage.enter("after");
        Ok(risky)
    }
}

async fn told(what: Do) -> Story {
    play(|| told::Workflow, what, Act::Nothing).await
}

#[tokio::test]
async fn a_failed_attempt_is_tried_again_as_often_as_its_step_says() {
    let story = told(Do::FailUntil(3)).await;
    assert_eq!((story.output.clone(), story.executed("risky")), (Ok(json!(3)), 3));
    let story = told(Do::FailUntil(9)).await;
    assert_eq!(story.output, Err("run R failed at step `risky`: attempt 3".to_owned()));
    assert_eq!(story.steps(), ["risky: failed 3", "after: cancelled 0"]);
    assert_eq!((story.status, story.executed("risky"), story.executed("after")), (RunStatus::Failed, 3, 0));
}

#[tokio::test]
async fn a_step_may_say_when_it_is_to_be_tried_again_or_that_it_is_not() {
    assert_eq!(told(Do::RetryAfter).await.output, Ok(json!(2)));
    let story = told(Do::Fatal).await;
    assert_eq!(
        (story.output.clone(), story.executed("risky")),
        (Err("run R failed at step `risky`: never".to_owned()), 1)
    );
}

#[tokio::test]
async fn panics_and_errors_of_any_kind_are_failed_attempts() {
    let story = told(Do::Panic).await;
    assert_eq!(story.output, Err("run R failed at step `risky`: the step panicked: help".to_owned()));
    assert_eq!(story.executed("risky"), 3);
    assert_eq!(told(Do::AnyError).await.output, Err("run R failed at step `risky`: disk".to_owned()));
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_dropped_and_tried_again() {
    let story = told(Do::Hang).await;
    assert_eq!((story.output.clone(), story.executed("risky")), (Ok(json!(2)), 2));
}

/// One item of a map fails, and there is a step for that.
#[workflow(input = Vec<u8>, state = Stage)]
mod items {
    use super::*;

    #[step(map = input, max_attempts = 2, backoff = "5ms")]
    pub(super) async fn each(item: u8, stage: State<Stage>) -> Result<u8> {
        stage.enter("each");
        if item == 7 { Err(StepError::retry("seven")) } else { Ok(item) }
    }

    #[step(on_failure)]
    pub(super) async fn sweep(failure: Failure, input: Vec<u8>, stage: State<Stage>) -> Result<()> {
        stage.enter(&format!("{:?} {:?} {} of {}", failure.step, failure.index, failure.error, input.len()));
        Ok(())
    }
}

#[tokio::test]
async fn a_run_fails_of_an_item_and_its_step_for_that_is_told() {
    let story = play(|| items::Workflow, vec![7], Act::Nothing).await;
    assert_eq!(story.output, Err("run R failed at step `each`: seven".to_owned()));
    assert_eq!(story.steps(), ["each: failed 2", "sweep: completed 1"]);
    assert_eq!(story.executed("Some(\"each\") Some(0) seven of 1"), 1);
    let fine = play(|| items::Workflow, vec![1, 2], Act::Nothing).await;
    assert_eq!((fine.output.clone(), fine.steps()), (Ok(json!([1, 2])), vec!["each: completed 1".to_owned()]));
}

/// Too slow for its deadline.
#[workflow(state = Stage, deadline = "2s")]
mod hurried {
    use super::*;

    #[step]
    pub(super) async fn first() -> Result<()> {
        Ok(())
    }

    #[step(depends_on = [first], delay = "10m")]
    pub(super) async fn second() -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_run_that_has_not_ended_by_its_deadline_fails() {
    let story = play(|| hurried::Workflow, (), Act::Nothing).await;
    assert_eq!(story.output, Err("run R failed: the run had not ended by its deadline".to_owned()));
    assert_eq!(story.steps(), ["first: completed 1", "second: cancelled 0"]);
}
