//! Repetition: a step that asks to be executed again.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::encoded::Encoded;
use crate::step::{Result, StepError};

/// Lets a step ask to be executed again, after a time and with a state: a parameter of the step. For polling, for going through pages,
/// for waiting until something is so.
///
/// The wait takes no slot of any worker. The state is kept each time: a worker that dies loses nothing of it, and the next one goes on
/// from there. Asking is no failure, and uses up no attempts: the step has all of them again each time. What it wrote through its
/// [`Tx`](crate::Tx) commits together with the state. `max_repeats` and `repeat_timeout` say when it is too much: the step fails then.
///
/// ```
/// use std::time::Duration;
///
/// use pgflow::{Repeat, Result, step, workflow};
///
/// #[workflow]
/// mod import {
///     use super::*;
///
///     /// Counts what is on all pages, one page a time.
///     #[step(max_repeats = 1000, repeat_timeout = "1d")]
///     pub async fn count(input: String, repeat: Repeat<(u32, usize)>) -> Result<usize> {
///         let (page, counted) = repeat.state().copied().unwrap_or_default();
///         let lines = fetch(&input, page).await?;
///         if lines.is_empty() {
///             return Ok(counted);
///         }
///         repeat.after(Duration::from_secs(1), (page + 1, counted + lines.len()))
///     }
///     # async fn fetch(_: &str, _: u32) -> Result<Vec<String>> { Ok(Vec::new()) }
/// }
/// # fn main() {}
/// ```
///
/// A step that has nothing to remember takes a `Repeat` without a type, and says `repeat.after(wait, ())`.
pub struct Repeat<S = ()> {
    state: Option<S>,
    count: u32,
    encode: fn(&S) -> serde_json::Result<Encoded>,
}

impl<S> Repeat<S> {
    /// What a step is given when it is executed for the first time, or with the state that it has asked to be executed again with. For
    /// calling a step in a test.
    #[must_use]
    pub fn new(state: Option<S>) -> Self
    where
        S: Serialize,
    {
        let count = u32::from(state.is_some());
        Self { state, count, encode: Encoded::new::<S> }
    }

    /// As stored.
    pub(crate) fn stored(state: Option<S>, count: u32, encode: fn(&S) -> serde_json::Result<Encoded>) -> Self {
        Self { state, count, encode }
    }

    /// What it has asked to be executed again with; none the first time.
    #[must_use]
    pub fn state(&self) -> Option<&S> {
        self.state.as_ref()
    }

    /// The same, taken out.
    pub fn take_state(&mut self) -> Option<S> {
        self.state.take()
    }

    /// How often it has asked to be executed again.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Asks to be executed again, so long from now, with this state: what the step returns.
    ///
    /// # Errors
    /// Always: it is no output.
    pub fn after<T>(&self, wait: Duration, state: S) -> Result<T> {
        match (self.encode)(&state) {
            Ok(state) => Err(StepError::again(wait, state)),
            Err(error) => Err(StepError::fatal(format_args!("its state cannot be written as JSON: {error}"))),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Repeat<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeat").field("state", &self.state).field("count", &self.count).finish_non_exhaustive()
    }
}

/// What a step has asked for: so long from now, with this state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) wait: Duration,
    pub(crate) state: Encoded,
}

/// How often a step has asked so far, and with which state last.
#[derive(Clone, Debug)]
pub struct Repeated {
    pub(crate) count: u32,
    pub(crate) state: Encoded,
}
