//! The workflow of a drawn shape: its definition, and handlers that wait for the test's word.

use std::sync::Arc;
use std::time::Duration;

use pgflow::__private::{Call, Condition, Dependency, Encoded, Expand, Handler, Handlers, Slot, StepFuture, skippable};
use pgflow::{Definition, Delay, Edge, MapSource, Registration, Skippable, StepContext, StepDefinition, StepError};
use serde_json::{Value, json};

use crate::board::{Entry, Seat, Word};
use crate::shape::{Shape, Source, Step, When};

/// What takes long, in this test.
const HOUR: Duration = Duration::from_secs(3_600);

/// The workflow, as a worker on this seat runs it.
pub(crate) fn registration(name: &str, shape: &Shape, seat: &Arc<Seat>) -> Registration {
    let handler = |(number, step): (usize, &Step)| Handler {
        run: if step.heeds { heedful } else { heedless },
        expand: step.map.map(|source| if source == Source::Input { expand_input as Expand } else { expand_step }),
        when: (step.when != When::Always).then(|| CONDITIONS[number]),
        delay: None,
        upcasts: &[],
        child: None,
    };
    let steps: Vec<_> = shape.steps.iter().enumerate().map(handler).collect();
    Registration::of_parts(
        definition(name, shape),
        Arc::clone(seat),
        Handlers { steps: steps.into(), check_input: |_| Ok(()), scheduled_input: None },
    )
}

fn definition(name: &str, shape: &Shape) -> Definition {
    let any = || Value::Bool(true);
    let mut definition = Definition::new(name, any(), any());
    for (number, facts) in shape.steps.iter().enumerate() {
        let mut step = StepDefinition::new(format!("s{number}"), any());
        step.takes_input = true;
        step.depends_on = facts.after.iter().map(|(after, value)| Edge::new(format!("s{after}"), *value)).collect();
        step.map = facts.map.map(|source| match source {
            Source::Input => MapSource::new(None, vec!["list".to_owned()]),
            Source::Step(source) => MapSource::new(Some(format!("s{source}")), Vec::new()),
        });
        step.skip.when = facts.when != When::Always;
        step.skip.on_exhausted = facts.on_exhausted;
        step.skip.skippable = facts.skippable;
        step.skip.with = facts.skip_with.iter().map(|with| format!("s{with}")).collect();
        step.options.max_attempts = facts.max_attempts;
        step.options.backoff = if facts.backs_off { HOUR } else { Duration::ZERO };
        step.options.delay = facts.delay.then_some(Delay::Fixed(HOUR));
        definition.steps.push(step);
    }
    definition
}

fn value(payload: &Encoded) -> Value {
    payload.decode().unwrap_or_else(|error| json!({ "this is no JSON": error.to_string() }))
}

fn list(outputs: &[Option<Encoded>]) -> Value {
    outputs.iter().map(|output| output.as_ref().map_or(Value::Null, value)).collect()
}

fn handed(dependency: &Dependency) -> Value {
    match dependency {
        Dependency::Order => json!("order"),
        Dependency::Skipped => json!("skipped"),
        Dependency::Output(output) => json!({ "output": value(output) }),
        Dependency::List(outputs) => json!({ "list": list(outputs) }),
        _ => json!("something else"),
    }
}

fn items(list: &Value) -> Result<Vec<Encoded>, StepError> {
    let items = list.as_array().ok_or_else(|| StepError::fatal("this is no list"))?;
    items.iter().map(|item| Encoded::new(item).map_err(StepError::from)).collect()
}

fn expand_input(source: &Dependency) -> Result<Vec<Encoded>, StepError> {
    items(&handed(source)["output"]["list"])
}

fn expand_step(source: &Dependency) -> Result<Vec<Encoded>, StepError> {
    let source = handed(source);
    items(source.get("list").unwrap_or(&source["output"]))
}

/// A function for each place of a step: it knows its own condition by its number.
const CONDITIONS: [Condition; 8] =
    [holds::<0>, holds::<1>, holds::<2>, holds::<3>, holds::<4>, holds::<5>, holds::<6>, holds::<7>];

fn holds<const STEP: usize>(input: &Encoded, dependencies: &[Dependency]) -> Result<bool, StepError> {
    let is_empty = |dependency: &Dependency| match handed(dependency) {
        Value::Object(given) => given.values().any(|given| *given == json!([])),
        _ => false,
    };
    Ok(match value(input)["when"][STEP].as_u64() {
        Some(1) => false,
        Some(2) => !dependencies.iter().any(is_empty),
        _ => true,
    })
}

fn heedless(call: Call<Seat>) -> StepFuture {
    Box::pin(attempt(call, false))
}

fn heedful(call: Call<Seat>) -> StepFuture {
    Box::pin(attempt(call, true))
}

async fn attempt(call: Call<Seat>, heeds: bool) -> Result<Encoded, StepError> {
    let context: StepContext = call.context.step().clone();
    let seat = Arc::clone(call.context.state());
    let step: usize = context.step().trim_start_matches('s').parse().unwrap_or(usize::MAX);
    let index = context.index().map_or(-1, |index| i32::try_from(index).unwrap_or(i32::MAX));
    let seen = json!({
        "input": value(&call.input),
        "after": call.dependencies.iter().map(handed).collect::<Vec<_>>(),
        "item": call.item.as_ref().map(value),
        "max": context.max_attempts(),
    });
    let unit = (step, index, context.attempt());
    let entry = Entry { run: context.run_id(), unit, seat: seat.number, seen: seen.to_string() };
    let (strike, word) = seat.board.enter(entry);
    let word = if heeds {
        tokio::select! {
            word = word => word,
            // What it says then counts for nothing.
            () = context.cancelled() => Ok(Word::Complete(json!("too late"))),
        }
    } else {
        word.await
    };
    drop(strike);
    match word {
        Ok(Word::Complete(output)) => Ok(Encoded::new(&output)?),
        Ok(Word::Retry(millis)) => Err(StepError::retry_after(Duration::from_millis(millis), "try again")),
        Ok(Word::Fail) => Err(StepError::retry("it failed")),
        Ok(Word::Panic) => panic!("{ASKED}"),
        Ok(Word::Skip) => (skippable::<pgflow::Result<Skippable<()>>>().finish)(
            Ok(Skippable::skip("so it was asked")),
            Slot { workflow: "drawn", step: "step", parameter: "", from: "" },
        ),
        Ok(Word::Fatal) | Err(_) => Err(StepError::fatal("it will never do")),
    }
}

/// What a handler says that was asked to panic.
pub(crate) const ASKED: &str = "this attempt was asked to panic";
