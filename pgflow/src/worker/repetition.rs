//! Units that ask to be executed again: what is known of them, and when it is too much.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::plan::PlanStep;
use crate::encoded::Encoded;
use crate::repeat::Repeated;

/// The longest wait for a repetition: a year.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(365 * 24 * 3600);

/// What a unit has asked for so far.
#[derive(Clone, Debug)]
pub(crate) struct Repetition {
    pub(crate) count: u32,
    /// When it has asked first.
    pub(crate) began: Instant,
    /// How many of its failed attempts lie before the last time.
    pub(crate) failed: u16,
    /// Whether it is no part of the task any more that it has asked in.
    pub(crate) handed: bool,
    pub(crate) state: Encoded,
}

/// The same as the database tells it.
#[derive(Deserialize)]
struct Told {
    state: Box<RawValue>,
    since_ms: i64,
}

impl Repetition {
    /// From what the database tells, and what stands beside it.
    pub(crate) fn read(told: &Encoded, count: i32, failed: i32, handed: bool) -> Option<Self> {
        let Told { state, since_ms } = told.decode().ok()?;
        let now = Instant::now();
        Some(Self {
            count: u32::try_from(count).unwrap_or(0),
            began: now.checked_sub(Duration::from_millis(since_ms.unsigned_abs())).unwrap_or(now),
            failed: u16::try_from(failed).unwrap_or(u16::MAX),
            handed,
            state: Encoded::from(state),
        })
    }

    /// What the step is told of it.
    pub(crate) fn told(&self) -> Repeated {
        Repeated { count: self.count, state: self.state.clone() }
    }
}

/// How often a unit has asked so far, since when, and how often and for how long it may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) count: u32,
    began: Option<Instant>,
    most: Option<u32>,
    timeout: Option<Duration>,
}

impl Limits {
    pub(crate) fn of(step: &PlanStep, repetition: Option<&Repetition>) -> Self {
        Self {
            count: repetition.map_or(0, |repetition| repetition.count),
            began: repetition.map(|repetition| repetition.began),
            most: step.max_repeats,
            timeout: step.repeat_timeout,
        }
    }

    /// Why it is not executed again after this wait.
    pub(crate) fn refuse(&self, wait: Duration, now: Instant) -> Option<String> {
        if self.most.is_some_and(|most| self.count >= most) {
            return Some(format!("it has asked to be executed again more than {} times", self.count));
        }
        let lasted = self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        let timeout = self.timeout.filter(|timeout| lasted + wait > *timeout)?;
        Some(format!("it has asked to be executed again for longer than {timeout:?}"))
    }
}
