//! Workflows that are made at run time.

mod definitions;
mod imports;
mod mixed;
mod rules;
mod runs;

use pgflow::dynamic::{Dynamic, HandlerCall, Handlers, StepBuilder, WorkflowBuilder};
use pgflow::{Definition, Run, StepError};
use serde_json::{Value, json};

/// Handlers that say what they were given.
fn echoes(names: &[&str]) -> Handlers {
    names.iter().fold(Handlers::new(), |all, name| all.add(*name, async |taken: Value, _| Ok(taken)))
}

/// Handlers that add, fail, and are skipped.
fn tools() -> Handlers {
    echoes(&["echo"])
        .add("sum", async |taken: Value, _| Ok(sum(&taken)))
        .add("fail", async |taken: Value, _| Err::<Value, _>(StepError::fatal(format!("{} is wrong", taken["input"]))))
        .add_call("odd_only", async |call: HandlerCall| {
            let item: i64 = call.item()?;
            if item % 2 == 0 { Err(call.skip("it is even")) } else { Ok(item) }
        })
}

/// The sum of all numbers within.
fn sum(value: &Value) -> i64 {
    match value {
        Value::Number(number) => number.as_i64().unwrap_or(0),
        Value::Array(items) => items.iter().map(sum).sum(),
        Value::Object(members) => members.values().map(sum).sum(),
        _ => 0,
    }
}

/// One step of this name, which the handler of its name executes.
fn one_step(workflow: &str, step: &str) -> Definition {
    WorkflowBuilder::new(workflow).step(StepBuilder::new(step)).build().unwrap()
}

async fn output(run: &Run<Dynamic>) -> Value {
    run.output().await.unwrap()
}

async fn statuses(run: &Run<Dynamic>) -> Value {
    run.steps().await.unwrap().iter().map(|step| json!([step.step, step.status])).collect()
}
