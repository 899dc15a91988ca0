//! Signals: messages from outside that steps wait for.

use std::fmt;
use std::ops::Deref;
use std::time::SystemTime;

use crate::encoded::Encoded;

/// A message that a step waits for before its first attempt: a parameter of the step, and the signal's name is that of the parameter.
///
/// The wait takes no slot of any worker, and lasts as long as it must, or as `signal_timeout` says. What was sent before the step waits
/// for it is kept. A step that takes `Signal<T>` fails when none has come in time; one that takes `Option<Signal<T>>` is then executed
/// without. Of several the first counts, or the latest with `latest_signal`; all attempts are given the same one (with `latest_signal`,
/// one that has come meanwhile where another worker goes on).
///
/// In the workflow's module, `signals::approval(&run, payload)` sends it; see [`step`](macro@crate::step) for the arguments.
///
/// ```
/// use pgflow::{Result, Signal, step, workflow};
///
/// #[workflow]
/// mod expense {
///     use super::*;
///
///     #[step(signal_timeout = "3d")]
///     pub async fn decide(input: u64, approval: Option<Signal<bool>>) -> Result<String> {
///         Ok(match approval {
///             Some(approval) if *approval => format!("{} has approved {input}", approval.sender()),
///             Some(_) => "refused".to_owned(),
///             None => "nobody has looked at it".to_owned(),
///         })
///     }
/// }
/// # fn main() {}
/// ```
pub struct Signal<T> {
    payload: T,
    sender: String,
    sent_at: SystemTime,
}

impl<T> Signal<T> {
    /// A signal sent now by nobody in particular, for calling a step in a test.
    #[must_use]
    pub fn new(payload: T) -> Self {
        Self { payload, sender: String::new(), sent_at: SystemTime::now() }
    }

    /// The same, sent by somebody else.
    #[must_use]
    pub fn from_sender(self, sender: impl Into<String>) -> Self {
        Self { sender: sender.into(), ..self }
    }

    /// What was sent.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.payload
    }

    /// Who has sent it: what the sender said of itself, or the role that it was logged in to the database with.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// When it was sent, by the clock of the database.
    #[must_use]
    pub fn sent_at(&self) -> SystemTime {
        self.sent_at
    }
}

impl<T> Deref for Signal<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T: Clone> Clone for Signal<T> {
    fn clone(&self) -> Self {
        Self { payload: self.payload.clone(), sender: self.sender.clone(), sent_at: self.sent_at }
    }
}

impl<T: fmt::Debug> fmt::Debug for Signal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("payload", &self.payload).field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// A signal as it is stored.
#[derive(Clone, Debug)]
pub struct Sent {
    pub(crate) payload: Encoded,
    pub(crate) sender: String,
    pub(crate) sent_at: SystemTime,
}

impl Sent {
    /// With its payload as the step takes it.
    pub(crate) fn with<T>(&self, payload: T) -> Signal<T> {
        Signal { payload, sender: self.sender.clone(), sent_at: self.sent_at }
    }
}
