//! The lock file as text: written and read.

use serde_json::{Map, Value, json};

use super::{LockError, print};
use crate::definition::{Definition, StepDefinition, sorted};

/// Grows when a pgflow of before could not read what is written now, or would read it wrongly.
const FORMAT: u64 = 1;

/// For who opens the file.
const ABOUT: &str =
    "What the workflows of this program are, as pgflow has written it: see `pgflow::lock`. Do not edit it.";

/// In this order for people; what is not listed stands behind, in order.
const OF_WORKFLOW: &[&str] = &["name", "hash", "deadline_ms", "schedule", "input", "output"];
const OF_STEP: &[&str] = &[
    "name",
    "contract",
    "on_failure",
    "takes_input",
    "depends_on",
    "map",
    "skip",
    "child",
    "signal",
    "repeat",
    "options",
    "output",
];

pub(super) fn write(workflows: &[Definition]) -> String {
    let mut out = format!("{{\n  \"format\": {FORMAT},\n  \"about\": {},\n  \"workflows\": ", Value::from(ABOUT));
    print::array(&mut out, 2, workflows, |out, definition| workflow(out, 4, definition));
    out.push_str("\n}\n");
    out
}

fn workflow(out: &mut String, indent: usize, definition: &Definition) {
    let mut whole = sorted(&json!(definition));
    let steps = whole.as_object_mut().and_then(|whole| whole.remove("steps"));
    whole["hash"] = json!(definition.hash());
    out.push('{');
    for (number, (key, value)) in in_order(&whole, OF_WORKFLOW).into_iter().enumerate() {
        let start = print::line(out, indent + 2, number);
        out.push_str(&format!("\"{key}\": "));
        let column = out.len() - start;
        print::value(out, indent + 2, column, value);
    }
    print::line(out, indent + 2, 1);
    out.push_str("\"steps\": ");
    let mut steps = steps.unwrap_or_default();
    for (step, declared) in steps.as_array_mut().into_iter().flatten().zip(&definition.steps) {
        remove_defaults(step);
        step["contract"] = json!(definition.contract(declared));
    }
    let none = Vec::new();
    print::array(out, indent + 2, steps.as_array().unwrap_or(&none), |out, step| {
        print::object(out, indent + 4, &in_order(step, OF_STEP));
    });
    print::end(out, indent, '}');
}

fn in_order<'a>(value: &'a Value, first: &[&str]) -> Vec<(&'a str, &'a Value)> {
    let mut entries: Vec<(&str, &Value)> =
        value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect();
    let place = |key: &str| first.iter().position(|known| *known == key).unwrap_or(first.len());
    entries.sort_by_key(|(key, _)| (place(key), *key));
    entries
}

pub(super) fn read(text: &str) -> Result<Vec<Definition>, LockError> {
    let marks = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
    if let Some(line) = text.lines().position(|line| marks.iter().any(|mark| line.starts_with(mark))) {
        return Err(LockError::Conflict { line: line + 1 });
    }
    let mut whole: Value = serde_json::from_str(text).map_err(LockError::NotJson)?;
    match whole.get("format").and_then(Value::as_u64) {
        Some(found) if found > FORMAT => return Err(LockError::NewerFormat { found, known: FORMAT }),
        Some(FORMAT) => {}
        _ => return Err(LockError::Damaged("it says of no format that is known".to_owned())),
    }
    let Some(Value::Array(workflows)) = whole.get_mut("workflows").map(Value::take) else {
        return Err(LockError::Damaged("it has no list of `workflows`".to_owned()));
    };
    let mut definitions: Vec<Definition> = Vec::with_capacity(workflows.len());
    for workflow in workflows {
        let definition = definition(workflow)?;
        if definitions.iter().any(|other| other.name == definition.name && other.hash() == definition.hash()) {
            return Err(LockError::Damaged(format!("workflow `{}` stands in it twice", definition.name)));
        }
        definitions.push(definition);
    }
    Ok(definitions)
}

fn definition(mut whole: Value) -> Result<Definition, LockError> {
    let name = whole.get("name").and_then(Value::as_str).unwrap_or("?").to_owned();
    let damaged = |what: String| LockError::Damaged(format!("workflow `{name}`: {what}"));
    let mut contracts = Vec::new();
    for step in whole.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        add_defaults(step);
        contracts.push(step.get("contract").cloned());
    }
    let hash = whole.get("hash").cloned();
    let definition: Definition = serde_json::from_value(whole).map_err(|error| damaged(error.to_string()))?;
    let other = "does not fit what stands below it: the file was edited, merged by hand, or written by a pgflow that counts otherwise";
    for (step, contract) in definition.steps.iter().zip(contracts) {
        if contract != Some(json!(definition.contract(step))) {
            return Err(damaged(format!("the contract of step `{}` {other}", step.name)));
        }
    }
    if hash != Some(json!(definition.hash())) {
        return Err(damaged(format!("its hash {other}")));
    }
    Ok(definition)
}

/// What a step has unless it says otherwise: left out of the file, and understood when it is read.
fn defaults() -> Map<String, Value> {
    let Value::Object(mut defaults) = json!(StepDefinition::new("", Value::Null)) else { return Map::new() };
    defaults.retain(|key, _| !matches!(key.as_str(), "name" | "output"));
    defaults
}

fn remove_defaults(step: &mut Value) {
    let Some(step) = step.as_object_mut() else { return };
    for (key, default) in defaults() {
        if let (Some(Value::Object(own)), Value::Object(default)) = (step.get_mut(&key), &default) {
            own.retain(|key, value| default.get(key) != Some(value));
        }
        if step.get(&key).is_some_and(|own| *own == default || *own == json!({})) {
            step.remove(&key);
        }
    }
}

fn add_defaults(step: &mut Value) {
    let Some(step) = step.as_object_mut() else { return };
    for (key, default) in defaults() {
        let own = step.entry(key).or_insert_with(|| if default.is_object() { json!({}) } else { default.clone() });
        if let (Value::Object(own), Value::Object(default)) = (own, default) {
            for (key, value) in default {
                own.entry(key).or_insert(value);
            }
        }
    }
}
