//! What a step sees and returns.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cancellation::Cancellation;
use crate::encoded::Encoded;
use crate::notes::{Noted, Notes};
use crate::repeat::Again;

/// What a step returns: `pgflow::Result<T>` is a [`Result`](std::result::Result) whose error is a [`StepError`].
pub type Result<T, E = StepError> = std::result::Result<T, E>;

/// Why an attempt of a step failed, and whether another one makes sense.
///
/// Every error converts into one that is tried again, so `?` works on any error. It implements no
/// [`Error`](std::error::Error) itself, for that conversion's sake.
pub struct StepError {
    message: String,
    retry: Retry,
}

/// What a step returns that is declared `skippable`: an output, or that the step is skipped.
///
/// Whoever depends on such a step takes an `Option` of its output, or is skipped too (`skip_with`). A step that is skipped has done
/// nothing: what it wrote through its `Tx` is rolled back.
///
/// ```
/// use pgflow::{Result, Skippable, step, workflow};
///
/// #[workflow]
/// mod parcel {
///     use super::*;
///
///     #[step(skippable)]
///     pub async fn wrap(input: String) -> Result<Skippable<String>> {
///         if !input.ends_with('!') {
///             return Ok(Skippable::skip("it is no gift"));
///         }
///         Ok(Skippable::Done(format!("{input} in red paper")))
///     }
///
///     #[step(depends_on = [wrap])]
///     pub async fn ship(input: String, wrap: Option<String>) -> Result<String> {
///         Ok(wrap.unwrap_or(input))
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skippable<T> {
    /// The step's output.
    Done(T),
    /// The step is skipped, for this reason.
    Skipped(String),
}

impl<T> Skippable<T> {
    /// Says that the step is skipped, and why.
    #[must_use]
    pub fn skip(reason: impl fmt::Display) -> Self {
        Self::Skipped(reason.to_string())
    }
}

impl<T> From<T> for Skippable<T> {
    fn from(value: T) -> Self {
        Self::Done(value)
    }
}

/// What is done after a failed attempt, while attempts are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Try again after the step's back-off.
    Backoff,
    /// Try again after this time.
    After(Duration),
    /// Fail at once.
    Never,
    /// It was no failure: the step is skipped.
    Skip,
    /// It was no failure: the step is executed again.
    Again(Box<Again>),
}

impl StepError {
    /// An error that is tried again after the step's back-off.
    #[must_use]
    pub fn retry(error: impl fmt::Display) -> Self {
        Self { message: error.to_string(), retry: Retry::Backoff }
    }

    /// An error that is tried again after `delay`, in place of the step's back-off.
    #[must_use]
    pub fn retry_after(delay: Duration, error: impl fmt::Display) -> Self {
        Self { message: error.to_string(), retry: Retry::After(delay) }
    }

    /// An error that no further attempt can mend: the step fails at once.
    #[must_use]
    pub fn fatal(error: impl fmt::Display) -> Self {
        Self { message: error.to_string(), retry: Retry::Never }
    }

    /// Not an error: the step has said that it is skipped, and why.
    pub(crate) fn skip(reason: String) -> Self {
        Self { message: reason, retry: Retry::Skip }
    }

    /// Not an error: the step has asked to be executed again.
    pub(crate) fn again(wait: Duration, state: Encoded) -> Self {
        let message = format!("it is executed again in {wait:?}");
        Self { message, retry: Retry::Again(Box::new(Again { wait, state })) }
    }

    /// What went wrong, with the chain of causes.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the step fails at once.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.retry == Retry::Never
    }

    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by the worker only"))]
    pub(crate) fn policy(&self) -> Retry {
        self.retry.clone()
    }
}

impl fmt::Debug for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepError({:?}, {:?})", self.message, self.retry)
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for StepError {
    fn from(error: E) -> Self {
        let error: Box<dyn std::error::Error + Send + Sync> = error.into();
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many errors print their cause themselves.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self { message, retry: Retry::Backoff }
    }
}

/// What a panic says.
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by the worker only"))]
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(its message is no text)")
}

/// The id of a run: a version 7 UUID that carries the time of the start and the bucket in which the run lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for RunId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<RunId> for Uuid {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a run has failed of: an extractor of the step that is executed then.
///
/// ```
/// use pgflow::{Failure, Result, StepError, step, workflow};
///
/// #[workflow]
/// mod transfer {
///     use super::*;
///
///     #[step(max_attempts = 1)]
///     pub async fn send(input: u64) -> Result<u64> {
///         Err(StepError::fatal("the account is closed"))
///     }
///
///     /// Executed when the run has failed, before it ends.
///     #[step(on_failure)]
///     pub async fn apologise(input: u64, failure: Failure) -> Result<()> {
///         println!("{input} could not be sent, since `{:?}` failed: {}", failure.step, failure.error);
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The step; none where it was the run as a whole: its deadline, or its input.
    pub step: Option<String>,
    /// The item, in a map step.
    pub index: Option<u32>,
    /// What was said.
    pub error: String,
}

/// What an attempt of a step knows of itself. A step takes it as a parameter: `ctx: StepContext`. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct StepContext(pub(crate) Arc<StepInfo>);

/// The facts behind a [`StepContext`].
#[derive(Debug)]
pub(crate) struct StepInfo {
    pub(crate) run_id: RunId,
    pub(crate) workflow: Arc<str>,
    pub(crate) step: Arc<str>,
    /// The step's place in the definition.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by the worker only"))]
    pub(crate) number: usize,
    pub(crate) index: Option<u32>,
    pub(crate) attempt: u16,
    pub(crate) max_attempts: u16,
    /// What the run has failed of, for the step that is executed then.
    pub(crate) failure: Option<Failure>,
    pub(crate) cancellation: Cancellation,
    pub(crate) notes: Notes,
}

impl StepContext {
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "made by the worker only"))]
    pub(crate) fn new(info: StepInfo) -> Self {
        Self(Arc::new(info))
    }

    /// The run that this attempt belongs to.
    #[must_use]
    pub fn run_id(&self) -> RunId {
        self.0.run_id
    }

    /// The workflow's name.
    #[must_use]
    pub fn workflow(&self) -> &str {
        &self.0.workflow
    }

    /// The step's name.
    #[must_use]
    pub fn step(&self) -> &str {
        &self.0.step
    }

    /// In a map step, the place of the item in its list, from 0; otherwise none.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        self.0.index
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u16 {
        self.0.attempt
    }

    /// How many attempts the step has in all. Each time that somebody has a failed run go on, it has as many more.
    #[must_use]
    pub fn max_attempts(&self) -> u16 {
        self.0.max_attempts
    }

    /// Ends when nobody wants the result of this attempt any more: its run, or the attempt, was cancelled, the run has failed
    /// elsewhere or has passed its deadline, or it is with another worker by now.
    ///
    /// A handler that never asks is dropped where it stands, at its next `.await`. One that has asked is told, and has a few seconds
    /// (`WorkerBuilder::cancel_grace`) to end in order before it is dropped. What it returns then is ignored, and what it wrote
    /// through its `Tx` is rolled back.
    ///
    /// ```
    /// use pgflow::{Result, StepContext, step, workflow};
    ///
    /// #[workflow]
    /// mod film {
    ///     use super::*;
    ///
    ///     #[step]
    ///     pub async fn render(input: u32, ctx: StepContext) -> Result<u32> {
    ///         for frame in 0..input {
    ///             tokio::select! {
    ///                 () = draw(frame) => {}
    ///                 () = ctx.cancelled() => break,
    ///             }
    ///         }
    ///         Ok(input)
    ///     }
    ///     # async fn draw(_: u32) {}
    /// }
    /// # fn main() {}
    /// ```
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send {
        self.0.cancellation.cancelled()
    }

    /// Says how far the attempt is, from 0 to 1. Whoever looks at the run sees it within a second; it is kept with the run, as the
    /// last of those that came within a fraction of a second.
    ///
    /// Never waits, and never fails: what cannot be written is lost.
    pub fn progress(&self, fraction: f32) {
        if !fraction.is_nan() {
            self.note(|noted| noted.progress = Some(fraction.clamp(0.0, 1.0)));
        }
    }

    /// Says what the attempt is doing, for people to read: at most 10,000 bytes, the rest is cut. Whoever looks at the run sees it
    /// within a second; it is kept with the run. Of many that come within a fraction of a second, the last twenty are.
    ///
    /// Never waits, and never fails: what cannot be written is lost.
    pub fn message(&self, text: impl Into<String>) {
        let text = text.into();
        self.note(|noted| noted.say(text));
    }

    fn note(&self, change: impl FnOnce(&mut Noted)) {
        if self.0.notes.add(change) {
            self.0.notes.report(self);
        }
    }

    /// Whether nobody wants the result of this attempt any more: for handlers that compute for long between two `.await`s. Asking
    /// counts as with [`cancelled`](Self::cancelled).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancellation.is_cancelled()
    }

    /// Whether it is cancelled, for others than the handler.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by the worker only"))]
    pub(crate) fn was_cancelled(&self) -> bool {
        self.0.cancellation.was_cancelled()
    }

    /// Tells the handler; gives whether it had asked.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "called by the worker only"))]
    pub(crate) fn cancel(&self) -> bool {
        self.0.cancellation.cancel()
    }

    /// A key that is the same for every attempt of this step of this run (and item), and for nothing else: what to hand to a
    /// service that ignores repeated requests.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        match self.0.index {
            Some(index) => format!("{}/{}/{index}", self.0.run_id, self.0.step),
            None => format!("{}/{}", self.0.run_id, self.0.step),
        }
    }
}
