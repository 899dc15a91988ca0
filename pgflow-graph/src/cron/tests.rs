//! What expressions mean, and what is said of wrong ones.

use super::*;

/// The next times after the beginning of 2026, a Thursday, as text.
fn next(expression: &str, count: usize) -> Vec<String> {
    let cron = Cron::parse(expression).unwrap();
    let mut after = WallTime::new(2025, 12, 31, 23, 59, 59).unwrap();
    (0..count)
        .map(|_| {
            after = cron.next(after).unwrap();
            let ((year, month, day), (hour, minute, second)) = (after.date(), after.time());
            format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        })
        .collect()
}

#[test]
fn an_expression_has_its_times() {
    for (expression, times) in [
        ("0 3 * * *", ["2026-01-01 03:00:00", "2026-01-02 03:00:00", "2026-01-03 03:00:00"]),
        ("*/20 5-6 * * *", ["2026-01-01 05:00:00", "2026-01-01 05:20:00", "2026-01-01 05:40:00"]),
        ("5-59/25 * * * *", ["2026-01-01 00:05:00", "2026-01-01 00:30:00", "2026-01-01 00:55:00"]),
        ("59 23 31 12 *", ["2026-12-31 23:59:00", "2027-12-31 23:59:00", "2028-12-31 23:59:00"]),
        ("0 0 29 FEB *", ["2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00"]),
        ("0 8 * * mon-FRI", ["2026-01-01 08:00:00", "2026-01-02 08:00:00", "2026-01-05 08:00:00"]),
        ("0 8 * * SAT-SUN", ["2026-01-03 08:00:00", "2026-01-04 08:00:00", "2026-01-10 08:00:00"]),
        ("0 8 * * 7,0", ["2026-01-04 08:00:00", "2026-01-11 08:00:00", "2026-01-18 08:00:00"]),
        ("0 0 13 * FRI", ["2026-01-02 00:00:00", "2026-01-09 00:00:00", "2026-01-13 00:00:00"]),
        ("0 0 L * *", ["2026-01-31 00:00:00", "2026-02-28 00:00:00", "2026-03-31 00:00:00"]),
        ("0 0 LW * *", ["2026-01-30 00:00:00", "2026-02-27 00:00:00", "2026-03-31 00:00:00"]),
        ("0 0 1W * *", ["2026-01-01 00:00:00", "2026-02-02 00:00:00", "2026-03-02 00:00:00"]),
        ("0 0 31w * *", ["2026-01-30 00:00:00", "2026-03-31 00:00:00", "2026-05-29 00:00:00"]),
        ("0 0 * * FRI#2", ["2026-01-09 00:00:00", "2026-02-13 00:00:00", "2026-03-13 00:00:00"]),
        ("0 0 * * MONL", ["2026-01-26 00:00:00", "2026-02-23 00:00:00", "2026-03-30 00:00:00"]),
        ("30 59 23 * * *", ["2026-01-01 23:59:30", "2026-01-02 23:59:30", "2026-01-03 23:59:30"]),
        ("*/30 * * * * *", ["2026-01-01 00:00:00", "2026-01-01 00:00:30", "2026-01-01 00:01:00"]),
        ("@weekly", ["2026-01-04 00:00:00", "2026-01-11 00:00:00", "2026-01-18 00:00:00"]),
    ] {
        assert_eq!(next(expression, 3), times, "{expression}");
    }
}

#[test]
fn a_wrong_expression_is_told_why() {
    for (expression, message) in [
        ("", "a cron expression is not empty"),
        ("0 3 * *", "a cron expression has five fields, or six with the second before them, and not 4"),
        ("0 0 3 * * * 2027", "a cron expression has five fields, or six with the second before them, and not 7"),
        ("60 3 * * *", "minute 60 is not from 0 to 59"),
        ("0 3 0 * *", "day of the month 0 is not from 1 to 31"),
        ("0 3 * 13 *", "month 13 is not from 1 to 12"),
        ("0 3 * * 8", "day of the week 8 is not from 0 to 7"),
        ("x 3 * * *", "`x` is no minute"),
        ("-5 3 * * *", "a value is missing in the field for the minute"),
        ("1,,2 3 * * *", "a value is missing in the field for the minute"),
        ("MON0 3 * * *", "`MON0` is no minute"),
        ("0 3 * * MONN", "`MONN` is no day of the week"),
        ("0 3 * * FRI-MON", "the range `FRI-MON` of the day of the week runs backwards"),
        ("*/0 3 * * *", "the step `0` of the minute is not a number from 1 to 59"),
        ("*/60 3 * * *", "the step `60` of the minute is not a number from 1 to 59"),
        ("5/10 3 * * *", "the step of `5/10` has nothing to step through"),
        ("0 3 * * FRI#6", "`FRI#6` names no day of a month"),
        ("0 L * * *", "`L` is no hour"),
        ("0 3 ? * *", "`?` is no day of the month"),
        ("0 3 30 2 *", "`0 3 30 2 *` never comes: no year has such a day"),
        ("@reboot", "`@reboot` stands for no cron expression"),
        ("99999999999 3 * * *", "`99999999999` is no minute"),
    ] {
        assert_eq!(Cron::parse(expression).unwrap_err().to_string(), message, "{expression}");
    }
}

#[test]
fn help_says_what_to_write() {
    for (expression, help) in [
        (
            "60 3 * * *",
            "write minute, hour, day of the month, month and day of the week, as in `0 3 * * *`: at 3:00 each day",
        ),
        ("0 3 * * MONN", "one with a similar name exists: `MON`"),
        ("0 3 * * 5-1", "list its two parts: `5-7,0-1`"),
        ("0 3 * XXX *", "write a number, or one of JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT, NOV, DEC"),
        ("5/10 3 * * *", "a step follows `*` or a range, as in `*/2` or `0-59/2`"),
        ("@weakly", "one with a similar name exists: `@weekly`"),
    ] {
        assert_eq!(Cron::parse(expression).unwrap_err().help(), help, "{expression}");
    }
}

#[test]
fn what_names_times_of_the_day_does_not_follow_the_clock() {
    for (expression, follows) in [
        ("0 3 * * *", false),
        ("0,30 2-4 * * *", false),
        ("0 * * * *", true),
        ("*/10 2 * * *", true),
        ("0 */2 * * *", true),
        ("* 0 3 * * *", true),
        ("@daily", false),
    ] {
        assert_eq!(Cron::parse(expression).unwrap().follows_the_clock(), follows, "{expression}");
    }
}

#[test]
fn dates_are_those_of_the_calendar() {
    let mut expected = (1970, 1, 1);
    for day in 0..200_000 {
        let wall = WallTime::at(day, 0);
        assert_eq!(wall.date(), expected);
        let (year, month, date) = expected;
        assert_eq!(WallTime::new(year, month, date, 0, 0, 0), Some(wall));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
        expected = match (month, date) {
            (12, 31) => (year + 1, 1, 1),
            (_, date) if date == days => (year, month + 1, 1),
            _ => (year, month, date + 1),
        };
    }
    assert_eq!(WallTime::new(2026, 2, 29, 0, 0, 0), None);
    assert_eq!(WallTime::new(2026, 1, 1, 24, 0, 0), None);
    assert_eq!(Cron::parse("0 0 * * *").unwrap().next(WallTime::new(9_999, 12, 31, 12, 0, 0).unwrap()), None);
}
