//! The rules of a definition, with all that breaks one.

use std::fmt;

use pgflow_graph::{
    Graph, Node, Skip, Source, check_backoff, check_backoffs, check_deadline, check_delay, check_handler_name,
    check_max_attempts, check_max_backoff, check_name, check_queue, check_timeout,
};
use serde_json::Value;

use crate::definition::{Definition, Delay, StepDefinition};

/// The most steps of a workflow, and the most items of a map step whose number is fixed.
const MOST_STEPS: usize = 32_767;
const MOST_ITEMS: u32 = i32::MAX.unsigned_abs();

/// Why a definition is refused: all that breaks a rule, in the order in which it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionError {
    pub(super) workflow: String,
    pub(super) problems: Vec<DefinitionProblem>,
}

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefinitionProblem {
    /// Where it stands in the document: `steps[2].depends_on[0]`; empty for what is wrong with the whole.
    pub path: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, where that can be said.
    pub help: Option<String>,
}

impl DefinitionError {
    /// All that is wrong.
    #[must_use]
    pub fn problems(&self) -> &[DefinitionProblem] {
        &self.problems
    }

    pub(super) fn new(workflow: impl Into<String>, problems: Vec<DefinitionProblem>) -> Self {
        Self { workflow: workflow.into(), problems }
    }
}

impl DefinitionProblem {
    pub(super) fn new(path: impl Into<String>, message: impl fmt::Display, help: Option<String>) -> Self {
        Self { path: path.into(), message: message.to_string(), help }
    }
}

impl fmt::Display for DefinitionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [one] => write!(f, "workflow `{}` is refused: {one}", self.workflow),
            many => {
                write!(f, "workflow `{}` is refused, for {} reasons:", self.workflow, many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

impl std::error::Error for DefinitionError {}

impl Definition {
    /// Whether it keeps every rule of a workflow that is made at run time. The macros hold workflows to the same ones.
    ///
    /// # Errors
    /// All that breaks a rule.
    pub fn check(&self) -> Result<(), DefinitionError> {
        let problems = problems(self);
        if problems.is_empty() { Ok(()) } else { Err(DefinitionError::new(&self.name, problems)) }
    }
}

/// All that breaks a rule: of the workflow first, then step by step.
pub(super) fn problems(definition: &Definition) -> Vec<DefinitionProblem> {
    let mut problems = of_workflow(definition);
    let mut of_steps: Vec<(usize, DefinitionProblem)> = Vec::new();
    let nodes = definition.steps.iter().map(node).collect();
    for problem in Graph::check(&definition.name, nodes).err().into_iter().flatten() {
        let said = (problem.message(), problem.help());
        if definition.steps.is_empty() {
            problems.push(DefinitionProblem::new("steps", said.0, said.1));
            continue;
        }
        let path = match problem.edge {
            Some(edge) => format!("steps[{}].depends_on[{edge}]", problem.step),
            None => format!("steps[{}]", problem.step),
        };
        of_steps.push((problem.step, DefinitionProblem::new(path, said.0, said.1)));
    }
    for (number, step) in definition.steps.iter().enumerate() {
        let mut report = |place: &str, message: String, help: Option<String>| {
            of_steps.push((number, DefinitionProblem::new(format!("steps[{number}]{place}"), message, help)));
        };
        of_handler(step, &mut report);
        of_map(step, &mut report);
        of_condition(step, &mut report);
        of_options(step, &mut report);
    }
    of_steps.sort_by_key(|(number, _)| *number);
    problems.extend(of_steps.into_iter().map(|(_, problem)| problem));
    problems
}

fn of_workflow(definition: &Definition) -> Vec<DefinitionProblem> {
    let mut problems = Vec::new();
    let name = &definition.name;
    if let Err(why) = check_name(name) {
        let message = format!("`{name}` cannot be the name of a workflow");
        problems.push(DefinitionProblem::new("name", message, Some(why.to_string())));
    }
    if let Some(why) = definition.deadline.and_then(check_deadline) {
        problems.push(DefinitionProblem::new("deadline_ms", why, None));
    }
    if definition.steps.len() > MOST_STEPS {
        let message =
            format!("workflow `{name}` has {} steps, and at most {MOST_STEPS} are possible", definition.steps.len());
        problems.push(DefinitionProblem::new("steps", message, None));
    }
    problems
}

/// The step as the rules of the graph see it.
fn node(step: &StepDefinition) -> Node {
    let skip = &step.skip;
    Node {
        map: step.map.as_ref().map(|map| map.step.clone().map_or(Source::Input, Source::Step)),
        skip: Skip {
            when: skip.when || step.condition.is_some(),
            on_exhausted: skip.on_exhausted,
            skippable: skip.skippable,
            with: skip.with.clone(),
        },
        ..Node::new(&step.name, step.depends_on.iter().map(|edge| edge.step.as_str()))
    }
}

type Report<'a> = dyn FnMut(&str, String, Option<String>) + 'a;

fn of_handler(step: &StepDefinition, report: &mut Report<'_>) {
    let Some(handler) = &step.handler else { return };
    // One that is the step's own name was told as that.
    if let Err(why) = check_handler_name(handler)
        && *handler != step.name
    {
        report(".handler", format!("`{handler}` cannot be the name of a handler"), Some(why.to_string()));
    }
}

fn of_map(step: &StepDefinition, report: &mut Report<'_>) {
    let Some(map) = &step.map else { return };
    let Some(count) = map.count else { return };
    if map.step.is_some() || !map.path.is_empty() {
        let message = format!("step `{}` maps over a list, and over {count} items besides", step.name);
        report(".map", message, Some("leave out `count`, or else `step` and `path`".to_owned()));
    }
    if count > MOST_ITEMS {
        report(".map.count", format!("a map step has at most {MOST_ITEMS} items"), None);
    }
}

fn of_condition(step: &StepDefinition, report: &mut Report<'_>) {
    let Some(condition) = &step.condition else { return };
    let Value::Object(asked) = condition else {
        let example = "as in `{\"input\": {\"gift\": true}}`".to_owned();
        report(".when", format!("the condition of step `{}` is no object", step.name), Some(example));
        return;
    };
    for name in asked.keys() {
        if name != "input" && !step.depends_on.iter().any(|edge| edge.step == *name) {
            let message =
                format!("the condition of step `{}` asks for `{name}`, on which it does not depend", step.name);
            report(".when", message, Some("it may ask for `input` and for dependencies, by their names".to_owned()));
        }
    }
}

fn of_options(step: &StepDefinition, report: &mut Report<'_>) {
    let options = &step.options;
    let mut say = |name: &str, why: Option<String>| {
        if let Some(why) = why {
            report(&format!(".options.{name}"), why, None);
        }
    };
    let owned = |why: Option<&'static str>| why.map(str::to_owned);
    say("max_attempts", owned(check_max_attempts(u64::from(options.max_attempts)).err()));
    say("backoff_ms", owned(check_backoff(options.backoff)));
    let longest = owned(check_max_backoff(options.max_backoff));
    say("max_backoff_ms", longest.or_else(|| check_backoffs(options.backoff, options.max_backoff)));
    say("timeout_ms", owned(options.timeout.and_then(check_timeout)));
    match options.delay {
        Some(Delay::Fixed(delay)) => say("delay_ms", owned(check_delay(delay))),
        Some(Delay::Computed) => {
            say("delay_ms", Some("a delay is a number of milliseconds: nothing could compute it".to_owned()));
        }
        None => {}
    }
    say("queue", owned(options.queue.as_deref().and_then(check_queue)));
}
