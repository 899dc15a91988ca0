//! Typed steps as handlers, and one worker for all.

use pgflow::dynamic::{Handlers, StepBuilder, WorkflowBuilder};
use pgflow::{Result, State, step, workflow};
use pgflow_tests::TestDb;
use serde_json::json;

use super::{output, tools};

/// Steps that stand outside a workflow.
mod common {
    use super::*;

    #[step]
    pub(crate) async fn price(input: u64) -> Result<u64> {
        Ok(input * 10)
    }

    #[step(depends_on = [price])]
    pub(crate) async fn tax(price: u64, rate: State<u64>) -> Result<u64> {
        Ok(price * *rate)
    }
}

/// A workflow whose steps are handlers too.
#[workflow]
mod typed {
    use super::*;

    #[step]
    pub(crate) async fn split(input: u64) -> Result<Vec<u64>> {
        Ok((1..=input).collect())
    }

    #[step(map = split)]
    pub(crate) async fn square(item: u64) -> Result<u64> {
        Ok(item * item)
    }

    #[step(depends_on = [square])]
    pub(crate) async fn total(square: Vec<u64>) -> Result<u64> {
        Ok(square.iter().sum())
    }
}

#[tokio::test]
async fn typed_steps_are_handlers_beside_others() {
    let db = TestDb::new().await;
    let client = db.client();
    let definition = WorkflowBuilder::new("mixed")
        .step(StepBuilder::new("price"))
        .step(StepBuilder::new("tax").depends_on(["price"]))
        .step(StepBuilder::new("split").handler("typed.split"))
        .step(StepBuilder::new("square").handler("typed.square").map("split"))
        .step(StepBuilder::new("total").handler("typed.total").depends_on(["square"]))
        .step(StepBuilder::new("all").handler("sum").depends_on(["tax", "total"]))
        .build()
        .unwrap();
    // A list that one step gives stands for the outputs of a map step.
    let lists = WorkflowBuilder::new("lists")
        .step(StepBuilder::new("square").handler("typed.split"))
        .step(StepBuilder::new("total").handler("typed.total").depends_on(["square"]))
        .build()
        .unwrap();
    let wrong = WorkflowBuilder::new("wrong").step(StepBuilder::new("tax")).build().unwrap();
    for definition in [&definition, &lists, &wrong] {
        client.create_workflow(definition).await.unwrap();
    }
    let handlers: Handlers =
        tools().workflow(typed::Workflow).step::<common::price>("price").step_with::<common::tax, u64>("tax", 3);
    let worker = db.worker().register(typed::Workflow).handlers(handlers).start().await.unwrap();
    assert_eq!(typed::start(&client, 3).await.unwrap().output().await.unwrap(), 14);
    let run = client.start_by_name("mixed", &3).await.unwrap();
    assert_eq!(output(&run).await, json!(3 + 90 + 14));
    assert_eq!(output(&client.start_by_name("lists", &4).await.unwrap()).await, json!(10));
    let error = client.start_by_name("wrong", &3).await.unwrap().output().await.unwrap_err().to_string();
    assert!(
        error.contains("the handler of step `tax` takes the output of `price`: name it in the step's `depends_on`"),
        "{error}"
    );
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
