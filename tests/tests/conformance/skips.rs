//! Steps that are skipped, and what depends on them.

use pgflow::{Result, Skippable, State, StepError, step, workflow};
use serde_json::json;

use crate::engines::{Act, Stage, play};

/// Skips of all kinds: by a condition, by its function, in place of a failure, with another one.
#[workflow(state = Stage)]
mod gift {
    use super::*;

    #[step(when = |input| *input > 0)]
    pub(super) async fn wrap(input: i64) -> Result<i64> {
        Ok(input)
    }

    #[step(depends_on = [wrap], skip_with = [wrap])]
    pub(super) async fn ribbon(wrap: i64) -> Result<i64> {
        Ok(wrap * 10)
    }

    #[step(skippable)]
    pub(super) async fn card(input: i64) -> Result<Skippable<Option<String>>> {
        Ok(if input > 1 { Skippable::Done(None) } else { Skippable::skip("nobody asked") })
    }

    #[step(on_exhausted = skip, max_attempts = 2, backoff = "5ms")]
    pub(super) async fn stamp(input: i64, stage: State<Stage>) -> Result<i64> {
        stage.enter("stamp");
        if input > 2 { Ok(1) } else { Err(StepError::retry("no stamps")) }
    }

    #[step(depends_on = [wrap, ribbon, card, stamp])]
    pub(super) async fn send(
        wrap: Option<i64>,
        ribbon: Option<i64>,
        card: Option<Option<String>>,
        stamp: Option<i64>,
    ) -> Result<(bool, Option<i64>, Option<Option<String>>, Option<i64>)> {
        Ok((wrap.is_some(), ribbon, card, stamp))
    }
}

#[tokio::test]
async fn skips_go_through_the_graph_as_its_types_say() {
    let story = play(|| gift::Workflow, 0, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([false, null, null, null])));
    assert_eq!(
        story.steps(),
        ["wrap: skipped 0", "ribbon: skipped 0", "card: skipped 1", "stamp: skipped 2", "send: completed 1"]
    );
    let reasons: Vec<_> =
        ["wrap", "ribbon", "card", "stamp"].map(|step| story.step(step).skip_reason.clone().unwrap()).into();
    assert_eq!(reasons, ["its condition does not hold", "`wrap` was skipped", "nobody asked", "no stamps"]);

    let story = play(|| gift::Workflow, 2, Act::Nothing).await;
    assert_eq!(
        story.steps(),
        ["wrap: completed 1", "ribbon: completed 1", "card: completed 1", "stamp: skipped 2", "send: completed 1"]
    );
    assert_eq!(play(|| gift::Workflow, 3, Act::Nothing).await.output, Ok(json!([true, 30, null, 1])));
}

/// Items are skipped, and a map as a whole.
#[workflow(state = Stage)]
mod parts {
    use super::*;

    #[step(when = |input: &Vec<i64>| !input.is_empty())]
    pub(super) async fn list(input: Vec<i64>) -> Result<Vec<i64>> {
        Ok(input)
    }

    #[step(map = list, skip_with = [list], skippable)]
    pub(super) async fn each(item: i64) -> Result<Skippable<i64>> {
        Ok(if item < 0 { Skippable::skip("below zero") } else { Skippable::Done(item * 2) })
    }

    #[step(depends_on = [each])]
    pub(super) async fn sum(each: Option<Vec<Option<i64>>>) -> Result<Option<Vec<Option<i64>>>> {
        Ok(each)
    }
}

#[tokio::test]
async fn a_skipped_item_leaves_a_gap_and_a_skipped_list_skips_its_map() {
    let story = play(|| parts::Workflow, vec![1, -1, 3], Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([2, null, 6])));
    let story = play(|| parts::Workflow, vec![], Act::Nothing).await;
    assert_eq!(
        (story.output.clone(), story.steps()),
        (Ok(json!(null)), ["list: skipped 0", "each: skipped 0", "sum: completed 1"].map(str::to_owned).to_vec())
    );
}

/// The only last step is skipped; its condition panics when it is told to.
#[workflow(state = Stage)]
mod last {
    use super::*;

    #[step(when = |input| { assert!(*input < 9, "nine"); *input > 0 })]
    pub(super) async fn only(input: i64) -> Result<i64> {
        Ok(input)
    }
}

#[tokio::test]
async fn the_output_of_a_skipped_last_step_is_none() {
    assert_eq!(play(|| last::Workflow, 0, Act::Nothing).await.output, Ok(json!(null)));
    assert_eq!(play(|| last::Workflow, 1, Act::Nothing).await.output, Ok(json!(1)));
}

#[tokio::test]
async fn a_condition_that_panics_fails_the_run() {
    let story = play(|| last::Workflow, 9, Act::Nothing).await;
    assert_eq!(story.output, Err("run R failed at step `only`: the condition of the step panicked: nine".to_owned()));
}
