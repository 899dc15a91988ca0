//! The fields of an expression.

use super::problem::CronProblem;
use crate::nearest;

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field, whose values are bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "day of the week",
        }
    }

    fn bounds(self) -> (u32, u32) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// The names of its values, from its smallest one on.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => MONTHS,
            Self::Weekday => WEEKDAYS,
            _ => &[],
        }
    }

    /// The values of a whole field.
    pub(super) fn values(self, text: &str) -> Result<u64, CronProblem> {
        text.split(',').try_fold(0, |values, part| Ok(values | self.part(part)?))
    }

    /// The values of `*`, `5`, `1-5`, `*/15` or `1-5/2`.
    fn part(self, text: &str) -> Result<u64, CronProblem> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (text, None),
        };
        let (first, last) = self.bounds();
        let (from, to) = if range == "*" {
            (first, if self == Self::Weekday { 6 } else { last })
        } else if let Some((from, to)) = range.split_once('-') {
            (self.value(from)?, self.last_value(to)?)
        } else if step.is_some() {
            return Err(CronProblem::with_help(
                format!("the step of `{text}` has nothing to step through"),
                format!("a step follows `*` or a range, as in `*/2` or `{first}-{last}/2`"),
            ));
        } else {
            let value = self.value(range)?;
            (value, value)
        };
        if from > to {
            return Err(CronProblem::with_help(
                format!("the range `{range}` of the {} runs backwards", self.name()),
                format!("list its two parts: `{from}-{last},{first}-{to}`"),
            ));
        }
        let step = step.unwrap_or(1);
        Ok((from..=to).step_by(usize::try_from(step).unwrap_or(1)).fold(0, |values, value| values | 1 << value))
    }

    fn step(self, text: &str) -> Result<u32, CronProblem> {
        let (first, last) = self.bounds();
        match number(text) {
            Some(step) if (1..=last - first).contains(&step) => Ok(step),
            _ => Err(CronProblem::with_help(
                format!("the step `{text}` of the {} is not a number from 1 to {}", self.name(), last - first),
                "every second one is `*/2`",
            )),
        }
    }

    /// The end of a range: there, Sunday comes after Saturday.
    fn last_value(self, text: &str) -> Result<u32, CronProblem> {
        match self.value(text)? {
            0 if self == Self::Weekday && text != "0" => Ok(7),
            value => Ok(value),
        }
    }

    fn value(self, text: &str) -> Result<u32, CronProblem> {
        let (first, last) = self.bounds();
        if let Some(value) = number(text) {
            if (first..=last).contains(&value) {
                return Ok(value);
            }
            return Err(CronProblem::new(format!("{} {text} is not from {first} to {last}", self.name())));
        }
        let name = text.to_ascii_uppercase();
        if let Some(place) = (first..).zip(self.names()).find(|(_, known)| **known == name) {
            return Ok(place.0);
        }
        if text.is_empty() {
            return Err(CronProblem::new(format!("a value is missing in the field for the {}", self.name())));
        }
        let message = format!("`{text}` is no {}", self.name());
        // Three letters are few: one slip is all that they bear.
        match nearest(&name, self.names().iter().copied()) {
            Some(similar) => {
                Err(CronProblem::with_help(message, format!("one with a similar name exists: `{similar}`")))
            }
            None if self.names().is_empty() => Err(CronProblem::new(message)),
            None => {
                Err(CronProblem::with_help(message, format!("write a number, or one of {}", self.names().join(", "))))
            }
        }
    }
}

/// Digits, and nothing else.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The field for the day of the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DayOfMonth {
    any: bool,
    days: u64,
    /// The last day, and the last weekday.
    last: bool,
    last_weekday: bool,
    /// Days the nearest weekday to which is meant.
    nearest_weekdays: u64,
}

impl DayOfMonth {
    pub(super) fn parse(text: &str) -> Result<Self, CronProblem> {
        let mut field = Self { any: text == "*", days: 0, last: false, last_weekday: false, nearest_weekdays: 0 };
        for part in text.split(',') {
            let upper = part.to_ascii_uppercase();
            match upper.strip_suffix('W') {
                _ if upper == "L" => field.last = true,
                Some("L") => field.last_weekday = true,
                Some(day) => field.nearest_weekdays |= 1 << Field::Day.value(day)?,
                None => field.days |= Field::Day.part(part)?,
            }
        }
        Ok(field)
    }

    pub(super) fn is_any(&self) -> bool {
        self.any
    }

    /// Whether this day of a month with so many days is meant, which is such a day of the week.
    pub(super) fn fits(&self, day: u32, days: u32, weekday: u32) -> bool {
        let is_weekday = (1..=5).contains(&weekday);
        // Only Saturday and Sunday lie between it and the end.
        let is_last_weekday = is_weekday && (day == days || weekday == 5 && day + 2 >= days);
        super::has(self.days, day)
            || self.last && day == days
            || self.last_weekday && is_last_weekday
            || is_weekday && self.is_nearest(day, days, weekday)
    }

    /// Whether it is the weekday nearest to one that is meant: that one itself; the Friday before a Saturday, or the Monday after a Sunday;
    /// where that is another month, the Monday or the Friday on the other side.
    fn is_nearest(&self, day: u32, days: u32, weekday: u32) -> bool {
        let meant = |day: u32| (1..=days).contains(&day) && super::has(self.nearest_weekdays, day);
        match weekday {
            1 => meant(day) || day > 1 && meant(day - 1) || day == 3 && meant(1),
            5 => meant(day) || meant(day + 1) || day + 2 == days && meant(days),
            _ => meant(day),
        }
    }
}

/// The field for the day of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DayOfWeek {
    any: bool,
    days: u64,
    /// Of each day of the week, which ones of the month are meant: the first one is bit 1.
    nth: [u8; 7],
    /// Days of the week whose last one of the month is meant.
    last: u64,
}

impl DayOfWeek {
    pub(super) fn parse(text: &str) -> Result<Self, CronProblem> {
        let mut field = Self { any: text == "*", days: 0, nth: [0; 7], last: 0 };
        for part in text.split(',') {
            let upper = part.to_ascii_uppercase();
            if let Some((day, nth)) = part.split_once('#') {
                let day = Field::Weekday.value(day)? % 7;
                let Some(nth @ 1..=5) = number(nth) else {
                    return Err(CronProblem::with_help(
                        format!("`{part}` names no day of a month"),
                        "`FRI#2` is the second Friday: a month has five of them at most",
                    ));
                };
                field.nth[day as usize] |= 1 << nth;
            } else if let Some(day) = upper.strip_suffix('L').filter(|day| !day.is_empty()) {
                field.last |= 1 << (Field::Weekday.value(day)? % 7);
            } else {
                field.days |= Field::Weekday.part(part)?;
            }
        }
        // Both are Sunday.
        field.days |= field.days >> 7 & 1;
        Ok(field)
    }

    pub(super) fn is_any(&self) -> bool {
        self.any
    }

    /// Whether this day of a month with so many days is meant, which is such a day of the week.
    pub(super) fn fits(&self, day: u32, days: u32, weekday: u32) -> bool {
        let nth = self.nth.get(weekday as usize).copied().unwrap_or(0);
        super::has(self.days, weekday)
            || u32::from(nth) & (1 << day.div_ceil(7)) != 0
            || super::has(self.last, weekday) && day + 7 > days
    }
}
