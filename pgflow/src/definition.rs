//! What a workflow is, as data: the declaration that is stored with every version.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::schedule::Schedule;

/// The declaration of a workflow: its steps, edges, payload schemas and options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Definition {
    /// The workflow's name.
    pub name: String,
    /// The doc comment of the workflow's module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the input.
    pub input: Value,
    /// JSON Schema of the output.
    pub output: Value,
    /// How long a run may take, counted from its beginning; none for no limit. No part of the version.
    #[serde(rename = "deadline_ms", default, skip_serializing_if = "Option::is_none", with = "opt_millis")]
    pub deadline: Option<Duration>,
    /// When runs are started by themselves; none for never. No part of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The steps, in the order of their declaration.
    pub steps: Vec<StepDefinition>,
}

/// The declaration of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepDefinition {
    /// The step's name: that of its function.
    pub name: String,
    /// The doc comment of the step's function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the step takes the workflow's input.
    pub takes_input: bool,
    /// The steps that this one waits for, in the order of their declaration. The source of a map step stands among them.
    pub depends_on: Vec<Edge>,
    /// For a map step, the list that it maps over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<MapSource>,
    /// When the step is skipped.
    #[serde(default, skip_serializing_if = "SkipPolicy::is_never")]
    pub skip: SkipPolicy,
    /// The signal that it waits for before its first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalDefinition>,
    /// For a step that is a run of another workflow, the name of that: its function makes the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<String>,
    /// For a step that may ask to be executed again, JSON Schema of its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Value>,
    /// Of a workflow that was made at run time: the name of the handler that executes it ([`Handlers`](crate::dynamic)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// Of a workflow that was made at run time: what the input and the outputs of its dependencies must contain for it to be executed.
    #[serde(rename = "when", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// Whether it stands outside the graph, and is executed when the run has failed, before that ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_failure: bool,
    /// For a map step, JSON Schema of an item; none where the type has none of its own. No part of the version: it follows from the
    /// list's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Value>,
    /// JSON Schema of what the step returns; for a map step, of what it returns for one item.
    pub output: Value,
    /// JSON Schemas of what older versions of the step have returned, and from which its output can be made. No part of the version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upcasts: Vec<Value>,
    /// How the step is run. No part of the version: options may change while runs are under way.
    pub options: StepOptions,
}

/// When a step is skipped. By default, never.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SkipPolicy {
    /// Where its condition is false.
    pub when: bool,
    /// In place of a failure. Of a map step: the item.
    pub on_exhausted: bool,
    /// Where its function says so. Of a map step: the item.
    pub skippable: bool,
    /// Where one of these dependencies is skipped.
    pub with: Vec<String>,
}

/// A dependency of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Edge {
    /// The name of the step that is waited for.
    pub step: String,
    /// Whether its output is passed on as a parameter; otherwise the edge orders only (and, for the source of a map step, gives the
    /// list).
    pub value: bool,
}

/// A signal that a step waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignalDefinition {
    /// Its name: that of the step's parameter.
    pub name: String,
    /// JSON Schema of its payload.
    pub payload: Value,
    /// Whether the step is executed without when none has come in time; otherwise it fails then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

impl SignalDefinition {
    /// A signal without which the step is not executed.
    #[must_use]
    pub fn new(name: impl Into<String>, payload: Value) -> Self {
        Self { name: name.into(), payload, optional: false }
    }

    fn identity(&self) -> Value {
        serde_json::json!({
            "name": self.name, "payload": without_descriptions(&self.payload), "optional": self.optional,
        })
    }
}

/// The list that a map step maps over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MapSource {
    /// The step whose output holds the list; none when it is the workflow's input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The path of fields from there to the list; empty when the value itself is the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// In place of a list: so many items, which are the numbers from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// How a step is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepOptions {
    /// How often the step is tried before it fails; at least 1. Default: 3.
    pub max_attempts: u16,
    /// The wait before the second attempt; it doubles with each further one. Default: 1 s.
    #[serde(rename = "backoff_ms", with = "millis")]
    pub backoff: Duration,
    /// The longest wait before another attempt. Default: 1 h.
    #[serde(rename = "max_backoff_ms", default = "an_hour", with = "millis")]
    pub max_backoff: Duration,
    /// How long one attempt may take; none for no limit.
    #[serde(rename = "timeout_ms", default, skip_serializing_if = "Option::is_none", with = "opt_millis")]
    pub timeout: Option<Duration>,
    /// How long the step waits before its first attempt; none for not at all.
    #[serde(rename = "delay_ms", default, skip_serializing_if = "Option::is_none", with = "delay")]
    pub delay: Option<Delay>,
    /// How long the step waits for its signal; none for no limit.
    #[serde(rename = "signal_timeout_ms", default, skip_serializing_if = "Option::is_none", with = "opt_millis")]
    pub signal_timeout: Option<Duration>,
    /// Whether the latest signal counts of those that were sent before the step begins; otherwise the first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub latest_signal: bool,
    /// How often the step may ask to be executed again before it fails; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_repeats: Option<u32>,
    /// For how long, counted from when it has asked first; none for no limit.
    #[serde(rename = "repeat_timeout_ms", default, skip_serializing_if = "Option::is_none", with = "opt_millis")]
    pub repeat_timeout: Option<Duration>,
    /// The queue whose workers execute the step; none for that of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// How long a step waits before its first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Always as long.
    Fixed(Duration),
    /// As long as the step's own code says, once what it depends on is there.
    Computed,
}

impl Default for StepOptions {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            backoff: Duration::from_secs(1),
            max_backoff: an_hour(),
            timeout: None,
            delay: None,
            signal_timeout: None,
            latest_signal: false,
            max_repeats: None,
            repeat_timeout: None,
            queue: None,
        }
    }
}

fn an_hour() -> Duration {
    Duration::from_secs(3_600)
}

impl Definition {
    /// A definition without steps.
    #[must_use]
    pub fn new(name: impl Into<String>, input: Value, output: Value) -> Self {
        Self { name: name.into(), description: None, input, output, deadline: None, schedule: None, steps: Vec::new() }
    }

    /// The text that identifies this version: all that decides how runs go on and what they hold, with keys in order. Options and
    /// descriptions are left out.
    #[must_use]
    pub fn canonical(&self) -> String {
        let steps: Vec<Value> = self.steps.iter().map(StepDefinition::identity).collect();
        let identity = serde_json::json!({
            "name": self.name,
            "input": without_descriptions(&self.input),
            "output": without_descriptions(&self.output),
            "steps": steps,
        });
        sorted(&identity).to_string()
    }

    /// The SHA-256 of [`canonical`](Self::canonical), in hexadecimal: the version's identity.
    #[must_use]
    pub fn hash(&self) -> String {
        hex_digest(&self.canonical())
    }

    /// The contract of a step: a hash of what its handler takes and gives. A handler can serve every version in which its step has
    /// the same contract.
    #[must_use]
    pub fn contract(&self, step: &StepDefinition) -> String {
        let outputs: serde_json::Map<String, Value> = step
            .depends_on
            .iter()
            .filter_map(|edge| self.steps.iter().find(|s| s.name == edge.step))
            .map(|s| {
                (
                    s.name.clone(),
                    serde_json::json!({ "output": without_descriptions(&s.output), "map": s.map.is_some() }),
                )
            })
            .collect();
        let input = if step.takes_input || step.map.as_ref().is_some_and(MapSource::is_input) {
            without_descriptions(&self.input)
        } else {
            Value::Null
        };
        let contract = serde_json::json!({ "workflow": self.name, "step": step.identity(), "input": input, "dependencies": outputs });
        hex_digest(&sorted(&contract).to_string())
    }

    /// The names of the steps that nothing depends on: their outputs make the run's output.
    pub fn leaves(&self) -> impl Iterator<Item = &StepDefinition> {
        self.steps
            .iter()
            .filter(|step| !step.on_failure)
            .filter(|step| !self.steps.iter().any(|other| other.depends_on.iter().any(|e| e.step == step.name)))
    }

    /// Whether it was made at run time: its steps name handlers.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.steps.iter().any(|step| step.handler.is_some())
    }

    /// The JSON Schemas of all payloads of this workflow, as one document; see [`Workflow::schema`](crate::Workflow::schema).
    #[must_use]
    pub fn schema(&self) -> Value {
        crate::schema::document(self)
    }
}

impl StepDefinition {
    /// A step without dependencies and with default options.
    #[must_use]
    pub fn new(name: impl Into<String>, output: Value) -> Self {
        Self {
            name: name.into(),
            description: None,
            takes_input: false,
            depends_on: Vec::new(),
            map: None,
            skip: SkipPolicy::default(),
            signal: None,
            child: None,
            repeat: None,
            handler: None,
            condition: None,
            on_failure: false,
            item: None,
            output,
            upcasts: Vec::new(),
            options: StepOptions::default(),
        }
    }

    fn identity(&self) -> Value {
        let mut identity = serde_json::json!({
            "name": self.name,
            "takes_input": self.takes_input,
            "depends_on": self.depends_on,
            "map": self.map,
            "skip": self.skip,
            "on_failure": self.on_failure,
            "output": without_descriptions(&self.output),
        });
        // What few steps have is told where it is there, so that those without keep their contract.
        if let Some(signal) = &self.signal {
            identity["signal"] = signal.identity();
        }
        if let Some(child) = &self.child {
            identity["child"] = Value::from(child.as_str());
        }
        if let Some(state) = &self.repeat {
            identity["repeat"] = without_descriptions(state);
        }
        // What only workflows have that are made at run time.
        if let Some(handler) = &self.handler {
            identity["handler"] = handler.as_str().into();
        }
        if let Some(condition) = &self.condition {
            identity["when"] = condition.clone();
        }
        identity
    }
}

impl SkipPolicy {
    /// Whether the step is never skipped.
    #[must_use]
    pub fn is_never(&self) -> bool {
        *self == Self::default()
    }
}

impl Edge {
    /// An edge from the step of this name.
    #[must_use]
    pub fn new(step: impl Into<String>, value: bool) -> Self {
        Self { step: step.into(), value }
    }
}

impl MapSource {
    /// The list at `path` in the output of `step`, or in the workflow's input.
    #[must_use]
    pub fn new(step: Option<String>, path: Vec<String>) -> Self {
        Self { step, path, count: None }
    }

    /// Whether the list is in the workflow's input.
    #[must_use]
    pub fn is_input(&self) -> bool {
        self.step.is_none() && self.count.is_none()
    }

    /// So many items: the numbers from 0.
    #[must_use]
    pub fn fixed(count: u32) -> Self {
        Self { step: None, path: Vec::new(), count: Some(count) }
    }
}

/// Objects with their keys in order, whatever the map type that serde_json was built with.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            Value::Object(entries.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// A schema without its `description` and `title` annotations, so that editing a doc comment makes no new version. Properties that
/// happen to have these names are kept: their values are schemas, not strings.
pub(crate) fn without_descriptions(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, value)| !(matches!(key.as_str(), "description" | "title") && value.is_string()))
                .map(|(key, value)| (key.clone(), without_descriptions(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_descriptions).collect()),
        other => other.clone(),
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn hex_digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

mod opt_millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::millis::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

/// A number of milliseconds, or `"computed"`.
mod delay {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Delay;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Millis(u64),
        Word(Word),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Computed,
    }

    pub(super) fn serialize<S: Serializer>(value: &Option<Delay>, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = value.map(|delay| match delay {
            Delay::Fixed(time) => Stored::Millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            Delay::Computed => Stored::Word(Word::Computed),
        });
        stored.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Delay>, D::Error> {
        Ok(Option::<Stored>::deserialize(deserializer)?.map(|stored| match stored {
            Stored::Millis(millis) => Delay::Fixed(Duration::from_millis(millis)),
            Stored::Word(Word::Computed) => Delay::Computed,
        }))
    }
}
