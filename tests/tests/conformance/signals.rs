//! Steps that wait for signals: whenever these come, and whatever happens meanwhile.

use pgflow::{Result, RunStatus, Signal, State, StepContext, StepError, step, workflow};
use serde_json::json;

use crate::engines::Turn::{Crash, Fails, Gate, Open, Pause, Paused, Rests, Resume, Signal as Send};
use crate::engines::{Act, Stage, play, play_turns};

/// A step before, which waits at the gate when it is told to, and one that waits for the signal; the gate again, when it is told to.
#[workflow(state = Stage)]
mod approval {
    use super::*;

    #[step]
    pub(super) async fn ask(input: i64, stage: State<Stage>) -> Result<i64> {
        stage.enter("ask");
        if input == 1 {
            stage.wait().await;
        }
        Ok(input)
    }

    #[step(depends_on = [ask], max_attempts = 2, backoff = "5ms")]
    pub(super) async fn decide(ask: i64, yes: Signal<bool>, stage: State<Stage>, ctx: StepContext) -> Result<String> {
        stage.enter("decide");
        if ask == 2 {
            stage.wait().await;
        }
        if ask == 3 && ctx.attempt() == 1 {
            return Err(StepError::retry("once more"));
        }
        Ok(format!("{} by {}", *yes, yes.sender()))
    }
}

#[tokio::test]
async fn a_step_waits_for_its_signal_and_is_told_who_sent_it() {
    let story = play_turns(|| approval::Workflow, 0, &[Open, Rests, Send("yes", "true")]).await;
    assert_eq!(story.output, Ok(json!("true by anna")));
    assert_eq!(story.steps(), ["ask: completed 1", "decide: completed 1"]);
}

#[tokio::test]
async fn a_signal_that_comes_before_its_step_waits_is_kept() {
    let turns = [Gate, Send("yes", "true"), Send("yes", "false"), Open];
    assert_eq!(play_turns(|| approval::Workflow, 1, &turns).await.output, Ok(json!("true by anna")), "the first");
    // Nothing of the run has begun, perhaps.
    assert_eq!(play_turns(|| approval::Workflow, 0, &[Send("yes", "false")]).await.output, Ok(json!("false by anna")));
}

#[tokio::test]
async fn each_attempt_is_given_the_same_signal_whatever_comes_later() {
    let story = play_turns(|| approval::Workflow, 3, &[Rests, Send("yes", "true")]).await;
    assert_eq!((story.output.clone(), story.executed("decide")), (Ok(json!("true by anna")), 2));
    let turns = [Rests, Send("yes", "true"), Gate, Send("yes", "false"), Crash, Open];
    let story = play_turns(|| approval::Workflow, 2, &turns).await;
    assert_eq!((story.output.clone(), story.executed("decide")), (Ok(json!("true by anna")), 2));
    assert_eq!(story.executed("ask"), 1);
}

#[tokio::test]
async fn the_wait_outlives_a_worker_and_a_pause() {
    let turns = [Rests, Crash, Send("yes", "true")];
    assert_eq!(play_turns(|| approval::Workflow, 0, &turns).await.output, Ok(json!("true by anna")));
    let turns = [Rests, Pause, Paused, Send("yes", "true"), Paused, Resume];
    let story = play_turns(|| approval::Workflow, 0, &turns).await;
    assert_eq!((story.output.clone(), story.executed("ask")), (Ok(json!("true by anna")), 1));
    let turns = [Rests, Pause, Paused, Resume, Rests, Send("yes", "true")];
    assert_eq!(play_turns(|| approval::Workflow, 0, &turns).await.output, Ok(json!("true by anna")));
}

/// Which of several counts.
#[workflow(state = Stage)]
mod several {
    use super::*;

    #[step]
    pub(super) async fn before(input: i64, stage: State<Stage>) -> Result<i64> {
        if input == 1 {
            stage.wait().await;
        }
        Ok(input)
    }

    #[step(depends_on = [before])]
    pub(super) async fn first(one: Signal<u32>) -> Result<u32> {
        Ok(one.into_inner())
    }

    #[step(depends_on = [before], latest_signal)]
    pub(super) async fn latest(before: i64, last: Signal<u32>, stage: State<Stage>) -> Result<u32> {
        if before == 2 {
            stage.wait().await;
        }
        Ok(last.into_inner())
    }
}

#[tokio::test]
async fn the_first_one_counts_or_the_latest() {
    let turns =
        [Gate, Send("one", "3"), Send("last", "3"), Send("one", "1"), Send("last", "1"), Send("last", "2"), Open];
    let story = play_turns(|| several::Workflow, 1, &turns).await;
    assert_eq!(story.output, Ok(json!({"first": 3, "latest": 2})));
}

#[tokio::test]
async fn the_latest_is_that_when_the_step_began_or_begins_in_other_hands() {
    let turns = [Rests, Send("one", "1"), Send("last", "1"), Gate, Send("last", "2"), Open];
    let story = play_turns(|| several::Workflow, 2, &turns).await;
    assert_eq!(story.output, Ok(json!({"first": 1, "latest": 1})));
    let turns = [Rests, Send("one", "1"), Send("last", "1"), Gate, Send("last", "2"), Crash, Open];
    let story = play_turns(|| several::Workflow, 2, &turns).await;
    assert_eq!(story.output, Ok(json!({"first": 1, "latest": 2})));
}

/// One signal after the other.
#[workflow(state = Stage)]
mod steps {
    use super::*;

    #[step]
    pub(super) async fn one(first: Signal<u32>, stage: State<Stage>) -> Result<u32> {
        stage.enter("one");
        Ok(first.into_inner())
    }

    #[step(depends_on = [one], signal_timeout = "1h")]
    pub(super) async fn two(one: u32, second: Option<Signal<u32>>) -> Result<u32> {
        Ok(one * 10 + second.map_or(0, Signal::into_inner))
    }
}

#[tokio::test]
async fn what_has_been_given_its_signal_waits_no_more_in_other_hands() {
    let turns = [Rests, Send("first", "1"), Send("first", "7"), Rests, Crash, Rests, Send("second", "2")];
    let story = play_turns(|| steps::Workflow, (), &turns).await;
    assert_eq!((story.output.clone(), story.executed("one")), (Ok(json!(12)), 1));
    let turns = [Rests, Send("first", "1"), Rests, Pause, Paused, Resume, Rests, Send("second", "2")];
    assert_eq!(play_turns(|| steps::Workflow, (), &turns).await.output, Ok(json!(12)));
}

/// Goes on without; at the gate it has begun. Its first attempt fails.
#[workflow(state = Stage)]
mod without {
    use super::*;

    #[step(signal_timeout = "30ms", max_attempts = 2, backoff = "5ms")]
    pub(super) async fn goes_on(
        word: Option<Signal<String>>,
        stage: State<Stage>,
        ctx: StepContext,
    ) -> Result<Option<String>> {
        stage.enter("goes_on");
        if ctx.attempt() == 1 {
            stage.wait().await;
            return Err(StepError::retry("once more"));
        }
        Ok(word.map(Signal::into_inner))
    }
}

#[tokio::test]
async fn a_signal_that_comes_too_late_is_given_to_nobody() {
    let story = play_turns(|| without::Workflow, (), &[Gate, Send("word", "\"late\""), Open]).await;
    assert_eq!((story.output.clone(), story.executed("goes_on")), (Ok(json!(null)), 2));
    // Nor in other hands.
    let story = play_turns(|| without::Workflow, (), &[Gate, Send("word", "\"late\""), Crash, Open]).await;
    assert_eq!((story.output.clone(), story.executed("goes_on")), (Ok(json!(null)), 3));
}

/// Would go on without, but has time.
#[workflow(state = Stage)]
mod patient {
    use super::*;

    #[step(signal_timeout = "1h", max_attempts = 2, backoff = "5ms")]
    pub(super) async fn goes_on(
        word: Option<Signal<String>>,
        stage: State<Stage>,
        ctx: StepContext,
    ) -> Result<Option<String>> {
        stage.enter("goes_on");
        if ctx.attempt() == 1 { Err(StepError::retry("once more")) } else { Ok(word.map(Signal::into_inner)) }
    }
}

#[tokio::test]
async fn a_signal_in_time_is_given_to_a_step_that_would_go_on_without() {
    let story = play_turns(|| patient::Workflow, (), &[Send("word", "\"soon\""), Open]).await;
    assert_eq!(story.output, Ok(json!("soon")));
}

/// Cannot do without; another one is skipped then.
#[workflow(state = Stage)]
mod needs {
    use super::*;

    #[step(signal_timeout = "30ms", on_exhausted = skip)]
    pub(super) async fn is_skipped(other: Signal<String>, stage: State<Stage>) -> Result<String> {
        stage.enter("is_skipped");
        Ok(other.into_inner())
    }

    #[step(depends_on = [is_skipped])]
    pub(super) async fn goes_on(is_skipped: Option<String>) -> Result<bool> {
        Ok(is_skipped.is_some())
    }

    #[step(depends_on = [goes_on], when = |input| *input, signal_timeout = "40ms")]
    pub(super) async fn fails(go: Signal<()>, stage: State<Stage>) -> Result<u32> {
        stage.enter("fails");
        drop(go);
        Ok(1)
    }

    #[step(depends_on = [fails])]
    pub(super) async fn last(input: bool, fails: Option<u32>) -> Result<Option<u32>> {
        Ok(if input { fails } else { None })
    }
}

#[tokio::test]
async fn a_step_without_its_signal_fails_or_is_skipped() {
    let story = play(|| needs::Workflow, true, Act::Nothing).await;
    assert_eq!(story.status, RunStatus::Failed);
    assert_eq!(story.output, Err("run R failed at step `fails`: no signal `go` has come within 40ms".to_owned()));
    let expected = ["is_skipped: skipped 0", "goes_on: completed 1", "fails: failed 0", "last: cancelled 0"];
    assert_eq!(story.steps(), expected);
    assert_eq!(story.step("is_skipped").skip_reason.as_deref(), Some("no signal `other` has come within 30ms"));
    assert_eq!((story.executed("is_skipped"), story.executed("fails")), (0, 0));
}

#[tokio::test]
async fn a_step_that_is_skipped_waits_for_no_signal() {
    let story = play(|| needs::Workflow, false, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!(null)));
    assert_eq!(story.step("fails").skip_reason.as_deref(), Some("its condition does not hold"));
}

#[tokio::test]
async fn a_run_that_failed_for_want_of_a_signal_waits_again_when_it_is_resumed() {
    let story = play_turns(|| needs::Workflow, true, &[Fails, Resume, Fails]).await;
    assert_eq!(story.output, Err("run R failed at step `fails`: no signal `go` has come within 40ms".to_owned()));
    assert_eq!(story.steps()[2], "fails: failed 0");
}
