//! Chains, diamonds, maps.

use std::time::Duration;

use pgflow::{Result, State, StepContext, step, workflow};
use serde_json::json;

use crate::engines::{Act, Stage, play};

/// A diamond below a chain, with two last steps.
#[workflow(state = Stage)]
mod diamond {
    use super::*;

    #[step]
    pub(super) async fn top(input: i64) -> Result<i64> {
        Ok(input + 1)
    }

    #[step(depends_on = [top])]
    pub(super) async fn left(top: i64) -> Result<i64> {
        Ok(top * 2)
    }

    #[step(depends_on = [top], delay = "30ms")]
    pub(super) async fn right(top: i64) -> Result<i64> {
        Ok(top * 3)
    }

    #[step(depends_on = [left, right])]
    pub(super) async fn bottom(left: i64, right: i64, input: i64) -> Result<(i64, i64, i64)> {
        Ok((left, right, input))
    }

    #[step(depends_on = [left])]
    pub(super) async fn beside(ctx: StepContext, stage: State<Stage>) -> Result<(String, usize)> {
        Ok((ctx.step().to_owned(), stage.enter("beside")))
    }
}

#[tokio::test]
async fn what_steps_give_goes_to_those_that_depend_on_them() {
    let story = play(|| diamond::Workflow, 4, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!({ "bottom": [10, 15, 4], "beside": ["beside", 1] })));
    let expected =
        ["top: completed 1", "left: completed 1", "right: completed 1", "bottom: completed 1", "beside: completed 1"];
    assert_eq!(story.steps(), expected);
}

/// A list is mapped twice, the later items first, and joined.
#[workflow(state = Stage)]
mod lists {
    use super::*;

    #[step]
    pub(super) async fn list(input: u64) -> Result<Vec<u64>> {
        Ok((0..input).collect())
    }

    #[step(map = list)]
    pub(super) async fn slow(item: u64, input: u64) -> Result<Option<u64>> {
        tokio::time::sleep(Duration::from_millis((input - item) * 3)).await;
        Ok(item.is_multiple_of(2).then_some(item))
    }

    #[step(map = slow)]
    pub(super) async fn again(item: Option<u64>, ctx: StepContext) -> Result<(Option<u64>, Option<u32>)> {
        Ok((item, ctx.index()))
    }

    #[step(depends_on = [again])]
    pub(super) async fn join(again: Vec<(Option<u64>, Option<u32>)>) -> Result<Vec<(Option<u64>, Option<u32>)>> {
        Ok(again)
    }
}

#[tokio::test]
async fn outputs_of_a_map_step_stand_in_the_order_of_its_items_and_null_is_one_of_them() {
    let story = play(|| lists::Workflow, 5, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([[0, 0], [null, 1], [2, 2], [null, 3], [4, 4]])));
    assert_eq!((story.step("slow").items, story.step("slow").items_done), (Some(5), 5));
}

#[tokio::test]
async fn an_empty_list_maps_to_an_empty_list_all_the_way_down() {
    let story = play(|| lists::Workflow, 0, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([])));
    assert_eq!(story.steps(), ["list: completed 1", "slow: completed 0", "again: completed 0", "join: completed 1"]);
}

/// Only a map, over the input.
#[workflow(input = Vec<String>, state = Stage)]
mod only_map {
    use super::*;

    #[step(map = input)]
    pub(super) async fn shout(item: String) -> Result<String> {
        Ok(item.to_uppercase())
    }
}

#[tokio::test]
async fn a_map_over_the_input_is_the_output_where_it_is_the_last_step() {
    let story = play(|| only_map::Workflow, vec!["a".to_owned(), "b".to_owned()], Act::Nothing).await;
    assert_eq!(story.output, Ok(json!(["A", "B"])));
    assert_eq!(play(|| only_map::Workflow, vec![], Act::Nothing).await.output, Ok(json!([])));
}

/// A delay that is computed.
#[workflow(state = Stage)]
mod patience {
    use super::*;

    #[step]
    pub(super) async fn first(input: u64) -> Result<u64> {
        Ok(input)
    }

    #[step(depends_on = [first], delay = |input, first| Duration::from_millis(*input + *first))]
    pub(super) async fn second(first: u64, ctx: StepContext) -> Result<(u64, u16)> {
        Ok((first, ctx.attempt()))
    }
}

#[tokio::test]
async fn a_delay_counts_as_no_attempt() {
    let story = play(|| patience::Workflow, 20, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([20, 1])));
    assert_eq!(story.step("second").attempts, 1);
}
