//! Typed steps as handlers of workflows that are made at run time.

use std::borrow::Cow;
use std::future::ready;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::handlers::{Execute, HandlerCall, Handlers, as_json};
use crate::definition::StepDefinition;
use crate::encoded::Encoded;
use crate::glue::RunsIn;
use crate::handler::{self, Dependency, StepFuture};
use crate::registration::Registration;
use crate::registration::{Attempt, Handle, Stateful};
use crate::step::StepError;

impl Handlers {
    /// Adds each step of a typed workflow as a handler: `fulfil_order.charge`. What a step takes, it is given by the same names:
    /// the input, and the outputs of dependencies that are called as in its workflow.
    ///
    /// A step with `on_failure` is none, nor one that waits for a signal, repeats itself or starts a run of another workflow; conditions, delays and options are those of the workflow that is made at run time.
    #[must_use]
    pub fn workflow(self, workflow: impl Into<Registration>) -> Self {
        let registration = workflow.into();
        let definition = registration.definition();
        let steps = definition.steps.iter().enumerate().filter(|(_, step)| is_plain(step));
        steps.fold(self, |all, (number, step)| {
            let takes = step.depends_on.iter().map(|edge| {
                let source = definition.steps.iter().find(|other| other.name == edge.step);
                Takes { step: edge.step.clone(), value: edge.value, list: source.map(|source| source.map.is_some()) }
            });
            let bridge = Bridge { handlers: registration.handlers(), number, takes: takes.collect() };
            all.put(format!("{}.{}", definition.name, step.name), Arc::new(bridge))
        })
    }

    /// Adds a step that stands outside a workflow (`#[step]` on a function) under this name: `handlers.step::<common::audit>("audit")`.
    #[must_use]
    pub fn step<P: RunsIn<()>>(self, name: impl Into<String>) -> Self {
        self.step_with::<P, ()>(name, ())
    }

    /// The same of one that takes a [`State`](crate::State): `handlers.step_with::<common::audit, Shop>("audit", shop)`.
    #[must_use]
    pub fn step_with<P: RunsIn<S>, S: Send + Sync + 'static>(
        self,
        name: impl Into<String>,
        state: impl Into<Arc<S>>,
    ) -> Self {
        let name = name.into();
        let spec = P::SPEC;
        if spec.signal.is_some() || spec.child.is_some() || spec.repeat.is_some() {
            return self.refuse(format!(
                "step `{}` cannot be handler `{name}`: it waits for a signal, repeats itself or starts a run of another workflow",
                spec.name
            ));
        }
        let handlers =
            handler::Handlers { steps: Cow::Owned(vec![P::HANDLER]), check_input: |_| Ok(()), scheduled_input: None };
        let takes = spec.depends_on.iter().map(|&(step, value)| Takes { step: step.to_owned(), value, list: None });
        let bridge = Bridge {
            handlers: Arc::new(Stateful { state: state.into(), handlers }),
            number: 0,
            takes: takes.collect(),
        };
        self.put(name, Arc::new(bridge))
    }
}

/// Whether a step is no more than its function.
fn is_plain(step: &StepDefinition) -> bool {
    !step.on_failure && step.signal.is_none() && step.child.is_none() && step.repeat.is_none()
}

/// A typed step behind the name of a handler.
struct Bridge {
    handlers: Arc<dyn Handle>,
    number: usize,
    takes: Vec<Takes>,
}

/// What a typed step takes of a dependency.
struct Takes {
    step: String,
    value: bool,
    /// Whether that is a map step, where this is known.
    list: Option<bool>,
}

impl Bridge {
    fn attempt(&self, call: HandlerCall) -> Result<Attempt, StepError> {
        let dependencies = self.takes.iter().map(|takes| takes.find(&call)).collect::<Result<Vec<_>, _>>()?;
        let HandlerCall { context, input, item, .. } = call;
        Ok(Attempt { context: context.step, tx: context.tx, input, dependencies, item, signal: None, repeated: None })
    }
}

impl Takes {
    fn find(&self, call: &HandlerCall) -> Result<Dependency, StepError> {
        if !self.value {
            return Ok(Dependency::Order);
        }
        let given = call.dependencies.iter().find(|(name, _)| **name == *self.step);
        match given {
            None | Some((_, Dependency::Order)) => Err(StepError::fatal(format_args!(
                "the handler of step `{}` takes the output of `{}`: name it in the step's `depends_on`",
                call.context().step(),
                self.step
            ))),
            Some((_, given)) => Ok(self.in_form(given)),
        }
    }

    /// A list that one step gives, and the outputs of a map step, stand for each other.
    fn in_form(&self, given: &Dependency) -> Dependency {
        match (given, self.list) {
            (Dependency::Output(text), Some(true)) => match text.decode::<Vec<Option<Box<RawValue>>>>() {
                Ok(items) => Dependency::List(items.into_iter().map(|item| item.map(Encoded::from)).collect()),
                Err(_) => given.clone(),
            },
            (Dependency::List(_), Some(false)) => Dependency::Output(as_json(given)),
            _ => given.clone(),
        }
    }
}

impl Execute for Bridge {
    fn execute(&self, call: HandlerCall) -> StepFuture {
        match self.attempt(call) {
            Ok(attempt) => self.handlers.run(self.number, attempt),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }
}
