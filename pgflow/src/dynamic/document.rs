//! Definitions as JSON documents: written, and read with all that is wrong at once.

use std::time::Duration;

use pgflow_graph::{WRONG_ATTEMPTS, nearest};
use serde_json::{Map, Value};

use super::builder::wait_for_source;
use super::rules::{DefinitionError, DefinitionProblem, problems};
use crate::definition::{Definition, Delay, Edge, MapSource, StepDefinition};

impl Definition {
    /// Reads the JSON document of a workflow that is made at run time. Its form is told by [`document_schema`](super::document_schema).
    ///
    /// ```
    /// use pgflow::Definition;
    ///
    /// let definition = Definition::from_json(
    ///     r#"{ "name": "greet", "steps": [{ "name": "ask" }, { "name": "answer", "depends_on": ["ask"] }] }"#,
    /// )?;
    /// assert_eq!(definition.steps[1].options.max_attempts, 3, "what is left out has its default");
    ///
    /// let error = Definition::from_json(r#"{ "name": "greet", "steps": [{ "name": "ask", "depends_on": ["answer"] }] }"#);
    /// assert_eq!(
    ///     error.unwrap_err().problems()[0].to_string(),
    ///     "`steps[0].depends_on[0]`: workflow `greet` has no step `answer` (it has no other step)"
    /// );
    /// # Ok::<_, pgflow::dynamic::DefinitionError>(())
    /// ```
    ///
    /// # Errors
    /// All that is wrong, each with its path inside the document; nothing is passed over.
    pub fn from_json(text: &str) -> Result<Self, DefinitionError> {
        match serde_json::from_str(text) {
            Ok(document) => Self::from_document(&document),
            Err(error) => {
                let problem = DefinitionProblem::new("", format_args!("it is no JSON: {error}"), None);
                Err(DefinitionError::new("?", vec![problem]))
            }
        }
    }

    /// The same from a document that is read already.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn from_document(document: &Value) -> Result<Self, DefinitionError> {
        let mut reader = Reader::default();
        let definition = reader.definition(document);
        let mut found = reader.problems;
        if found.is_empty() {
            found = problems(&definition);
        }
        if found.is_empty() { Ok(definition) } else { Err(DefinitionError::new(definition.name, found)) }
    }

    /// The document, with all that has a default.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// What the members of an object are called.
const OF_WORKFLOW: &[&str] = &["name", "description", "input", "output", "deadline_ms", "steps"];
const OF_STEP: &[&str] = &[
    "name",
    "description",
    "handler",
    "takes_input",
    "depends_on",
    "map",
    "when",
    "skip",
    "item",
    "output",
    "options",
];
const OF_EDGE: &[&str] = &["step", "value"];
const OF_MAP: &[&str] = &["step", "path", "count"];
const OF_SKIP: &[&str] = &["when", "on_exhausted", "skippable", "with"];
const OF_OPTIONS: &[&str] = &["max_attempts", "backoff_ms", "max_backoff_ms", "timeout_ms", "delay_ms", "queue"];

/// Reads a document, and gathers what has the wrong form.
#[derive(Default)]
struct Reader {
    problems: Vec<DefinitionProblem>,
}

impl Reader {
    fn definition(&mut self, document: &Value) -> Definition {
        let mut definition = Definition::new("?", Value::Bool(true), Value::Bool(true));
        let Some(members) = self.object("", document, OF_WORKFLOW) else { return definition };
        match members.get("name") {
            Some(name) => definition.name = self.text("name", name).unwrap_or_default(),
            None => self.missing("", "name"),
        }
        definition.description = members.get("description").and_then(|text| self.text("description", text));
        for (place, schema) in [("input", &mut definition.input), ("output", &mut definition.output)] {
            if let Some(given) = members.get(place) {
                self.schema(place, given);
                *schema = given.clone();
            }
        }
        definition.deadline = members.get("deadline_ms").and_then(|time| self.millis("deadline_ms", time));
        match members.get("steps") {
            Some(steps) => {
                let steps = self.list("steps", steps);
                definition.steps =
                    steps.iter().enumerate().map(|(n, step)| self.step(&format!("steps[{n}]"), step)).collect();
            }
            None => self.missing("", "steps"),
        }
        definition
    }

    fn step(&mut self, path: &str, document: &Value) -> StepDefinition {
        let mut step = StepDefinition::new("?", Value::Bool(true));
        step.takes_input = true;
        let Some(members) = self.object(path, document, OF_STEP) else { return step };
        match members.get("name") {
            Some(name) => step.name = self.text(&join(path, "name"), name).unwrap_or_default(),
            None => self.missing(path, "name"),
        }
        step.handler = match members.get("handler") {
            Some(name) => self.text(&join(path, "handler"), name),
            None => Some(step.name.clone()),
        };
        step.description = members.get("description").and_then(|text| self.text(&join(path, "description"), text));
        if let Some(takes) = members.get("takes_input") {
            step.takes_input = self.yes_or_no(&join(path, "takes_input"), takes);
        }
        if let Some(edges) = members.get("depends_on") {
            let path = join(path, "depends_on");
            let edges = self.list(&path, edges);
            step.depends_on =
                edges.iter().enumerate().map(|(n, edge)| self.edge(&format!("{path}[{n}]"), edge)).collect();
        }
        if let Some(map) = members.get("map") {
            let map = self.map(&join(path, "map"), map);
            wait_for_source(&mut step.depends_on, &map);
            step.map = Some(map);
        }
        if let Some(skip) = members.get("skip") {
            self.skip(&join(path, "skip"), skip, &mut step);
        }
        step.condition = members.get("when").cloned();
        step.skip.when = step.condition.is_some();
        if let Some(item) = members.get("item") {
            self.schema(&join(path, "item"), item);
            step.item = Some(item.clone());
        }
        if let Some(output) = members.get("output") {
            self.schema(&join(path, "output"), output);
            step.output = output.clone();
        }
        if let Some(options) = members.get("options") {
            self.options(&join(path, "options"), options, &mut step);
        }
        step
    }

    fn edge(&mut self, path: &str, document: &Value) -> Edge {
        if let Value::String(step) = document {
            return Edge::new(step, true);
        }
        let mut edge = Edge::new("?", true);
        if !document.is_object() {
            self.wrong(path, document, "the name of a step, or an object with `step` and `value`");
            return edge;
        }
        let Some(members) = self.object(path, document, OF_EDGE) else { return edge };
        match members.get("step") {
            Some(step) => edge.step = self.text(&join(path, "step"), step).unwrap_or_default(),
            None => self.missing(path, "step"),
        }
        if let Some(value) = members.get("value") {
            edge.value = self.yes_or_no(&join(path, "value"), value);
        }
        edge
    }

    fn map(&mut self, path: &str, document: &Value) -> MapSource {
        let mut map = MapSource::new(None, Vec::new());
        let Some(members) = self.object(path, document, OF_MAP) else { return map };
        map.step = members.get("step").and_then(|step| self.text(&join(path, "step"), step));
        if let Some(fields) = members.get("path") {
            map.path = self.texts(&join(path, "path"), fields);
        }
        map.count = members.get("count").and_then(|count| {
            let number = count.as_u64().and_then(|count| u32::try_from(count).ok());
            if number.is_none() {
                self.wrong(&join(path, "count"), count, "a number of items");
            }
            number
        });
        map
    }

    fn skip(&mut self, path: &str, document: &Value, step: &mut StepDefinition) {
        let Some(members) = self.object(path, document, OF_SKIP) else { return };
        for (name, place) in [("on_exhausted", &mut step.skip.on_exhausted), ("skippable", &mut step.skip.skippable)] {
            if let Some(is) = members.get(name) {
                *place = self.yes_or_no(&join(path, name), is);
            }
        }
        // Whether there is a condition is told by the condition.
        if let Some(is) = members.get("when") {
            self.yes_or_no(&join(path, "when"), is);
        }
        if let Some(with) = members.get("with") {
            step.skip.with = self.texts(&join(path, "with"), with);
        }
    }

    fn options(&mut self, path: &str, document: &Value, step: &mut StepDefinition) {
        let Some(members) = self.object(path, document, OF_OPTIONS) else { return };
        let options = &mut step.options;
        if let Some(attempts) = members.get("max_attempts") {
            match attempts.as_u64().map(|attempts| u16::try_from(attempts).unwrap_or(u16::MAX)) {
                Some(attempts) => options.max_attempts = attempts,
                None => self.report(&join(path, "max_attempts"), WRONG_ATTEMPTS.to_owned(), None),
            }
        }
        for (name, place) in [("backoff_ms", &mut options.backoff), ("max_backoff_ms", &mut options.max_backoff)] {
            if let Some(time) = members.get(name) {
                *place = self.millis(&join(path, name), time).unwrap_or(*place);
            }
        }
        options.timeout = members.get("timeout_ms").and_then(|time| self.millis(&join(path, "timeout_ms"), time));
        options.delay =
            members.get("delay_ms").and_then(|time| self.millis(&join(path, "delay_ms"), time)).map(Delay::Fixed);
        options.queue = members.get("queue").and_then(|queue| self.text(&join(path, "queue"), queue));
    }

    fn object<'a>(&mut self, path: &str, value: &'a Value, known: &[&str]) -> Option<&'a Map<String, Value>> {
        let Value::Object(members) = value else {
            self.wrong(path, value, "an object");
            return None;
        };
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let help = match nearest(name, known.iter().copied()) {
                Some(similar) => format!("a similar one is known: `{similar}`"),
                None => format!("known are {}", pgflow_graph::list(known.iter().copied())),
            };
            self.report(&join(path, name), format!("there is no `{name}` here"), Some(help));
        }
        Some(members)
    }

    fn list<'a>(&mut self, path: &str, value: &'a Value) -> &'a [Value] {
        match value {
            Value::Array(items) => items,
            _ => {
                self.wrong(path, value, "a list");
                &[]
            }
        }
    }

    fn texts(&mut self, path: &str, value: &Value) -> Vec<String> {
        let items = self.list(path, value).iter().enumerate();
        items.filter_map(|(n, item)| self.text(&format!("{path}[{n}]"), item)).collect()
    }

    fn text(&mut self, path: &str, value: &Value) -> Option<String> {
        if !value.is_string() {
            self.wrong(path, value, "a text");
        }
        value.as_str().map(str::to_owned)
    }

    fn yes_or_no(&mut self, path: &str, value: &Value) -> bool {
        if !value.is_boolean() {
            self.wrong(path, value, "`true` or `false`");
        }
        value == &Value::Bool(true)
    }

    fn millis(&mut self, path: &str, value: &Value) -> Option<Duration> {
        let millis = value.as_u64();
        if millis.is_none() {
            self.wrong(path, value, "a number of milliseconds, from 0");
        }
        millis.map(Duration::from_millis)
    }

    fn schema(&mut self, path: &str, value: &Value) {
        if !value.is_object() && !value.is_boolean() {
            self.wrong(path, value, "a JSON Schema: an object, or `true`");
        }
    }

    fn wrong(&mut self, path: &str, value: &Value, wanted: &str) {
        let said = match value {
            Value::String(_) | Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
            small => format!("`{small}`"),
        };
        let path = if path.is_empty() { "the document" } else { path };
        self.report(path, format!("this is {said}, and not {wanted}"), None);
    }

    fn missing(&mut self, path: &str, name: &str) {
        let what = if path.is_empty() { "the workflow" } else { "the step" };
        self.report(path, format!("{what} has no `{name}`"), None);
    }

    fn report(&mut self, path: &str, message: String, help: Option<String>) {
        self.problems.push(DefinitionProblem::new(path, message, help));
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        _ => "an object",
    }
}

fn join(path: &str, name: &str) -> String {
    let member = crate::path::segment(name);
    if path.is_empty() { member.trim_start_matches('.').to_owned() } else { format!("{path}{member}") }
}
