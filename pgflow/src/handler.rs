//! What the macros generate for the worker: one small function a step, on encoded payloads.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::extract::Context;
use crate::repeat::Repeated;
use crate::schedule::Scheduled;
use crate::signal::Sent;
use crate::step::StepError;
use crate::upcast::Upcast;

/// The future of one attempt.
pub type StepFuture = Pin<Box<dyn Future<Output = Result<Encoded, StepError>> + Send>>;

/// One attempt of a step: all that its function may take.
pub struct Call<S> {
    /// What extractors are made from.
    pub context: Context<S>,
    /// The workflow's input.
    pub input: Encoded,
    /// What the dependencies gave, in the order of `depends_on` in the definition.
    pub dependencies: Vec<Dependency>,
    /// In a map step, the item.
    pub item: Option<Encoded>,
    /// The signal that it has waited for, if one has come.
    pub signal: Option<Sent>,
    /// What it has asked to be executed again with, if it has.
    pub repeated: Option<Repeated>,
}

/// What a dependency gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Dependency {
    /// The edge orders only.
    Order,
    /// The output of a plain step.
    Output(Encoded),
    /// The outputs of a map step, in the order of its items; none for those that were skipped.
    List(Arc<[Option<Encoded>]>),
    /// The step was skipped.
    Skipped,
}

#[cfg(feature = "postgres")]
impl Dependency {
    /// How much text it holds.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Order | Self::Skipped => 0,
            Self::Output(output) => output.as_str().len(),
            Self::List(outputs) => outputs.iter().flatten().map(|output| output.as_str().len()).sum(),
        }
    }
}

/// Makes the items of a map step from the value that holds the list.
pub type Expand = fn(&Dependency) -> Result<Vec<Encoded>, StepError>;

/// Asks the condition of a step, from the input and what its dependencies gave.
pub type Condition = fn(&Encoded, &[Dependency]) -> Result<bool, StepError>;

/// Asks how long a step waits before its first attempt, from the input and what its dependencies gave.
pub type Wait = fn(&Encoded, &[Dependency]) -> Result<Duration, StepError>;

/// Makes the input of a run that a schedule starts.
pub type ScheduledInput = fn(Scheduled) -> serde_json::Result<Encoded>;

/// The function of one step.
pub struct Handler<S> {
    /// Runs an attempt.
    pub run: fn(Call<S>) -> StepFuture,
    /// For a map step: makes the items from the value that holds the list.
    pub expand: Option<Expand>,
    /// Whether the step is executed at all.
    pub when: Option<Condition>,
    /// How long it waits before its first attempt, where that is computed.
    pub delay: Option<Wait>,
    /// The workflow of which it starts a run.
    pub child: Option<fn() -> Definition>,
    /// From which older outputs its output can be made.
    pub upcasts: &'static [Upcast],
}

impl<S> Clone for Handler<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Handler<S> {}

/// The functions of a workflow's steps, in the order of its definition.
pub struct Handlers<S: 'static> {
    /// One a step.
    pub steps: Cow<'static, [Handler<S>]>,
    /// Whether a payload is an input of the workflow.
    pub check_input: fn(&Encoded) -> serde_json::Result<()>,
    /// Makes the input of a run that a schedule starts, where the workflow says how.
    pub scheduled_input: Option<ScheduledInput>,
}

impl<S> fmt::Debug for Call<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("context", &self.context).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Handler<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("map", &self.expand.is_some()).finish()
    }
}

impl<S> fmt::Debug for Handlers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").field("steps", &self.steps).finish()
    }
}
