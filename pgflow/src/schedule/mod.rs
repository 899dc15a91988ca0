//! When runs are started by the clock: what a workflow says of it, and which times that means.

#[cfg(feature = "postgres")]
pub(crate) mod due;
#[cfg(all(test, feature = "postgres"))]
mod tests;
#[cfg(feature = "postgres")]
pub(crate) mod times;

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// When runs of a workflow are started by themselves: `schedule` of [`#[workflow]`](macro@crate::workflow).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Schedule {
    /// When: a cron expression.
    pub cron: String,
    /// By the clocks of which time zone, by its name in the IANA database.
    pub timezone: String,
    /// What is done about times at which nobody was there to start a run.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// Whether a function of the program makes the input. Without one, the input is null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub computed_input: bool,
}

/// What is done about times that have passed while no worker was there to start a run.
///
/// A run that is started less than a minute late has not missed its time, whatever stands here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CatchUp {
    /// None of them has a run.
    Skip,
    /// The latest of them has one.
    #[default]
    One,
    /// Each of them has one.
    All,
}

/// A time at which a schedule starts a run: what the function takes that makes the run's input.
///
/// ```
/// use pgflow::Scheduled;
///
/// /// The report of the day, by the clocks of the schedule's zone.
/// fn of_the_day(scheduled: Scheduled) -> String {
///     scheduled.date().to_owned()
/// }
/// # #[cfg(feature = "postgres")]
/// # fn main() -> Result<(), pgflow::Error> {
/// let midnight = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_774_735_200);
/// assert_eq!(of_the_day(Scheduled::new("nightly", midnight, "Europe/Zurich")?), "2026-03-28");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "postgres"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    schedule: String,
    timezone: String,
    at: SystemTime,
    local: String,
}

#[cfg(test)]
impl Schedule {
    pub(crate) fn of(cron: &str, timezone: &str) -> Self {
        Self { cron: cron.to_owned(), timezone: timezone.to_owned(), catch_up: CatchUp::One, computed_input: false }
    }
}

impl Scheduled {
    /// The schedule's name: that of the workflow, for one that is declared there.
    #[must_use]
    pub fn schedule(&self) -> &str {
        &self.schedule
    }

    /// The time at which the run was due, however late it is started. Where somebody has triggered the schedule, when that was.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at
    }

    /// The name of the schedule's time zone.
    #[must_use]
    pub fn timezone(&self) -> &str {
        &self.timezone
    }

    /// The same time as the clocks of the zone show it, by RFC 9557: `2026-03-29T03:00:00+02:00[Europe/Zurich]`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The date by the clocks of the zone: `2026-03-29`.
    #[must_use]
    pub fn date(&self) -> &str {
        self.local.split_once('T').map_or(&*self.local, |(date, _)| date)
    }
}

impl CatchUp {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::One => "one",
            Self::All => "all",
        }
    }

    /// With which of the times that were missed it catches up.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Skip => "none",
            Self::One => "one",
            Self::All => "all",
        }
    }

    /// What a word of the database's means, which knows no others.
    #[cfg(feature = "postgres")]
    pub(crate) fn of_word(word: &str) -> Self {
        [Self::Skip, Self::All].into_iter().find(|known| known.as_str() == word).unwrap_or_default()
    }
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the macro knows of a schedule.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleSpec {
    /// The expression.
    pub cron: &'static str,
    /// The zone.
    pub timezone: &'static str,
    /// What is done about times that were missed.
    pub catch_up: CatchUp,
    /// Whether a function makes the input.
    pub computed_input: bool,
}

impl From<ScheduleSpec> for Schedule {
    fn from(spec: ScheduleSpec) -> Self {
        let ScheduleSpec { cron, timezone, catch_up, computed_input } = spec;
        Self { cron: cron.to_owned(), timezone: timezone.to_owned(), catch_up, computed_input }
    }
}
