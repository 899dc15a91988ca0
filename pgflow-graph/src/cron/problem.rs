//! What is wrong with an expression.

use std::fmt;

/// An expression that is right, with its meaning.
const EXAMPLE: &str =
    "write minute, hour, day of the month, month and day of the week, as in `0 3 * * *`: at 3:00 each day";

/// What is wrong with a cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronProblem {
    message: String,
    help: String,
}

impl CronProblem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::with_help(message, EXAMPLE)
    }

    pub(super) fn with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// What to write in its place.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for CronProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CronProblem {}
