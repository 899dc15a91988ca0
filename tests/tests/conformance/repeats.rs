//! Steps that ask to be executed again.

use std::time::Duration;

use pgflow::{Repeat, Result, RunStatus, State, StepContext, StepError, step, workflow};
use serde_json::json;

use crate::engines::Turn::{Fails, Open, Resume};
use crate::engines::{Act, Stage, play, play_turns};

const SOON: Duration = Duration::from_millis(2);

/// Counts up to its input; each time it fails once before.
#[workflow(state = Stage)]
mod counting {
    use super::*;

    #[step(max_attempts = 2, backoff = "1ms")]
    pub(super) async fn up(
        input: u32,
        repeat: Repeat<Vec<u32>>,
        ctx: StepContext,
        stage: State<Stage>,
    ) -> Result<(Vec<u32>, u32, u16, u16)> {
        let mut seen = repeat.state().cloned().unwrap_or_default();
        // One execution fails, the next one asks.
        if stage.enter("up") % 2 == 1 {
            return Err(StepError::retry("once more"));
        }
        if repeat.count() == input {
            return Ok((seen, repeat.count(), ctx.attempt(), ctx.max_attempts()));
        }
        seen.push(repeat.count() * 10);
        repeat.after(SOON, seen)
    }
}

#[tokio::test]
async fn a_step_is_executed_again_with_its_state_and_all_its_attempts() {
    let story = play(|| counting::Workflow, 3, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([[0, 10, 20], 3, 5, 5])));
    assert_eq!((story.steps(), story.executed("up")), (vec!["up: completed 5".to_owned()], 8));
    let story = play(|| counting::Workflow, 0, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([[], 0, 2, 2])));
}

/// Goes through pages; at the gate when it is at the second one.
#[workflow(state = Stage)]
mod pages {
    use super::*;

    #[step]
    pub(super) async fn before(input: u32, stage: State<Stage>) -> Result<u32> {
        stage.enter("before");
        Ok(input)
    }

    #[step(depends_on = [before])]
    pub(super) async fn all(before: u32, repeat: Repeat<u32>, stage: State<Stage>) -> Result<(u32, u32)> {
        let page = repeat.state().copied().unwrap_or_default();
        stage.enter(&format!("page {page}"));
        if page == 1 {
            stage.wait().await;
        }
        if page == before { Ok((page, repeat.count())) } else { repeat.after(SOON, page + 1) }
    }

    #[step(depends_on = [all])]
    pub(super) async fn last(all: (u32, u32)) -> Result<(u32, u32)> {
        Ok(all)
    }
}

#[tokio::test]
async fn another_worker_goes_on_from_the_last_state() {
    let story = play(|| pages::Workflow, 3, Act::Crash).await;
    assert_eq!(story.output, Ok(json!([3, 3])));
    let pages: Vec<usize> = (0..4).map(|page| story.executed(&format!("page {page}"))).collect();
    assert_eq!((pages, story.executed("before")), (vec![1, 2, 1, 1], 1));
}

#[tokio::test]
async fn a_paused_run_goes_on_from_the_last_state() {
    let story = play(|| pages::Workflow, 3, Act::Pause).await;
    assert_eq!(story.output, Ok(json!([3, 3])));
    assert_eq!(story.executed("page 1"), 1, "what was under way has ended, and was asked for again");
}

#[tokio::test]
async fn a_cancelled_run_asks_for_nothing_more() {
    let story = play(|| pages::Workflow, 3, Act::Cancel).await;
    assert_eq!((story.status, story.executed("page 2")), (RunStatus::Cancelled, 0));
}

/// Never has enough, until it was executed often enough.
#[workflow(state = Stage)]
mod insatiable {
    use super::*;

    #[step(max_repeats = 3)]
    pub(super) async fn often(input: usize, repeat: Repeat<u32>, stage: State<Stage>) -> Result<(u32, u32)> {
        let state = repeat.state().copied().unwrap_or_default();
        if stage.enter("often") == input { Ok((state, repeat.count())) } else { repeat.after(SOON, state + 1) }
    }
}

#[tokio::test]
async fn too_many_repetitions_fail_the_step() {
    let story = play(|| insatiable::Workflow, 99, Act::Nothing).await;
    let error = "run R failed at step `often`: it has asked to be executed again more than 3 times";
    assert_eq!((story.output.clone(), story.executed("often")), (Err(error.to_owned()), 4));
    assert_eq!(story.steps(), ["often: failed 1"]);
}

#[tokio::test]
async fn when_it_is_resumed_it_goes_on_from_where_it_was_with_as_many_again() {
    let story = play(|| insatiable::Workflow, 7, Act::ResumeFailed).await;
    assert_eq!((story.output.clone(), story.executed("often")), (Ok(json!([5, 2])), 7));
    let story = play_turns(|| insatiable::Workflow, 99, &[Open, Fails, Resume, Fails]).await;
    assert_eq!(story.executed("often"), 8);
}

/// Asks for too long.
#[workflow(state = Stage)]
mod patient {
    use super::*;

    #[step(repeat_timeout = "60ms", on_exhausted = skip)]
    pub(super) async fn long(repeat: Repeat) -> Result<u32> {
        repeat.after(Duration::from_millis(20), ())
    }

    #[step(depends_on = [long])]
    pub(super) async fn last(long: Option<u32>) -> Result<Option<u32>> {
        Ok(long)
    }
}

#[tokio::test]
async fn repetitions_for_too_long_skip_the_step_where_it_says_so() {
    let story = play(|| patient::Workflow, (), Act::Nothing).await;
    assert_eq!((story.output.clone(), story.steps()[0].as_str()), (Ok(json!(null)), "long: skipped 1"));
    let reason = "it has asked to be executed again for longer than 60ms";
    assert_eq!(story.step("long").skip_reason.as_deref(), Some(reason));
}

/// Each item goes round as often as it says; every third fails once in between.
#[workflow(input = Vec<u32>, state = Stage)]
mod items {
    use super::*;

    #[step(map = input, max_attempts = 3, backoff = "1ms")]
    pub(super) async fn each(item: u32, repeat: Repeat<u32>, ctx: StepContext, stage: State<Stage>) -> Result<u32> {
        stage.enter("each");
        let rounds = repeat.state().copied().unwrap_or_default();
        if item.is_multiple_of(3) && rounds == 1 && ctx.attempt() == 1 {
            return Err(StepError::retry("once more"));
        }
        if rounds == item % 4 { Ok(item * 10 + rounds) } else { repeat.after(SOON, rounds + 1) }
    }
}

#[tokio::test]
async fn items_ask_each_for_itself() {
    let story = play(|| items::Workflow, (0..10).collect(), Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([0, 11, 22, 33, 40, 51, 62, 73, 80, 91])));
    // As often as they say, once more each, and those that failed: 3, 6, 9.
    assert_eq!(story.executed("each"), 13 + 10 + 3);
    assert_eq!((story.step("each").items, story.step("each").items_done), (Some(10), 10));
}
