//! From what the macros know of a workflow to its definition.

use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::definition::{Definition, Edge, MapSource, StepDefinition};
use crate::glue::fields::fields_schema;
use crate::glue::payload::SchemaOf;

/// What is known of a step at build time. Options that were not given are none: their defaults stand in one place.
#[derive(Debug)]
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
    /// How often it is tried.
    pub max_attempts: Option<u16>,
    /// The wait before the second attempt.
    pub backoff: Option<Duration>,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// The schema of what it returns.
    pub output: SchemaOf,
}

/// Makes the definition of a workflow.
#[must_use]
pub fn definition(name: &str, description: Option<&str>, input: SchemaOf, specs: &[StepSpec]) -> Definition {
    let mut definition = Definition::new(name, (input.root)().to_value(), output_schema(specs).to_value());
    definition.description = description.map(ToOwned::to_owned);
    definition.steps = specs.iter().map(step).collect();
    definition
}

fn step(spec: &StepSpec) -> StepDefinition {
    let mut step = StepDefinition::new(spec.name, (spec.output.root)().to_value());
    step.description = spec.description.map(ToOwned::to_owned);
    step.takes_input = spec.takes_input;
    step.depends_on = spec.depends_on.iter().map(|&(name, value)| Edge::new(name, value)).collect();
    step.map = spec.map.map(|(step, path)| MapSource {
        step: step.map(ToOwned::to_owned),
        path: path.iter().map(|&field| field.to_owned()).collect(),
    });
    if let Some(max_attempts) = spec.max_attempts {
        step.options.max_attempts = max_attempts;
    }
    if let Some(backoff) = spec.backoff {
        step.options.backoff = backoff;
    }
    step.options.timeout = spec.timeout;
    step
}

/// The output of the single step on which no other depends, or an object with a property for each.
fn output_schema(specs: &[StepSpec]) -> Schema {
    let leaves: Vec<&StepSpec> = specs
        .iter()
        .filter(|spec| !specs.iter().any(|other| other.depends_on.iter().any(|(name, _)| *name == spec.name)))
        .collect();
    match leaves.as_slice() {
        [leaf] if leaf.map.is_none() => (leaf.output.root)(),
        [leaf] => {
            let mut generator = SchemaGenerator::default();
            let items = (leaf.output.nested)(&mut generator);
            document(json_schema!({ "type": "array", "items": items }), generator)
        }
        leaves => {
            let mut generator = SchemaGenerator::default();
            let fields: Vec<_> = leaves.iter().map(|leaf| (leaf.name, leaf.output, leaf.map.is_some())).collect();
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
