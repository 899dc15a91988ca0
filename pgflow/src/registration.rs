//! A workflow together with its state, ready to be run by a worker.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::extract::Context;
use crate::handler::{Call, Dependency, Handlers, StepFuture};
use crate::repeat::Repeated;
use crate::schedule::Scheduled;
use crate::signal::Sent;
use crate::step::{StepContext, StepError, panic_message};
use crate::tx::TxSlot;
use crate::workflow::Workflow;

/// A workflow with its state: what [`WorkerBuilder::register`](crate::WorkerBuilder::register) takes.
///
/// Made by `fulfil_order::Workflow.with_state(shop)`; a workflow without state can be registered as it is.
#[derive(Clone)]
pub struct Registration {
    definition: Definition,
    handlers: Arc<dyn Handle>,
}

impl Registration {
    /// The workflow `W` with its state; `fulfil_order::Workflow.with_state(shop)` is the same.
    #[must_use]
    pub fn new<W: Workflow>(state: impl Into<Arc<W::State>>) -> Self {
        let state = state.into();
        Self { definition: W::definition(), handlers: Arc::new(Stateful { state, handlers: W::handlers() }) }
    }

    /// A workflow that is declared while the program runs: its steps by number, as in the definition. No part of the public interface.
    #[doc(hidden)]
    #[must_use]
    pub fn of_parts<S: Send + Sync + 'static>(definition: Definition, state: Arc<S>, handlers: Handlers<S>) -> Self {
        Self { definition, handlers: Arc::new(Stateful { state, handlers }) }
    }

    /// The workflow's declaration.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    pub(crate) fn handlers(&self) -> Arc<dyn Handle> {
        Arc::clone(&self.handlers)
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("workflow", &self.definition.name).finish_non_exhaustive()
    }
}

impl<W: Workflow<State = ()>> From<W> for Registration {
    fn from(_: W) -> Self {
        Self::new::<W>(())
    }
}

/// One attempt, without the type of the workflow's state.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) context: StepContext,
    pub(crate) tx: Option<TxSlot>,
    pub(crate) input: Encoded,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) item: Option<Encoded>,
    pub(crate) signal: Option<Sent>,
    pub(crate) repeated: Option<Repeated>,
}

/// The functions of a workflow, without the type of its state.
pub(crate) trait Handle: Send + Sync {
    /// Runs an attempt of the step of this number.
    fn run(&self, step: usize, attempt: Attempt) -> StepFuture;
    /// Makes the items of the map step of this number.
    fn expand(&self, step: usize, source: &Dependency) -> Result<Vec<Encoded>, StepError>;
    /// Whether the condition of the step of this number holds.
    fn holds(&self, step: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<bool, StepError>;
    /// How long the step of this number waits before its first attempt, where that is computed.
    fn delay(&self, step: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<Duration, StepError>;
    /// Makes an output of the step of this number from an older one, by its up-caster of this number.
    fn upcast(&self, step: usize, upcast: usize, output: &Encoded) -> Result<Encoded, StepError>;
    /// The workflow of which the step of this number starts a run.
    fn child(&self, step: usize) -> Option<Definition> {
        let _ = step;
        None
    }
    /// Whether a payload is an input of the workflow.
    fn check_input(&self, input: &Encoded) -> serde_json::Result<()>;
    /// The input of a run that a schedule starts: what the workflow's function for that gives; null where it has none.
    fn scheduled_input(&self, scheduled: Scheduled) -> Result<Encoded, StepError>;
}

/// Functions with the state that they take.
pub(crate) struct Stateful<S: 'static> {
    pub(crate) state: Arc<S>,
    pub(crate) handlers: Handlers<S>,
}

impl<S: Send + Sync> Handle for Stateful<S> {
    fn run(&self, step: usize, attempt: Attempt) -> StepFuture {
        let Some(handler) = self.handlers.steps.get(step) else {
            return Box::pin(std::future::ready(Err(no_handler(step))));
        };
        let Attempt { context, tx, input, dependencies, item, signal, repeated } = attempt;
        (handler.run)(Call {
            context: Context { step: context, state: Arc::clone(&self.state), tx },
            input,
            dependencies,
            item,
            signal,
            repeated,
        })
    }

    fn expand(&self, step: usize, source: &Dependency) -> Result<Vec<Encoded>, StepError> {
        match self.handlers.steps.get(step).and_then(|handler| handler.expand) {
            Some(expand) => guarded("making the items of the step", || expand(source)),
            None => Err(no_handler(step)),
        }
    }

    fn holds(&self, step: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<bool, StepError> {
        let Some(when) = self.handlers.steps.get(step).and_then(|handler| handler.when) else {
            return Err(no_handler(step));
        };
        guarded("the condition of the step", || when(input, dependencies))
    }

    fn delay(&self, step: usize, input: &Encoded, dependencies: &[Dependency]) -> Result<Duration, StepError> {
        let Some(delay) = self.handlers.steps.get(step).and_then(|handler| handler.delay) else {
            return Err(no_handler(step));
        };
        guarded("the delay of the step", || delay(input, dependencies))
    }

    fn upcast(&self, step: usize, upcast: usize, output: &Encoded) -> Result<Encoded, StepError> {
        let upcast = self.handlers.steps.get(step).and_then(|handler| handler.upcasts.get(upcast));
        let Some(upcast) = upcast else { return Err(no_handler(step)) };
        guarded("carrying an older output over", || (upcast.carry)(output).map_err(StepError::fatal))
    }

    fn child(&self, step: usize) -> Option<Definition> {
        self.handlers.steps.get(step).and_then(|handler| handler.child).map(|definition| definition())
    }

    fn check_input(&self, input: &Encoded) -> serde_json::Result<()> {
        (self.handlers.check_input)(input)
    }

    fn scheduled_input(&self, scheduled: Scheduled) -> Result<Encoded, StepError> {
        let Some(make) = self.handlers.scheduled_input else {
            let none = Encoded::from("null");
            return match self.check_input(&none) {
                Ok(()) => Ok(none),
                Err(_) => Err(StepError::fatal(
                    "its runs need an input, and nothing makes one: give the schedule an input, or the workflow a function, `#[workflow(scheduled_input = path)]`",
                )),
            };
        };
        guarded("making the input of a scheduled run", || {
            make(scheduled).map_err(|error| {
                StepError::fatal(format_args!("the input of a scheduled run cannot be encoded: {error}"))
            })
        })
    }
}

/// Makes a failure of a panic.
fn guarded<T>(what: &str, call: impl FnOnce() -> Result<T, StepError>) -> Result<T, StepError> {
    std::panic::catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(StepError::fatal(format_args!("{what} panicked: {}", panic_message(panic.as_ref()))))
    })
}

fn no_handler(step: usize) -> StepError {
    StepError::fatal(format!("step number {step} has no handler in this program"))
}
