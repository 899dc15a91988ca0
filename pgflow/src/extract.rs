//! Extractors: the parameters of a step that are neither the input nor an output of another step.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::step::{Failure, Result, StepContext, StepError};

/// What extractors are made from: the attempt and the workflow's state `S`.
pub struct Context<S> {
    pub(crate) step: StepContext,
    pub(crate) state: Arc<S>,
    #[cfg(feature = "postgres")]
    pub(crate) tx: Option<crate::tx::TxSlot>,
}

impl<S> Context<S> {
    /// The attempt that is about to run.
    #[must_use]
    pub fn step(&self) -> &StepContext {
        &self.step
    }

    /// The state with which the workflow was registered.
    #[must_use]
    pub fn state(&self) -> &Arc<S> {
        &self.state
    }
}

impl<S> fmt::Debug for Context<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("step", &self.step).finish_non_exhaustive()
    }
}

/// A type that a step can take as a parameter, beside its input and its dependencies' outputs.
///
/// `S` is the type of the workflow's state. Implement it for types of your own:
///
/// ```
/// use pgflow::{Context, FromContext, Result};
///
/// struct Attempt(u16);
///
/// impl<S: Send + Sync> FromContext<S> for Attempt {
///     async fn from_context(context: &Context<S>) -> Result<Self> {
///         Ok(Attempt(context.step().attempt()))
///     }
/// }
/// ```
pub trait FromContext<S>: Sized + Send {
    /// Makes the value for one attempt.
    ///
    /// # Errors
    /// An error counts as a failed attempt of the step.
    fn from_context(context: &Context<S>) -> impl Future<Output = Result<Self>> + Send;
}

impl<S: Send + Sync> FromContext<S> for Failure {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        let failure = context.step.0.failure.clone();
        failure.ok_or_else(|| StepError::fatal("nothing has failed: a `Failure` is for a step with `on_failure`"))
    }
}

impl<S: Send + Sync> FromContext<S> for StepContext {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        Ok(context.step.clone())
    }
}

/// The workflow's state: what was given to `with_state` when the workflow was registered.
///
/// It is shared between all steps of a worker and lives only in the process; nothing of it is stored.
pub struct State<S>(Arc<S>);

impl<S> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S> Clone for State<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> From<Arc<S>> for State<S> {
    fn from(state: Arc<S>) -> Self {
        Self(state)
    }
}

impl<S: fmt::Debug> fmt::Debug for State<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Send + Sync> FromContext<S> for State<S> {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        Ok(State(Arc::clone(&context.state)))
    }
}
