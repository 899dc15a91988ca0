//! A workflow as the worker runs it: steps by number, edges resolved.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::definition::{Definition, Delay, StepDefinition};
use crate::encoded::Encoded;
use crate::error::Error;
use crate::handler::{Dependency, StepFuture};
use crate::registration::{Attempt, Handle, Registration};
use crate::schedule::Scheduled;
use crate::step::{Retry, StepError};
use crate::worker::family::PlanChild;
use crate::worker::run::Recorded;
use crate::worker::unit::PLAIN;

/// A version of a workflow.
pub(crate) struct Plan {
    pub(crate) version: i32,
    pub(crate) workflow: Arc<str>,
    pub(crate) handlers: Arc<dyn Handle>,
    pub(crate) steps: Vec<PlanStep>,
    /// The step whose outcome is the output of the run: none where that is made of several outcomes.
    pub(crate) output_step: Option<usize>,
    /// The step that is executed when the run has failed.
    pub(crate) hook: Option<usize>,
}

pub(crate) struct PlanStep {
    pub(crate) name: Arc<str>,
    pub(crate) dependencies: Vec<PlanEdge>,
    /// The steps that depend on this one.
    pub(crate) consumers: Vec<usize>,
    /// How many of them need its output.
    pub(crate) readers: usize,
    pub(crate) map: Option<PlanMap>,
    pub(crate) max_attempts: u16,
    pub(crate) backoff: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) delay: Option<Delay>,
    /// The signal that it waits for.
    pub(crate) signal: Option<PlanSignal>,
    /// The workflow of which it starts a run.
    pub(crate) child: Option<PlanChild>,
    /// How often it may ask to be executed again, and for how long.
    pub(crate) max_repeats: Option<u32>,
    pub(crate) repeat_timeout: Option<Duration>,
    /// Where it is executed.
    pub(crate) at: StepQueue,
    /// Whether it has a condition.
    pub(crate) when: bool,
    /// Whether it, or its item, is skipped in place of a failure.
    pub(crate) skips_exhausted: bool,
    /// The dependencies with which it is skipped.
    pub(crate) skip_with: Vec<usize>,
}

/// Where a step is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepQueue {
    /// By the workers of its run's queue.
    OfRun,
    /// By those of a queue of its own, which is the worker's in this place.
    Here(u16),
    /// By those of a queue of its own, which the worker does not have.
    Elsewhere(Arc<str>),
}

#[derive(Clone, Copy)]
pub(crate) struct PlanEdge {
    pub(crate) step: usize,
    /// Whether the output is passed on.
    pub(crate) value: bool,
    /// Whether the output is needed: it is passed on, or mapped over.
    pub(crate) read: bool,
}

/// A signal that a step waits for.
#[derive(Clone, Debug)]
pub(crate) struct PlanSignal {
    pub(crate) name: Arc<str>,
    /// Whether the step is executed without when none has come in time.
    pub(crate) optional: bool,
    pub(crate) timeout: Option<Duration>,
    /// Whether the latest counts of those that were sent before the step begins.
    pub(crate) latest: bool,
}

/// Where the list of a map step is.
#[derive(Clone, Copy)]
pub(crate) enum PlanMap {
    Input,
    Step(usize),
}

impl Plan {
    /// Of a workflow, for a worker of these queues.
    pub(crate) fn new(version: i32, registration: &Registration, queues: &[String]) -> Result<Self, Error> {
        Self::of(version, registration.definition(), registration.handlers(), queues)
    }

    /// Of another version of a workflow, where all that it is made of is in this program too; options are as this program has them.
    pub(crate) fn of_other_version(
        version: i32,
        definition: &Definition,
        registration: &Registration,
        queues: &[String],
    ) -> Result<Option<Self>, Error> {
        let own = registration.definition();
        if !own.goes_on_with(definition) {
            return Ok(None);
        }
        let mut definition = definition.clone();
        let mut numbers = Vec::with_capacity(definition.steps.len());
        for step in &mut definition.steps {
            let Some(number) = own.steps.iter().position(|own| own.name == step.name) else { return Ok(None) };
            step.options = own.steps[number].options.clone();
            numbers.push(number);
        }
        let handlers = Arc::new(Renumbered { handlers: registration.handlers(), numbers });
        Self::of(version, &definition, handlers, queues).map(Some)
    }

    pub(crate) fn of(
        version: i32,
        definition: &Definition,
        handlers: Arc<dyn Handle>,
        queues: &[String],
    ) -> Result<Self, Error> {
        let mut steps =
            definition.steps.iter().map(|step| plan_step(definition, step, queues)).collect::<Result<Vec<_>, _>>()?;
        for number in 0..steps.len() {
            for edge in steps[number].dependencies.clone() {
                steps[edge.step].consumers.push(number);
                steps[edge.step].readers += usize::from(edge.read);
            }
        }
        let hook = definition.steps.iter().position(|step| step.on_failure);
        let mut last = (0..steps.len()).filter(|number| steps[*number].consumers.is_empty() && Some(*number) != hook);
        let output_step = last.next().filter(|number| last.next().is_none() && steps[*number].map.is_none());
        Ok(Self { version, workflow: definition.name.as_str().into(), handlers, output_step, hook, steps })
    }
}

impl Plan {
    /// The workflows of which its steps start runs, and where that is kept.
    pub(crate) fn children(&mut self) -> Vec<(Definition, &mut PlanChild)> {
        let handlers = Arc::clone(&self.handlers);
        let steps = self.steps.iter_mut().enumerate();
        steps.filter_map(|(number, step)| Some((handlers.child(number)?, step.child.as_mut()?))).collect()
    }

    /// What the dependencies of a step have given, in their order, from what is recorded of a run.
    pub(crate) fn dependencies(&self, step: usize, outcomes: &HashMap<(usize, i32), Recorded>) -> Vec<Dependency> {
        let edges = self.steps[step].dependencies.iter();
        edges.map(|edge| if edge.value { self.given(edge.step, outcomes) } else { Dependency::Order }).collect()
    }

    /// What a step that is done has given.
    pub(crate) fn given(&self, step: usize, outcomes: &HashMap<(usize, i32), Recorded>) -> Dependency {
        match outcomes.get(&(step, PLAIN)) {
            Some(Recorded::Completed(output)) => return Dependency::Output(output.clone()),
            Some(Recorded::Skipped) => return Dependency::Skipped,
            _ if self.steps[step].map.is_none() => return Dependency::Order,
            _ => {}
        }
        let list = (0..).map_while(|index| match outcomes.get(&(step, index)) {
            Some(Recorded::Completed(output)) => Some(Some(output.clone())),
            Some(Recorded::Skipped) => Some(None),
            _ => None,
        });
        Dependency::List(list.collect())
    }
}

impl StepQueue {
    fn of(name: &str, queues: &[String]) -> Self {
        let place = queues.iter().position(|queue| queue == name).and_then(|place| u16::try_from(place).ok());
        place.map_or_else(|| Self::Elsewhere(name.into()), Self::Here)
    }
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterFailure {
    Retry(Duration),
    Skip,
    Fail,
}

impl PlanStep {
    /// What follows the failure of this attempt, of as many as there may be.
    pub(crate) fn after_failure(&self, attempt: u16, max_attempts: u16, retry: Retry) -> AfterFailure {
        match retry {
            Retry::Skip => AfterFailure::Skip,
            Retry::Never => self.when_exhausted(),
            _ if attempt >= max_attempts => self.when_exhausted(),
            // Who asks to be executed again has not failed, and was heard before.
            Retry::Backoff | Retry::Again(_) => AfterFailure::Retry(self.backoff_after(attempt)),
            Retry::After(wait) => AfterFailure::Retry(wait),
        }
    }

    /// What follows when no attempt is left.
    pub(crate) fn when_exhausted(&self) -> AfterFailure {
        if self.skips_exhausted { AfterFailure::Skip } else { AfterFailure::Fail }
    }

    /// The wait after a failed attempt (the first is 1): doubled with each one, with a quarter of jitter either way so that what
    /// failed together does not come again together, and never longer than the longest (then the jitter only shortens it).
    pub(crate) fn backoff_after(&self, attempt: u16) -> Duration {
        let doublings = u32::from(attempt.saturating_sub(1)).min(30);
        let wait = self.backoff.saturating_mul(1 << doublings);
        if wait < self.max_backoff {
            wait.mul_f64(0.75 + fastrand::f64() / 2.0).min(self.max_backoff)
        } else {
            self.max_backoff.mul_f64(0.75 + fastrand::f64() / 4.0)
        }
    }
}

fn plan_step(definition: &Definition, step: &StepDefinition, queues: &[String]) -> Result<PlanStep, Error> {
    let number = |name: &str| {
        definition.steps.iter().position(|other| other.name == name).ok_or_else(|| {
            Error::invalid(format!(
                "workflow `{}`: step `{}` depends on `{name}`, which is no step of it",
                definition.name, step.name
            ))
        })
    };
    let dependencies = step
        .depends_on
        .iter()
        .map(|edge| {
            let mapped = step.map.as_ref().is_some_and(|map| map.step.as_ref() == Some(&edge.step));
            Ok(PlanEdge { step: number(&edge.step)?, value: edge.value, read: edge.value || mapped })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let map = match &step.map {
        None => None,
        Some(source) => Some(match &source.step {
            None => PlanMap::Input,
            Some(name) => PlanMap::Step(number(name)?),
        }),
    };
    let skip_with = step.skip.with.iter().map(|name| number(name)).collect::<Result<Vec<_>, Error>>()?;
    Ok(PlanStep {
        when: step.skip.when,
        skips_exhausted: step.skip.on_exhausted,
        skip_with,
        name: step.name.as_str().into(),
        dependencies,
        consumers: Vec::new(),
        readers: 0,
        map,
        max_attempts: step.options.max_attempts.max(1),
        backoff: step.options.backoff,
        max_backoff: step.options.max_backoff,
        timeout: step.options.timeout,
        delay: step.options.delay,
        child: step.child.as_ref().map(|workflow| PlanChild {
            workflow: workflow.as_str().into(),
            version: 0,
            deadline: None,
            queue: step.options.queue.clone(),
        }),
        max_repeats: step.options.max_repeats,
        repeat_timeout: step.options.repeat_timeout,
        signal: step.signal.as_ref().map(|signal| PlanSignal {
            name: signal.name.as_str().into(),
            optional: signal.optional,
            timeout: step.options.signal_timeout,
            latest: step.options.latest_signal,
        }),
        // What is executed when the run has failed, its owner executes; and what makes the input of a run.
        at: step
            .options
            .queue
            .as_deref()
            .filter(|_| !step.on_failure && step.child.is_none())
            .map_or(StepQueue::OfRun, |name| StepQueue::of(name, queues)),
    })
}

/// The functions of a workflow, for another version of it: the step of each number there has this one here.
struct Renumbered {
    handlers: Arc<dyn Handle>,
    numbers: Vec<usize>,
}

impl Renumbered {
    /// One that no version has, where there is none.
    fn number(&self, step: usize) -> usize {
        self.numbers.get(step).copied().unwrap_or(usize::MAX)
    }
}

impl Handle for Renumbered {
    fn run(&self, step: usize, attempt: Attempt) -> StepFuture {
        self.handlers.run(self.number(step), attempt)
    }

    fn expand(&self, step: usize, source: &Dependency) -> Result<Vec<Encoded>, StepError> {
        self.handlers.expand(self.number(step), source)
    }

    fn holds(&self, step: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<bool, StepError> {
        self.handlers.holds(self.number(step), input, dependencies)
    }

    fn delay(&self, step: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<Duration, StepError> {
        self.handlers.delay(self.number(step), input, dependencies)
    }

    fn upcast(&self, step: usize, upcast: usize, output: &Encoded) -> Result<Encoded, StepError> {
        self.handlers.upcast(self.number(step), upcast, output)
    }

    fn child(&self, step: usize) -> Option<Definition> {
        self.handlers.child(self.number(step))
    }

    fn check_input(&self, input: &Encoded) -> serde_json::Result<()> {
        self.handlers.check_input(input)
    }

    fn scheduled_input(&self, scheduled: Scheduled) -> Result<Encoded, StepError> {
        self.handlers.scheduled_input(scheduled)
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("workflow", &self.workflow).field("version", &self.version).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_never_overflow() {
        let wait = |backoff: Duration, max: Duration, attempt: u16| {
            let mut definition = StepDefinition::new("a", serde_json::Value::Null);
            definition.options.backoff = backoff;
            definition.options.max_backoff = max;
            let mut workflow = Definition::new("w", serde_json::Value::Null, serde_json::Value::Null);
            workflow.steps.push(definition.clone());
            plan_step(&workflow, &definition, &[]).unwrap().backoff_after(attempt)
        };
        let second = Duration::from_secs(1);
        for attempt in [1, 2, 5, 8] {
            let exact = second * (1 << (attempt - 1));
            for _ in 0..100 {
                let wait = wait(second, Duration::from_secs(3_600), attempt);
                assert!(wait >= exact.mul_f64(0.75) && wait <= exact.mul_f64(1.25), "{attempt}: {wait:?}");
            }
        }
        for attempt in [9, 30, 31, 32, 33, 64, 65, 1_000, u16::MAX] {
            for backoff in [second, Duration::from_secs(3_600), Duration::MAX] {
                let most = Duration::from_secs(200);
                let wait = wait(backoff, most, attempt);
                assert!(wait <= most && wait >= most.mul_f64(0.75), "{attempt}: {wait:?}");
            }
        }
        assert_eq!(wait(Duration::ZERO, second, 40), Duration::ZERO);
    }
}
