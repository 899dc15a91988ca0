//! Definitions that are made at run time, in Rust.

use std::time::Duration;

use serde_json::Value;

use super::rules::DefinitionError;
use crate::definition::{Definition, Delay, Edge, MapSource, StepDefinition};

/// Makes the definition of a workflow at run time, under the rules of `#[workflow]`.
///
/// ```
/// use pgflow::dynamic::{StepBuilder, WorkflowBuilder};
/// use serde_json::json;
///
/// let definition = WorkflowBuilder::new("thumbnails")
///     .input(json!({ "type": "object", "required": ["pages"] }))
///     .step(StepBuilder::new("fetch").map_input(["pages"]).handler("http.get").max_attempts(5))
///     .step(StepBuilder::new("resize").map("fetch"))
///     .step(StepBuilder::new("report").depends_on(["resize"]).when(json!({ "input": { "report": true } })))
///     .build()?;
/// assert_eq!(definition.steps.len(), 3);
///
/// let error = WorkflowBuilder::new("no name").step(StepBuilder::new("a").depends_on(["b"])).build().unwrap_err();
/// assert_eq!(error.problems().len(), 2, "all that is wrong is told at once");
/// # Ok::<_, pgflow::dynamic::DefinitionError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a workflow is made by `build`"]
pub struct WorkflowBuilder {
    definition: Definition,
}

/// Makes a step of a [`WorkflowBuilder`]. It is executed by the handler of its own name, if no other is named.
#[derive(Clone, Debug)]
#[must_use = "a step belongs into a workflow"]
pub struct StepBuilder {
    step: StepDefinition,
}

impl WorkflowBuilder {
    /// A workflow of this name, which takes and gives any JSON.
    pub fn new(name: impl Into<String>) -> Self {
        Self { definition: Definition::new(name, Value::Bool(true), Value::Bool(true)) }
    }

    /// What it is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.definition.description = Some(text.into());
        self
    }

    /// The JSON Schema of its input. A start whose input does not fit is refused.
    pub fn input(mut self, schema: Value) -> Self {
        self.definition.input = schema;
        self
    }

    /// The JSON Schema of its output, for those who read it.
    pub fn output(mut self, schema: Value) -> Self {
        self.definition.output = schema;
        self
    }

    /// How long a run may take, where its start says nothing else.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.definition.deadline = Some(time);
        self
    }

    /// Adds a step.
    pub fn step(mut self, step: StepBuilder) -> Self {
        self.definition.steps.push(step.step);
        self
    }

    /// Adds several steps.
    pub fn steps(mut self, steps: impl IntoIterator<Item = StepBuilder>) -> Self {
        self.definition.steps.extend(steps.into_iter().map(|step| step.step));
        self
    }

    /// The definition.
    ///
    /// # Errors
    /// All that breaks a rule, in the order of the steps.
    pub fn build(self) -> Result<Definition, DefinitionError> {
        self.definition.check()?;
        Ok(self.definition)
    }
}

impl StepBuilder {
    /// A step of this name. It takes the workflow's input, and depends on nothing.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let mut step = StepDefinition::new(&name, Value::Bool(true));
        step.handler = Some(name);
        step.takes_input = true;
        Self { step }
    }

    /// What it is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.step.description = Some(text.into());
        self
    }

    /// The name of the handler that executes it.
    pub fn handler(mut self, name: impl Into<String>) -> Self {
        self.step.handler = Some(name.into());
        self
    }

    /// Adds steps that it waits for, and whose outputs it takes.
    pub fn depends_on<N: Into<String>>(mut self, steps: impl IntoIterator<Item = N>) -> Self {
        self.step.depends_on.extend(steps.into_iter().map(|step| Edge::new(step, true)));
        self
    }

    /// Adds steps that it waits for only.
    pub fn after<N: Into<String>>(mut self, steps: impl IntoIterator<Item = N>) -> Self {
        self.step.depends_on.extend(steps.into_iter().map(|step| Edge::new(step, false)));
        self
    }

    /// It is executed once for each element of the list that this step gives, and waits for that step.
    pub fn map(self, step: impl Into<String>) -> Self {
        self.map_path(step, Vec::<String>::new())
    }

    /// It is executed once for each element of the list at this path in what the step gives.
    pub fn map_path<N: Into<String>>(mut self, step: impl Into<String>, path: impl IntoIterator<Item = N>) -> Self {
        let map = MapSource::new(Some(step.into()), path.into_iter().map(Into::into).collect());
        wait_for_source(&mut self.step.depends_on, &map);
        self.step.map = Some(map);
        self
    }

    /// It is executed once for each element of the list at this path in the workflow's input.
    pub fn map_input<N: Into<String>>(mut self, path: impl IntoIterator<Item = N>) -> Self {
        self.step.map = Some(MapSource::new(None, path.into_iter().map(Into::into).collect()));
        self
    }

    /// It is executed so many times: its items are the numbers from 0.
    pub fn map_fixed(mut self, count: u32) -> Self {
        self.step.map = Some(MapSource::fixed(count));
        self
    }

    /// It is skipped, unless the input and its dependencies' outputs contain this: an object with patterns for `input` and for
    /// dependencies, by their names. An object contains another one that has some of its members, a list one with some of its elements
    /// (`@>` in Postgres). A dependency that was skipped contains nothing.
    pub fn when(mut self, pattern: Value) -> Self {
        self.step.condition = Some(pattern);
        self.step.skip.when = true;
        self
    }

    /// Its failure skips it (of a map step: the item), in place of failing the run.
    pub fn skip_exhausted(mut self) -> Self {
        self.step.skip.on_exhausted = true;
        self
    }

    /// Its handler may skip it ([`HandlerCall::skip`](super::HandlerCall::skip)).
    pub fn skippable(mut self) -> Self {
        self.step.skip.skippable = true;
        self
    }

    /// It is skipped where one of these dependencies is.
    pub fn skip_with<N: Into<String>>(mut self, steps: impl IntoIterator<Item = N>) -> Self {
        self.step.skip.with.extend(steps.into_iter().map(Into::into));
        self
    }

    /// The JSON Schema of what it gives; of a map step, for one item.
    pub fn output(mut self, schema: Value) -> Self {
        self.step.output = schema;
        self
    }

    /// How often it is tried before it fails, from 1 to 32767. Default: 3.
    pub fn max_attempts(mut self, attempts: u16) -> Self {
        self.step.options.max_attempts = attempts;
        self
    }

    /// The wait before the second attempt, an hour at most; it doubles with each further one. Default: 1 s.
    pub fn backoff(mut self, time: Duration) -> Self {
        self.step.options.backoff = time;
        self
    }

    /// The longest wait before another attempt, a day at most. Default: 1 h.
    pub fn max_backoff(mut self, time: Duration) -> Self {
        self.step.options.max_backoff = time;
        self
    }

    /// How long one attempt may take, thirty days at most. Default: no limit.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.step.options.timeout = Some(time);
        self
    }

    /// How long it waits before its first attempt, a year at most. Default: not at all.
    pub fn delay(mut self, time: Duration) -> Self {
        self.step.options.delay = Some(Delay::Fixed(time));
        self
    }

    /// The queue whose workers execute it. Default: that of the run.
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.step.options.queue = Some(name.into());
        self
    }
}

/// A map step waits for the step that it maps over.
pub(super) fn wait_for_source(depends_on: &mut Vec<Edge>, map: &MapSource) {
    if let Some(step) = &map.step
        && !depends_on.iter().any(|edge| edge.step == *step)
    {
        depends_on.push(Edge::new(step, false));
    }
}
