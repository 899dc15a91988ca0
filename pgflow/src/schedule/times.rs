//! From a wall clock's times to moments, by the clocks of a zone.

use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use pgflow_graph::{Cron, WallTime, check_zone};

use super::Scheduled;
use crate::definition::Definition;
use crate::error::Error;

/// The times of a schedule.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    cron: Cron,
    zone: TimeZone,
}

impl Times {
    /// Reads an expression and the name of a zone.
    ///
    /// # Errors
    /// What is wrong with them, and what to write in their place.
    pub(crate) fn parse(cron: &str, timezone: &str) -> Result<Self, String> {
        let cron = Cron::parse(cron).map_err(|problem| format!("{problem}: {}", problem.help()))?;
        Ok(Self { cron, zone: zone(timezone)? })
    }

    /// The first time after this one; none where there is no more.
    ///
    /// An expression that follows the clock means each moment at which the clock shows such a time: none where it is put forward over
    /// it, two where it is put back behind it. Any other means each such time once: where the clock is put forward over it, the moment
    /// when that is done; where there are two, the first.
    pub(crate) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        if self.cron.follows_the_clock() { self.shown_after(time) } else { self.named_after(time) }
    }

    /// Looks from one change of the clock to the next: in between, what it shows and moments go on side by side.
    fn shown_after(&self, time: Timestamp) -> Option<Timestamp> {
        let mut offset = self.zone.to_offset(time);
        let mut passed = offset.to_datetime(time);
        for change in self.zone.following(time).map(|change| Some(change.timestamp())).chain([None]) {
            let found = self.cron.next(wall(passed)?).and_then(|wall| offset.to_timestamp(civil(wall)?).ok());
            match change {
                None => return found,
                Some(change) if found.is_some_and(|found| found < change) => return found,
                Some(change) => {
                    offset = self.zone.to_offset(change);
                    passed = offset.to_datetime(change).checked_sub(SECOND).ok()?;
                }
            }
        }
        None
    }

    fn named_after(&self, time: Timestamp) -> Option<Timestamp> {
        let mut wall = wall(self.zone.to_offset(time).to_datetime(time))?;
        loop {
            wall = self.cron.next(wall)?;
            let moment = self.moment(civil(wall)?)?;
            // Later by the wall clock is never earlier by the moment, but it may be the same one, or have been when the clock had not
            // yet been put back.
            if moment > time {
                return Some(moment);
            }
        }
    }

    /// When a wall clock's time is.
    fn moment(&self, time: DateTime) -> Option<Timestamp> {
        let offset = match self.zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Fold { before, .. } => before,
            AmbiguousOffset::Gap { after, .. } => {
                // By the offset of after the change, it is before it.
                let earlier = after.to_timestamp(time).ok()?;
                return self.zone.following(earlier).next().map(|change| change.timestamp());
            }
        };
        offset.to_timestamp(time).ok()
    }
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn zone(name: &str) -> Result<TimeZone, String> {
    check_zone(name).map_err(|problem| format!("{problem}: {}", problem.help()))?;
    TimeZone::get(name).map_err(|error| format!("there is no time zone `{name}`: {error}"))
}

fn wall(time: DateTime) -> Option<WallTime> {
    let part = |value: i8| u32::try_from(value).ok();
    WallTime::new(
        i32::from(time.year()),
        part(time.month())?,
        part(time.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
    )
}

fn civil(wall: WallTime) -> Option<DateTime> {
    let ((year, month, day), (hour, minute, second)) = (wall.date(), wall.time());
    let part = |value: u32| i8::try_from(value).ok();
    let year = i16::try_from(year).ok()?;
    DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, 0).ok()
}

impl Scheduled {
    /// A time of a schedule: for tests of a function that makes inputs.
    ///
    /// # Errors
    /// When there is no such time zone, or the time is out of all bounds.
    pub fn new(schedule: impl Into<String>, at: SystemTime, timezone: impl Into<String>) -> Result<Self, Error> {
        let (schedule, timezone) = (schedule.into(), timezone.into());
        let zone = zone(&timezone).map_err(Error::invalid)?;
        let moment = timestamp(at)?;
        let local = moment.to_zoned(zone).to_string();
        Ok(Self { schedule, timezone, at, local })
    }
}

pub(crate) fn timestamp(time: SystemTime) -> Result<Timestamp, Error> {
    Timestamp::try_from(time).map_err(|error| Error::invalid(format!("a time is out of all bounds: {error}")))
}

/// The next times of a schedule, in order: so many, or fewer where there are no more.
pub(crate) fn next_times(
    name: &str,
    cron: &str,
    timezone: &str,
    after: SystemTime,
    count: usize,
) -> Result<Vec<Scheduled>, Error> {
    let times = Times::parse(cron, timezone).map_err(Error::invalid)?;
    let mut last = timestamp(after)?;
    let mut found = Vec::new();
    while found.len() < count
        && let Some(next) = times.after(last)
    {
        found.push(Scheduled::new(name, next.into(), timezone)?);
        last = next;
    }
    Ok(found)
}

impl Definition {
    /// The next times at which the workflow's own schedule starts a run, after a time and in order; none where it has no schedule. No
    /// database is needed.
    ///
    /// ```
    /// use pgflow::{Result, step, workflow};
    ///
    /// #[workflow(schedule = "30 2 * * *", timezone = "Europe/Zurich")]
    /// mod report {
    ///     use super::*;
    ///
    ///     #[step]
    ///     pub async fn write() -> Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> std::result::Result<(), pgflow::Error> {
    /// let march_27 = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_774_569_600);
    /// let times = report::definition().next_times(march_27, 3)?;
    /// let times: Vec<&str> = times.iter().map(|time| time.local()).collect();
    /// // On the 29th there is no half past two: the clocks are put forward from 2:00 to 3:00.
    /// assert_eq!(times, [
    ///     "2026-03-27T02:30:00+01:00[Europe/Zurich]",
    ///     "2026-03-28T02:30:00+01:00[Europe/Zurich]",
    ///     "2026-03-29T03:00:00+02:00[Europe/Zurich]",
    /// ]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the definition was made by hand, and what it says of the schedule makes no sense.
    pub fn next_times(&self, after: SystemTime, count: usize) -> Result<Vec<Scheduled>, Error> {
        match &self.schedule {
            None => Ok(Vec::new()),
            Some(schedule) => next_times(&self.name, &schedule.cron, &schedule.timezone, after, count),
        }
    }
}
