//! Days, months and years, without zones.

/// What a clock on a wall shows, with its date: to the second, in the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime {
    /// Days since 1970-01-01.
    day: i32,
    second: u32,
}

/// Years of which dates are made: those of four digits.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9_999;

impl WallTime {
    pub(super) const EPOCH: Self = Self { day: 0, second: 0 };

    /// This date and time; none where there is no such date or time, or the year is not from 0 to 9999.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        let of = Month::new(year, month)?;
        if !(1..=of.days()).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Self { day: of.first_day()? + day.cast_signed() - 1, second: hour * 3_600 + minute * 60 + second })
    }

    pub(super) fn at(day: i32, second: u32) -> Self {
        Self { day, second }
    }

    /// The date: year, month from 1, and day from 1.
    #[must_use]
    pub fn date(self) -> (i32, u32, u32) {
        let (month, day) = Month::containing(self.day);
        (month.year, month.number, day)
    }

    /// The time of the day: hour, minute and second.
    #[must_use]
    pub fn time(self) -> (u32, u32, u32) {
        (self.second / 3_600, self.second / 60 % 60, self.second % 60)
    }

    pub(super) fn day(self) -> i32 {
        self.day
    }

    pub(super) fn second(self) -> u32 {
        self.second
    }

    pub(super) fn plus_a_second(self) -> Option<Self> {
        match self.second {
            86_399 => self.day.checked_add(1).map(|day| Self { day, second: 0 }),
            second => Some(Self { second: second + 1, ..self }),
        }
    }
}

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Month {
    year: i32,
    number: u32,
}

impl Month {
    fn new(year: i32, number: u32) -> Option<Self> {
        (YEARS.contains(&year) && (1..=12).contains(&number)).then_some(Self { year, number })
    }

    /// The month of a day, and the day of that month from 1.
    pub(super) fn of(day: i32) -> Option<(Self, u32)> {
        let (month, day) = Self::containing(day);
        YEARS.contains(&month.year).then_some((month, day))
    }

    /// A year that begins in March has its leap day at its end. 400 of them have 146,097 days.
    fn containing(day: i32) -> (Self, u32) {
        // Days since 0000-03-01.
        let days = i64::from(day) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march_is_0 = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_is_0 + 2) / 5 + 1;
        let number = if march_is_0 < 10 { march_is_0 + 3 } else { march_is_0 - 9 };
        let year = year + era * 400 + i64::from(number <= 2);
        let small = |value: i64| u32::try_from(value).unwrap_or_default();
        (Self { year: i32::try_from(year).unwrap_or(i32::MAX), number: small(number) }, small(day))
    }

    /// The first of the month, in days since 1970-01-01.
    pub(super) fn first_day(self) -> Option<i32> {
        let year = i64::from(self.year) - i64::from(self.number <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let march_is_0 = (i64::from(self.number) + 9) % 12;
        let of_year = (153 * march_is_0 + 2) / 5;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        i32::try_from(days).ok()
    }

    pub(super) fn number(self) -> u32 {
        self.number
    }

    /// How many days it has.
    pub(super) fn days(self) -> u32 {
        match self.number {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    pub(super) fn next(self) -> Option<Self> {
        match self.number {
            12 => Self::new(self.year + 1, 1),
            number => Self::new(self.year, number + 1),
        }
    }
}

/// The day of the week, from Sunday: 0.
pub(super) fn weekday(day: i32) -> u32 {
    (i64::from(day) + 4).rem_euclid(7).unsigned_abs().try_into().unwrap_or(0)
}
