//! Generated handlers, run by hand: decode, extract, call, encode.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cancellation::Cancellation;
use crate::encoded::Encoded;
use crate::extract::Context;
use crate::handler::{Call, Dependency, Handler};
use crate::notes::Notes;
use crate::step::{RunId, StepContext, StepError, StepInfo};
use crate::{FromContext, Result, State, Workflow};

#[derive(Serialize, Deserialize, JsonSchema)]
struct Order {
    lines: Vec<Line>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Line {
    sku: String,
    count: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Reservation {
    #[serde(rename = "kept_lines")]
    lines: Vec<Line>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.count, self.sku)
    }
}

struct Shop {
    prefix: &'static str,
}

struct Attempt(u16);

impl<S: Send + Sync> FromContext<S> for Attempt {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        if context.step().attempt() > 5 {
            return Err(StepError::retry("too often"));
        }
        Ok(Self(context.step().attempt()))
    }
}

/// Takes an order from cart to doorstep.
#[crate::workflow(state = Shop)]
mod fulfil {
    use super::*;
    use crate::step;

    /// Puts the goods aside.
    #[step]
    pub(super) async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines })
    }

    #[step(depends_on = [reserve], max_attempts = 5, backoff = "2s", timeout = "1m 30s")]
    async fn charge(
        attempt: Attempt,
        reserve: Reservation,
        input: Order,
        shop: State<Shop>,
    ) -> Result<String, std::io::Error> {
        if attempt.0 == 4 {
            return Err(std::io::Error::other("the bank is closed"));
        }
        Ok(format!("{}{} of {} lines in attempt {}", shop.prefix, reserve.lines.len(), input.lines.len(), attempt.0))
    }

    #[step(map = reserve.lines)]
    async fn pack(item: Line, ctx: StepContext) -> Result<Line> {
        Ok(Line { sku: format!("{}#{}", item.sku, ctx.index().unwrap_or(99)), ..item })
    }

    #[step(map = pack, depends_on = [charge])]
    async fn label(mut item: Line, #[from(charge)] receipt: String) -> Result<String> {
        item.sku.push_str(&receipt);
        Ok(item.sku)
    }

    #[step(map = input.lines)]
    async fn count() -> Result<u32> {
        Ok(1)
    }

    #[step(depends_on = [pack, count, reserve])]
    async fn ship(pack: Vec<Line>, _count: Vec<u32>) -> Result<u32> {
        Ok(pack.iter().map(|line| line.count).sum())
    }
}

fn call(input: &str, dependencies: Vec<Dependency>, item: Option<&str>, attempt: u16) -> Call<Shop> {
    let step = StepContext::new(StepInfo {
        number: 0,
        cancellation: Cancellation::default(),
        notes: Notes::default(),
        run_id: RunId::from(uuid::Uuid::nil()),
        workflow: "fulfil".into(),
        step: "step".into(),
        index: item.map(|_| 7),
        attempt,
        max_attempts: 3,
        failure: None,
    });
    let context = Context {
        step,
        state: Arc::new(Shop { prefix: "paid: " }),
        #[cfg(feature = "postgres")]
        tx: None,
    };
    Call {
        context,
        input: Encoded::from(input),
        dependencies,
        item: item.map(Encoded::from),
        signal: None,
        repeated: None,
    }
}

fn handler(name: &str) -> Handler<Shop> {
    let at = fulfil::definition().steps.iter().position(|step| step.name == name).expect("a step of this name");
    fulfil::Workflow::handlers().steps[at]
}

/// Runs a future that waits for nothing.
fn run(step: &str, call: Call<Shop>) -> Result<String> {
    let mut future = (handler(step).run)(call);
    match future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => output.map(|output| output.as_str().to_owned()),
        Poll::Pending => panic!("the step waits for something"),
    }
}

fn output(text: &str) -> Dependency {
    Dependency::Output(Encoded::from(text))
}

fn outputs(texts: &[&str]) -> Dependency {
    Dependency::List(texts.iter().map(|text| Some(Encoded::from(*text))).collect())
}

const ORDER: &str = r#"{"lines":[{"sku":"a","count":2},{"sku":"b","count":3}]}"#;
const RESERVATION: &str = r#"{"kept_lines":[{"sku":"a","count":2}]}"#;

#[test]
fn a_step_takes_the_input_and_gives_its_output() {
    let given = run("reserve", call(ORDER, vec![], None, 1)).expect("succeeds");
    assert_eq!(given, r#"{"kept_lines":[{"sku":"a","count":2},{"sku":"b","count":3}]}"#);
}

#[test]
fn a_step_takes_outputs_extractors_and_the_state() {
    let given = run("charge", call(ORDER, vec![output(RESERVATION)], None, 2)).expect("succeeds");
    assert_eq!(given, r#""paid: 1 of 2 lines in attempt 2""#);
}

#[test]
fn a_map_step_takes_its_item_and_one_output_of_another_name() {
    let given =
        run("pack", call(ORDER, vec![output(RESERVATION)], Some(r#"{"sku":"a","count":2}"#), 1)).expect("succeeds");
    assert_eq!(given, r##"{"sku":"a#7","count":2}"##);
    // The source of a map step stands after the dependencies that are listed.
    let dependencies = vec![output(r#"" paid""#), outputs(&[])];
    assert_eq!(
        run("label", call(ORDER, dependencies, Some(r#"{"sku":"a","count":2}"#), 1)).expect("succeeds"),
        r#""a paid""#
    );
}

#[test]
fn a_step_takes_the_outputs_of_a_map_step_as_a_list() {
    let lines = outputs(&[r#"{"sku":"a","count":2}"#, r#"{"sku":"b","count":3}"#]);
    assert_eq!(
        run("ship", call(ORDER, vec![lines, outputs(&["1", "1"]), Dependency::Order], None, 1)).expect("succeeds"),
        "5"
    );
}

#[test]
fn map_steps_expand_over_a_field_a_list_of_outputs_and_the_input() {
    let expand = |step: &str, source: Dependency| -> Result<Vec<String>> {
        let items = (handler(step).expand.expect("a map step"))(&source)?;
        Ok(items.iter().map(|item| item.as_str().to_owned()).collect())
    };
    assert_eq!(expand("pack", output(RESERVATION)).expect("a list"), [r#"{"sku":"a","count":2}"#]);
    assert_eq!(
        expand("label", outputs(&[r#"{"sku":"a","count":1}"#, r#"{"sku":"b","count":2}"#])).expect("a list"),
        [r#"{"sku":"a","count":1}"#, r#"{"sku":"b","count":2}"#]
    );
    assert_eq!(expand("count", output(ORDER)).expect("a list").len(), 2);
    let error = expand("pack", output("{}")).expect_err("no reservation");
    assert!(error.is_fatal());
    assert_eq!(
        error.message(),
        "workflow `fulfil`, step `pack`: the list that it maps over cannot be read from the stored output of `reserve`: \
         `reserve`: missing field `kept_lines`"
    );
    assert!(handler("ship").expand.is_none());
}

#[test]
fn the_error_of_a_step_is_tried_again() {
    let error = run("charge", call(ORDER, vec![output(RESERVATION)], None, 4)).expect_err("fails");
    assert_eq!((error.message(), error.is_fatal()), ("the bank is closed", false));
    let error = run("charge", call(ORDER, vec![output(RESERVATION)], None, 6)).expect_err("fails");
    assert_eq!((error.message(), error.is_fatal()), ("too often", false), "the error of an extractor");
}

#[test]
fn what_cannot_be_read_is_fatal_and_says_where() {
    let error = run("charge", call(ORDER, vec![output("[]")], None, 1)).expect_err("fails");
    assert!(error.is_fatal());
    assert_eq!(
        error.message(),
        "workflow `fulfil`, step `charge`: its parameter `reserve` cannot be read from the stored output of `reserve`: \
         `reserve`: invalid length 0, expected struct Reservation with 1 element"
    );
    let error = run("label", call(ORDER, vec![output("7"), outputs(&[])], Some("{}"), 1)).expect_err("fails");
    assert!(
        error.message().contains("step `label`: its parameter `item` cannot be read from the stored item"),
        "{error}"
    );
    let error = run("reserve", call("{}", vec![], None, 1)).expect_err("fails");
    assert_eq!(error.message(), "invalid input: `input`: missing field `lines`");
    let error = run("charge", call(ORDER, vec![], None, 1)).expect_err("fails");
    assert_eq!(error.message(), "workflow `fulfil`, step `charge`: the stored output of `reserve` is missing");
}

#[test]
fn an_input_is_checked_and_encoded() {
    let handlers = fulfil::Workflow::handlers();
    assert!((handlers.check_input)(&Encoded::from(ORDER)).is_ok());
    assert!((handlers.check_input)(&Encoded::from("7")).is_err());
    let order = Order { lines: vec![Line { sku: "a".into(), count: 1 }] };
    let encoded = fulfil::Workflow::encode_input(&order).expect("goes to JSON");
    assert_eq!(encoded.as_str(), r#"{"lines":[{"sku":"a","count":1}]}"#);
}

#[test]
fn several_last_steps_give_a_struct_with_a_field_for_each() {
    let text = r#"{"label":["x","y"],"ship":5}"#;
    let output: fulfil::WorkflowOutput =
        fulfil::Workflow::decode_output(Some(&Encoded::from(text))).expect("an output");
    assert_eq!((output.label.as_slice(), output.ship), (["x".to_owned(), "y".to_owned()].as_slice(), 5));
    assert_eq!(serde_json::to_string(&output).expect("goes to JSON"), text);
    let error =
        fulfil::Workflow::decode_output(Some(&Encoded::from(r#"{"label":[7],"ship":5}"#))).expect_err("no output");
    assert!(error.to_string().starts_with("`output.label[0]`: invalid type"), "{error}");
    assert!(fulfil::Workflow::decode_output(Some(&Encoded::from(r#"{"ship":5}"#))).is_err());
    assert_eq!(
        fulfil::definition().output,
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": { "label": { "type": "array", "items": { "type": "string" } }, "ship": { "type": "integer", "format": "uint32", "minimum": 0 } },
            "required": ["label", "ship"],
        })
    );
}

#[test]
fn the_definition_says_it_all() {
    let definition = fulfil::definition();
    assert_eq!(definition.name, "fulfil");
    assert_eq!(definition.description.as_deref(), Some("Takes an order from cart to doorstep."));
    let mut steps = serde_json::to_value(&definition.steps).expect("goes to JSON");
    for step in steps.as_array_mut().expect("a list") {
        let step = step.as_object_mut().expect("an object");
        step.remove("output");
        // A map step that takes its item has its schema.
        let item = step.remove("item");
        assert_eq!(item.is_some(), matches!(step["name"].as_str(), Some("pack" | "label")), "{item:?}");
        assert!(item.is_none_or(|item| item["title"] == "Line"));
    }
    let options = json!({ "max_attempts": 3, "backoff_ms": 1000, "max_backoff_ms": 3_600_000 });
    assert_eq!(
        steps,
        json!([
            { "name": "reserve", "description": "Puts the goods aside.", "takes_input": true, "depends_on": [], "options": options },
            {
                "name": "charge", "takes_input": true, "depends_on": [{ "step": "reserve", "value": true }],
                "options": { "max_attempts": 5, "backoff_ms": 2000, "max_backoff_ms": 3_600_000, "timeout_ms": 90000 },
            },
            {
                "name": "pack", "takes_input": false, "depends_on": [{ "step": "reserve", "value": false }],
                "map": { "step": "reserve", "path": ["lines"] }, "options": options,
            },
            {
                "name": "label", "takes_input": false,
                "depends_on": [{ "step": "charge", "value": true }, { "step": "pack", "value": false }],
                "map": { "step": "pack" }, "options": options,
            },
            { "name": "count", "takes_input": false, "depends_on": [], "map": { "path": ["lines"] }, "options": options },
            {
                "name": "ship", "takes_input": false,
                "depends_on": [{ "step": "pack", "value": true }, { "step": "count", "value": true }, { "step": "reserve", "value": false }],
                "options": options,
            },
        ])
    );
}
