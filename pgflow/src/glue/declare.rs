//! From what the macros know of a workflow to its definition.

use std::time::Duration;

use pgflow_graph::{Node, Skip, Source};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::definition::{Definition, Delay, Edge, MapSource, SignalDefinition, SkipPolicy, StepDefinition};
use crate::glue::fields::{Shape, fields_schema};
use crate::glue::payload::SchemaOf;
use crate::glue::shared::SharedStep;
use crate::schedule::{Schedule, ScheduleSpec};
use crate::upcast::Upcast;

/// What is known of a step at build time. Options that were not given are none: their defaults stand in one place.
#[derive(Clone, Copy, Debug)]
pub struct StepSpec {
    /// Its name.
    pub name: &'static str,
    /// Its doc comment.
    pub description: Option<&'static str>,
    /// Whether it takes the input.
    pub takes_input: bool,
    /// Its dependencies, and whether their outputs are passed on.
    pub depends_on: &'static [(&'static str, bool)],
    /// For a map step, the step whose output holds the list (none: the input), and the path of fields to it.
    pub map: Option<(Option<&'static str>, &'static [&'static str])>,
    /// For a map step that takes its item, the schema of that.
    pub item: Option<fn() -> Option<SchemaOf>>,
    /// How often it is tried.
    pub max_attempts: Option<u16>,
    /// The wait before the second attempt.
    pub backoff: Option<Duration>,
    /// The longest wait before another attempt.
    pub max_backoff: Option<Duration>,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// How long it waits before its first attempt.
    pub delay: Option<Delay>,
    /// The signal that it waits for, by its name, and whether it goes on without.
    pub signal: Option<(&'static str, SchemaOf, bool)>,
    /// How long it waits for that.
    pub signal_timeout: Option<Duration>,
    /// Whether the latest one counts.
    pub latest_signal: bool,
    /// The workflow of which it starts a run.
    pub child: Option<&'static str>,
    /// What it remembers, where it may ask to be executed again.
    pub repeat: Option<SchemaOf>,
    /// How often it may.
    pub max_repeats: Option<u32>,
    /// For how long.
    pub repeat_timeout: Option<Duration>,
    /// The queue whose workers execute it.
    pub queue: Option<&'static str>,
    /// Whether it has a condition.
    pub when: bool,
    /// Whether it is skipped in place of a failure.
    pub on_exhausted: bool,
    /// Whether its function may skip it.
    pub skippable: bool,
    /// The dependencies with which it is skipped.
    pub skip_with: &'static [&'static str],
    /// Whether it is executed when the run has failed.
    pub on_failure: bool,
    /// The schema of what it returns.
    pub output: SchemaOf,
    /// From which older outputs that can be made.
    pub upcasts: &'static [Upcast],
}

impl StepSpec {
    /// In which form its output is found in that of the workflow, when it is a last step.
    fn shape(&self) -> Shape {
        let map = self.map.map(|(step, _)| match step {
            None => Source::Input,
            Some(step) => Source::Step(step.to_owned()),
        });
        let list = map.is_some();
        let with = self.skip_with.iter().map(|&name| name.to_owned()).collect();
        let Self { when, on_exhausted, skippable, .. } = *self;
        let node = Node { map, skip: Skip { when, on_exhausted, skippable, with }, ..Node::new(self.name, []) };
        Shape { list, gaps: node.has_gaps(), missing: node.may_be_skipped() }
    }
}

/// A step that stands outside the workflow, and is included in it.
#[derive(Debug)]
pub struct IncludedSpec {
    name: &'static str,
    id: u64,
    depends_on: &'static [(&'static str, u64)],
    spec: StepSpec,
}

/// The step `P` by the name that it has in the workflow.
#[must_use]
pub fn included<P: SharedStep>(name: &'static str) -> IncludedSpec {
    IncludedSpec { name, id: P::ID, depends_on: P::DEPENDS_ON, spec: P::SPEC }
}

/// Makes the definition of a workflow.
#[must_use]
pub fn definition(
    name: &str,
    description: Option<&str>,
    input: SchemaOf,
    deadline: Option<Duration>,
    schedule: Option<ScheduleSpec>,
    own: &[StepSpec],
    included: &[IncludedSpec],
) -> Definition {
    let mut definition = Definition::new(name, (input.root)().to_value(), Value::Null);
    definition.description = description.map(ToOwned::to_owned);
    definition.deadline = deadline;
    definition.schedule = schedule.map(Schedule::from);
    definition.steps = own.iter().map(step).chain(included.iter().map(|step| renamed(step, included))).collect();
    let specs: Vec<&StepSpec> = own.iter().chain(included.iter().map(|included| &included.spec)).collect();
    definition.output = output_schema(&definition, &specs).to_value();
    definition
}

/// A step that is included, with the names that steps have in this workflow.
fn renamed(included: &IncludedSpec, all: &[IncludedSpec]) -> StepDefinition {
    let mut definition = step(&included.spec);
    definition.name = included.name.to_owned();
    let name = |text: &mut String| {
        let meant = included.depends_on.iter().find(|(known, _)| known == text);
        if let Some(other) = meant.and_then(|(_, id)| all.iter().find(|other| other.id == *id)) {
            *text = other.name.to_owned();
        }
    };
    definition.depends_on.iter_mut().for_each(|edge| name(&mut edge.step));
    definition.map.iter_mut().filter_map(|map| map.step.as_mut()).for_each(name);
    definition.skip.with.iter_mut().for_each(name);
    definition
}

fn step(spec: &StepSpec) -> StepDefinition {
    let mut step = StepDefinition::new(spec.name, (spec.output.root)().to_value());
    step.description = spec.description.map(ToOwned::to_owned);
    step.takes_input = spec.takes_input;
    step.depends_on = spec.depends_on.iter().map(|&(name, value)| Edge::new(name, value)).collect();
    step.map = spec.map.map(|(step, path)| {
        MapSource::new(step.map(ToOwned::to_owned), path.iter().map(|&field| field.to_owned()).collect())
    });
    step.item = spec.item.and_then(|item| item()).map(|item| (item.root)().to_value());
    if let Some(max_attempts) = spec.max_attempts {
        step.options.max_attempts = max_attempts;
    }
    if let Some(backoff) = spec.backoff {
        step.options.backoff = backoff;
    }
    if let Some(max_backoff) = spec.max_backoff {
        step.options.max_backoff = max_backoff;
    }
    step.options.timeout = spec.timeout;
    step.options.delay = spec.delay;
    step.signal = spec.signal.map(|(name, payload, optional)| SignalDefinition {
        optional,
        ..SignalDefinition::new(name, (payload.root)().to_value())
    });
    step.options.signal_timeout = spec.signal_timeout;
    step.options.latest_signal = spec.latest_signal;
    step.child = spec.child.map(ToOwned::to_owned);
    step.repeat = spec.repeat.map(|state| (state.root)().to_value());
    step.options.max_repeats = spec.max_repeats;
    step.options.repeat_timeout = spec.repeat_timeout;
    step.options.queue = spec.queue.map(ToOwned::to_owned);
    step.on_failure = spec.on_failure;
    step.upcasts = spec.upcasts.iter().map(|upcast| (upcast.schema.root)().to_value()).collect();
    step.skip = SkipPolicy {
        when: spec.when,
        on_exhausted: spec.on_exhausted,
        skippable: spec.skippable,
        with: spec.skip_with.iter().map(|&name| name.to_owned()).collect(),
    };
    step
}

/// The output of the single step on which no other depends (null when that was skipped), or an object with a property for each.
fn output_schema(definition: &Definition, specs: &[&StepSpec]) -> Schema {
    let names: Vec<&str> = definition.leaves().map(|leaf| leaf.name.as_str()).collect();
    let leaves: Vec<(&StepDefinition, &StepSpec)> = definition
        .steps
        .iter()
        .zip(specs.iter().copied())
        .filter(|(step, _)| names.contains(&step.name.as_str()))
        .collect();
    match leaves.as_slice() {
        [(_, leaf)] => match leaf.shape() {
            Shape { list: false, missing: false, .. } => (leaf.output.root)(),
            shape => {
                let mut generator = SchemaGenerator::default();
                let output = shape.schema((leaf.output.nested)(&mut generator));
                let schema = if shape.missing { json!({ "anyOf": [output, { "type": "null" }] }) } else { output };
                document(schema.try_into().unwrap_or_default(), generator)
            }
        },
        leaves => {
            let mut generator = SchemaGenerator::default();
            let fields: Vec<_> =
                leaves.iter().map(|(step, leaf)| (step.name.as_str(), leaf.output, leaf.shape())).collect();
            let schema = fields_schema(&mut generator, &fields);
            document(schema, generator)
        }
    }
}

/// A schema with the definitions that it refers to.
fn document(mut schema: Schema, mut generator: SchemaGenerator) -> Schema {
    if let Some(meta) = generator.settings().meta_schema.as_ref() {
        schema.insert("$schema".to_owned(), Value::String(meta.to_string()));
    }
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}
