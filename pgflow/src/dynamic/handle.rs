//! A workflow that was made at run time, as the worker runs it.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::contains::contains;
use super::handlers::{Execute, HandlerCall, Handlers, as_json};
use crate::definition::{Definition, MapSource, StepDefinition};
use crate::encoded::Encoded;
use crate::extract::Context;
use crate::handler::{Dependency, StepFuture};
use crate::registration::{Attempt, Handle};
use crate::schedule::Scheduled;
use crate::step::StepError;

/// The handlers of a version's steps.
pub(crate) struct DynamicHandle {
    steps: Vec<DynamicStep>,
}

struct DynamicStep {
    name: String,
    handler: Arc<dyn Execute>,
    takes_input: bool,
    skippable: bool,
    dependencies: Vec<Arc<str>>,
    map: Option<MapSource>,
    condition: Option<Value>,
}

impl DynamicHandle {
    /// Of a definition whose handlers are among these.
    ///
    /// # Errors
    /// The names of those that are missing.
    pub(crate) fn new(definition: &Definition, handlers: &Handlers) -> Result<Self, Vec<String>> {
        let mut missing: Vec<String> = Vec::new();
        let mut steps = Vec::with_capacity(definition.steps.len());
        for step in &definition.steps {
            let name = step.handler.as_deref().unwrap_or(&step.name);
            match handlers.get(name) {
                Some(handler) => steps.push(DynamicStep::new(step, handler)),
                None if missing.iter().any(|other| other == name) => {}
                None => missing.push(name.to_owned()),
            }
        }
        if missing.is_empty() { Ok(Self { steps }) } else { Err(missing) }
    }

    fn step(&self, number: usize) -> Result<&DynamicStep, StepError> {
        self.steps
            .get(number)
            .ok_or_else(|| StepError::fatal(format_args!("step number {number} has no handler in this program")))
    }
}

impl DynamicStep {
    fn new(step: &StepDefinition, handler: Arc<dyn Execute>) -> Self {
        Self {
            name: step.name.clone(),
            handler,
            takes_input: step.takes_input,
            skippable: step.skip.skippable,
            dependencies: step.depends_on.iter().map(|edge| edge.step.as_str().into()).collect(),
            map: step.map.clone(),
            condition: step.condition.clone(),
        }
    }

    fn items(&self, source: &Dependency) -> Result<Vec<Encoded>, StepError> {
        let none = MapSource::default();
        let map = self.map.as_ref().unwrap_or(&none);
        if let Some(count) = map.count {
            return Ok((0..count).map(|number| Encoded::from(number.to_string().as_str())).collect());
        }
        let place = crate::words::source(map);
        let no_list = |what: &str| StepError::fatal(format_args!("step `{}` maps over `{place}`, {what}", self.name));
        let text = as_json(source);
        let mut value: &RawValue = text.decode_raw().map_err(|_| no_list("which is no JSON"))?;
        for field in &map.path {
            let members: std::collections::HashMap<String, &RawValue> =
                serde_json::from_str(value.get()).map_err(|_| no_list("which is not there"))?;
            value = members.get(field).copied().ok_or_else(|| no_list("which is not there"))?;
        }
        let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| no_list("which is no list"))?;
        Ok(items.into_iter().map(|item| Encoded::from(item.get())).collect())
    }

    fn holds(&self, input: &Encoded, dependencies: &[Dependency]) -> Result<bool, StepError> {
        let Some(Value::Object(asked)) = &self.condition else { return Ok(true) };
        let mut known = Map::new();
        for name in asked.keys() {
            let text = if name == "input" {
                Some(input.clone())
            } else {
                let place = self.dependencies.iter().position(|other| **other == **name);
                place.and_then(|place| dependencies.get(place)).filter(|given| is_there(given)).map(as_json)
            };
            let Some(text) = text else { return Ok(false) };
            let value = text.decode().map_err(|error| {
                StepError::fatal(format_args!("the condition of step `{}` cannot read `{name}`: {error}", self.name))
            })?;
            known.insert(name.clone(), value);
        }
        Ok(contains(&Value::Object(known), &Value::Object(asked.clone())))
    }
}

fn is_there(given: &Dependency) -> bool {
    matches!(given, Dependency::Output(_) | Dependency::List(_))
}

impl Handle for DynamicHandle {
    fn run(&self, number: usize, attempt: Attempt) -> StepFuture {
        let step = match self.step(number) {
            Ok(step) => step,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let Attempt { context, tx, input, dependencies, item, .. } = attempt;
        step.handler.execute(HandlerCall {
            context: Context { step: context, state: Arc::new(()), tx },
            input,
            takes_input: step.takes_input,
            dependencies: step.dependencies.iter().cloned().zip(dependencies).collect(),
            item,
            skippable: step.skippable,
        })
    }

    fn expand(&self, number: usize, source: &Dependency) -> Result<Vec<Encoded>, StepError> {
        self.step(number)?.items(source)
    }

    fn holds(&self, number: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<bool, StepError> {
        self.step(number)?.holds(input, dependencies)
    }

    fn delay(&self, number: usize, _: &Encoded, _: &[Dependency]) -> Result<Duration, StepError> {
        Err(StepError::fatal(format_args!("the delay of step number {number} cannot be computed")))
    }

    fn upcast(&self, number: usize, _: usize, _: &Encoded) -> Result<Encoded, StepError> {
        Err(StepError::fatal(format_args!("step number {number} has no up-caster")))
    }

    /// Its schedules say the input themselves.
    fn scheduled_input(&self, _: Scheduled) -> Result<Encoded, StepError> {
        Err(StepError::fatal(
            "a workflow that was made at run time makes no input for its schedules: say it with the schedule",
        ))
    }

    /// It was checked against its schema when the run was started.
    fn check_input(&self, _: &Encoded) -> serde_json::Result<()> {
        Ok(())
    }
}
