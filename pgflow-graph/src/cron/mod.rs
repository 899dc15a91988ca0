//! Cron expressions: read, and asked for the next time that they mean, by a wall clock that knows of no zones.
//!
//! They are read when a workflow is compiled and when a schedule is made at run time, by this same code.

mod calendar;
mod field;
mod problem;

use calendar::{Month, weekday};
use field::{DayOfMonth, DayOfWeek, Field};

pub use calendar::WallTime;
pub use problem::CronProblem;

/// What stands for an expression.
const SHORTHANDS: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// After so many months a time that has not come never comes: the calendar repeats itself after 28 years, and skips a leap year once
/// a century.
const MONTHS: u32 = 100 * 12;

/// A cron expression: five fields (minute, hour, day of the month, month, day of the week), or six with the second before them.
///
/// ```
/// use pgflow_graph::{Cron, WallTime};
///
/// let workdays = Cron::parse("30 8 * * MON-FRI").unwrap();
/// let friday = WallTime::new(2026, 3, 27, 12, 0, 0).unwrap();
/// assert_eq!(workdays.next(friday), WallTime::new(2026, 3, 30, 8, 30, 0));
///
/// let problem = Cron::parse("30 25 * * *").unwrap_err();
/// assert_eq!(problem.to_string(), "hour 25 is not from 0 to 23");
/// ```
///
/// | field | | |
/// |---|---|---|
/// | second | 0 to 59 | 0 where there are five fields |
/// | minute | 0 to 59 | |
/// | hour | 0 to 23 | |
/// | day of the month | 1 to 31 | `L`: the last one; `15W`: the weekday that is nearest to the 15th, in the same month; `LW`: the last weekday |
/// | month | 1 to 12, `JAN` to `DEC` | |
/// | day of the week | 0 to 7, `SUN` to `SAT` | 0 and 7 are Sunday. `FRI#2`: the second Friday of the month; `FRIL`, the last |
///
/// A field is `*`, a value, a range (`1-5`), one of these two with a step (`*/15`, `8-18/2`), or a list of them (`1,15-20`). Where
/// neither of the two fields for days is `*`, a day that fits one of them is enough. `@hourly`, `@daily`, `@midnight`, `@weekly`,
/// `@monthly`, `@yearly` and `@annually` stand for what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: DayOfMonth,
    months: u64,
    weekdays: DayOfWeek,
    follows_the_clock: bool,
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, and what to write in its place. An expression that no day ever fits is refused as well.
    pub fn parse(text: &str) -> Result<Self, CronProblem> {
        let written = text.trim();
        let expression = if written.starts_with('@') { shorthand(written)? } else { written };
        let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
        let (second, [minute, hour, day, month, weekday]) = match fields.as_slice() {
            [] => return Err(CronProblem::new("a cron expression is not empty")),
            &[minute, hour, day, month, weekday] => ("0", [minute, hour, day, month, weekday]),
            &[second, minute, hour, day, month, weekday] => (second, [minute, hour, day, month, weekday]),
            other => {
                return Err(CronProblem::new(format!(
                    "a cron expression has five fields, or six with the second before them, and not {}",
                    other.len()
                )));
            }
        };
        let cron = Self {
            seconds: Field::Second.values(second)?,
            minutes: Field::Minute.values(minute)?,
            hours: Field::Hour.values(hour)?,
            days: DayOfMonth::parse(day)?,
            months: Field::Month.values(month)?,
            weekdays: DayOfWeek::parse(weekday)?,
            follows_the_clock: [second, minute, hour].iter().any(|field| field.starts_with('*')),
        };
        match cron.next(WallTime::EPOCH) {
            Some(_) => Ok(cron),
            None => Err(CronProblem::new(format!("`{written}` never comes: no year has such a day"))),
        }
    }

    /// The first time after this one; none where it would lie beyond what a calendar can say.
    #[must_use]
    pub fn next(&self, after: WallTime) -> Option<WallTime> {
        let from = after.plus_a_second()?;
        let (mut month, mut day) = Month::of(from.day())?;
        if self.fits_day(month, day)
            && let Some(second) = self.next_second(from.second())
        {
            return Some(WallTime::at(from.day(), second));
        }
        let first = self.next_second(0)?;
        day += 1;
        for _ in 0..=MONTHS {
            if self.months & (1 << month.number()) != 0 {
                while day <= month.days() {
                    if self.fits_day(month, day) {
                        return Some(WallTime::at(month.first_day()?.checked_add(day.cast_signed() - 1)?, first));
                    }
                    day += 1;
                }
            }
            (month, day) = (month.next()?, 1);
        }
        None
    }

    /// Whether it means "again and again, as the clock shows it": its second, minute or hour begins with `*`. Otherwise it names times
    /// of the day, each of which is to come once a day, also where a clock is put forward over it or back behind it.
    #[must_use]
    pub fn follows_the_clock(&self) -> bool {
        self.follows_the_clock
    }

    fn fits_day(&self, month: Month, day: u32) -> bool {
        if self.months & (1 << month.number()) == 0 {
            return false;
        }
        let Some(date) = month.first_day().and_then(|first| first.checked_add(day.cast_signed() - 1)) else {
            return false;
        };
        let fits_month = || self.days.fits(day, month.days(), weekday(date));
        let fits_week = || self.weekdays.fits(day, month.days(), weekday(date));
        match (self.days.is_any(), self.weekdays.is_any()) {
            (true, true) => true,
            (true, false) => fits_week(),
            (false, true) => fits_month(),
            (false, false) => fits_month() || fits_week(),
        }
    }

    /// The first second of a day, from this one on.
    fn next_second(&self, from: u32) -> Option<u32> {
        let (hour, minute, second) = (from / 3_600, from / 60 % 60, from % 60);
        let at = |hour: u32, minute: u32, second: u32| hour * 3_600 + minute * 60 + second;
        let (minutes, seconds) = (self.minutes.trailing_zeros(), self.seconds.trailing_zeros());
        if has(self.hours, hour) {
            if has(self.minutes, minute)
                && let Some(second) = next_in(self.seconds, second)
            {
                return Some(at(hour, minute, second));
            }
            if let Some(minute) = next_in(self.minutes, minute + 1) {
                return Some(at(hour, minute, seconds));
            }
        }
        next_in(self.hours, hour + 1).map(|hour| at(hour, minutes, seconds))
    }
}

impl std::str::FromStr for Cron {
    type Err = CronProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn has(values: u64, value: u32) -> bool {
    values & (1 << value) != 0
}

/// The smallest of the values that is not below this one.
fn next_in(values: u64, from: u32) -> Option<u32> {
    let left = values.checked_shr(from).filter(|left| *left != 0)?;
    Some(from + left.trailing_zeros())
}

fn shorthand(written: &str) -> Result<&'static str, CronProblem> {
    let name = written.to_ascii_lowercase();
    if let Some((_, expression)) = SHORTHANDS.iter().find(|(known, _)| *known == name) {
        return Ok(expression);
    }
    let known = SHORTHANDS.iter().map(|(known, _)| *known);
    let help = match crate::nearest(&name, known.clone()) {
        Some(similar) => format!("one with a similar name exists: `{similar}`"),
        None => format!("there are {}", crate::list(known)),
    };
    Err(CronProblem::with_help(format!("`{written}` stands for no cron expression"), help))
}

#[cfg(test)]
mod tests;
