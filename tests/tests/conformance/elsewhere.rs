//! Workflows of steps that stand in another crate.

use pgflow::{Result, State, step, workflow};
use pgflow_tests::elsewhere::{self, list};
use serde_json::json;

use crate::engines::{Act, Stage, play};

/// Its own steps before and after those of another crate, one of which has another name here.
#[workflow(state = Stage, include = [list, elsewhere::two_of_three, elsewhere::many, elsewhere::other::list as counted])]
mod mixed {
    use super::*;

    #[step(depends_on = [list, counted, elsewhere::two_of_three])]
    pub(super) async fn last(
        input: u64,
        list: Vec<u64>,
        counted: Option<usize>,
        #[from(elsewhere::two_of_three)] some: Vec<Option<String>>,
        stage: State<Stage>,
    ) -> Result<(u64, u64, Option<usize>, Vec<Option<String>>)> {
        stage.enter("last");
        Ok((input, list.iter().sum(), counted, some))
    }
}

#[tokio::test]
async fn steps_of_another_crate_are_executed_as_those_of_the_workflow() {
    let story = play(|| mixed::Workflow, 4, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([4, 6, 404, ["two_of_three0", null, "two_of_three2", "two_of_three3"]])));
    let expected = [
        "last: completed 1",
        "list: completed 1",
        "two_of_three: completed 1",
        "many: completed 1",
        "counted: completed 1",
    ];
    assert_eq!(story.steps(), expected);
}

#[tokio::test]
async fn steps_of_another_crate_are_skipped_as_they_say() {
    let story = play(|| mixed::Workflow, 2, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!([2, 1, null, ["two_of_three0", null]])));
}

/// All of it stands elsewhere.
#[workflow(
    state = Stage,
    input = u64,
    include = [elsewhere::other::list as counted, elsewhere::two_of_three as some, elsewhere::many, elsewhere::list],
    output = [counted]
)]
mod borrowed {
    use super::*;
}

#[tokio::test]
async fn a_workflow_of_steps_of_another_crate_gives_what_its_last_ones_give() {
    let story = play(|| borrowed::Workflow, 5, Act::Nothing).await;
    assert_eq!(story.output, Ok(json!(504)));
    let definition = borrowed::definition();
    let steps: Vec<(&str, Vec<&str>)> = definition
        .steps
        .iter()
        .map(|step| (step.name.as_str(), step.depends_on.iter().map(|edge| edge.step.as_str()).collect()))
        .collect();
    let expected =
        [("counted", vec!["many"]), ("some", vec!["list"]), ("many", vec!["list", "some"]), ("list", vec![])];
    assert_eq!(steps, expected);
}
