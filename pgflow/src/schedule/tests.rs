//! The times of schedules where clocks are changed, and what is due after an outage.

use jiff::Timestamp;

use super::CatchUp;
use super::due::{Due, due, due_of_few};
use super::times::{Times, next_times};

fn at(text: &str) -> Timestamp {
    text.parse().expect("it is a time")
}

/// The next times, by the clocks of the zone.
fn local(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let times = next_times("nightly", cron, zone, at(after).into(), count).expect("it is a schedule");
    times.iter().map(|time| time.local().split('[').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_named_time_that_a_day_does_not_have_is_when_the_clock_is_put_forward() {
    assert_eq!(
        local("30 2 * * *", "Europe/Zurich", "2026-03-28T00:00:00Z", 3),
        ["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
    );
    assert_eq!(
        local("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
        ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]
    );
    // Half an hour is put forward there.
    assert_eq!(
        local("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", 2),
        ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]
    );
    assert_eq!(
        local("45 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", 2),
        ["2026-10-04T02:45:00+11:00", "2026-10-05T02:45:00+11:00"]
    );
}

#[test]
fn several_named_times_that_a_day_does_not_have_are_one() {
    assert_eq!(
        local("0,20,40 2,14 * * *", "Europe/Zurich", "2026-03-28T20:00:00Z", 4),
        [
            "2026-03-29T03:00:00+02:00",
            "2026-03-29T14:00:00+02:00",
            "2026-03-29T14:20:00+02:00",
            "2026-03-29T14:40:00+02:00"
        ]
    );
    assert_eq!(
        local("0 2,3 * * *", "Europe/Zurich", "2026-03-28T20:00:00Z", 2),
        ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"]
    );
    // A whole day that the island never had.
    assert_eq!(
        local("0 6,18 * * *", "Pacific/Apia", "2011-12-30T05:00:00Z", 3),
        ["2011-12-31T00:00:00+14:00", "2011-12-31T06:00:00+14:00", "2011-12-31T18:00:00+14:00"]
    );
}

#[test]
fn a_named_time_that_a_day_has_twice_is_the_first_one() {
    assert_eq!(
        local("30 2 * * *", "Europe/Zurich", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
    );
    assert_eq!(
        local("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
        ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]
    );
    assert_eq!(
        local("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", 2),
        ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"]
    );
    // Asked between the two.
    assert_eq!(local("30 2 * * *", "Europe/Zurich", "2026-10-25T01:00:00Z", 1), ["2026-10-26T02:30:00+01:00"]);
}

#[test]
fn what_follows_the_clock_comes_as_often_as_the_clock_shows_it() {
    assert_eq!(
        local("0 * * * *", "Europe/Zurich", "2026-03-29T00:00:00Z", 3),
        ["2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00", "2026-03-29T05:00:00+02:00"]
    );
    assert_eq!(
        local("0 * * * *", "Europe/Zurich", "2026-10-24T23:30:00Z", 4),
        [
            "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T03:00:00+01:00",
            "2026-10-25T04:00:00+01:00"
        ]
    );
    assert_eq!(
        local("*/20 * * * *", "Australia/Lord_Howe", "2026-04-04T14:30:00Z", 4),
        [
            "2026-04-05T01:40:00+11:00",
            "2026-04-05T01:40:00+10:30",
            "2026-04-05T02:00:00+10:30",
            "2026-04-05T02:20:00+10:30"
        ]
    );
    // The hour that there is not is left out, whatever is to come in it.
    assert_eq!(local("*/30 2 * * *", "Europe/Zurich", "2026-03-28T01:45:00Z", 1), ["2026-03-30T02:00:00+02:00"]);
}

/// Each minute of some years is looked at, by a clock that is asked minute by minute.
#[test]
fn what_follows_the_clock_is_each_minute_that_shows_it() {
    for (zone, cron, shows) in [
        (
            "Europe/Zurich",
            "*/20 1-3 * * *",
            (|hour, minute| (1..=3).contains(&hour) && minute % 20 == 0) as fn(i8, i8) -> bool,
        ),
        ("Australia/Lord_Howe", "15 */2 * * *", |hour, minute| hour % 2 == 0 && minute == 15),
        ("America/New_York", "0 * * * *", |_, minute| minute == 0),
        ("Africa/Casablanca", "30 * * * *", |_, minute| minute == 30),
        ("Asia/Kathmandu", "0 * * * *", |_, minute| minute == 0),
    ] {
        let times = Times::parse(cron, zone).unwrap();
        let clock = jiff::tz::TimeZone::get(zone).unwrap();
        let mut minute = at("2026-01-01T00:00:00Z");
        let mut next = times.after(minute).unwrap();
        for _ in 0..366 * 24 * 60 {
            minute = minute.checked_add(jiff::SignedDuration::from_mins(1)).unwrap();
            let shown = clock.to_datetime(minute);
            assert_eq!(next == minute, shows(shown.hour(), shown.minute()), "{cron} in {zone}: {shown}, {next}");
            if next == minute {
                next = times.after(minute).unwrap();
            }
        }
    }
}

#[test]
fn what_names_a_time_comes_once_a_day_in_every_zone() {
    for zone in jiff_tzdb_names() {
        let times = Times::parse("30 2 * * *", zone).unwrap();
        let clock = jiff::tz::TimeZone::get(zone).unwrap();
        let mut last = at("2026-01-01T12:00:00Z");
        let mut date = clock.to_datetime(last).date();
        for _ in 0..400 {
            let next = times.after(last).unwrap();
            let shown = clock.to_datetime(next);
            assert!(next > last);
            let expected = if date.tomorrow().unwrap() == shown.date() { shown.date() } else { date };
            assert_eq!(shown.date(), expected, "{zone}");
            (last, date) = (next, shown.date());
        }
    }
}

fn jiff_tzdb_names() -> impl Iterator<Item = &'static str> {
    [
        "UTC",
        "Europe/Zurich",
        "Europe/London",
        "Europe/Dublin",
        "America/New_York",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Australia/Sydney",
        "Pacific/Chatham",
        "Asia/Tehran",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "Antarctica/Troll",
        "America/Nuuk",
        "Asia/Beirut",
        "Africa/Cairo",
    ]
    .into_iter()
}

#[test]
fn what_makes_no_sense_is_told_with_what_to_write() {
    assert_eq!(
        Times::parse("0 25 * * *", "UTC").unwrap_err(),
        "hour 25 is not from 0 to 23: write minute, hour, day of the month, month and day of the week, as in `0 3 * * *`: at 3:00 each day"
    );
    assert_eq!(
        Times::parse("0 2 * * *", "Europe/Zürich").unwrap_err(),
        "there is no time zone `Europe/Zürich`: one with a similar name exists: `Europe/Zurich`"
    );
}

/// What is due at noon, of a schedule that comes each hour and was last looked at before `next`.
fn after_outage(next: &str, catch_up: CatchUp) -> Due {
    due(&Times::parse("0 * * * *", "UTC").expect("it is a schedule"), at(next), at("2026-05-05T12:00:30Z"), catch_up)
}

#[test]
fn what_is_late_by_less_than_a_minute_was_not_missed() {
    for catch_up in [CatchUp::Skip, CatchUp::One, CatchUp::All] {
        let due = after_outage("2026-05-05T12:00:00Z", catch_up);
        assert_eq!(
            due,
            Due { times: vec![at("2026-05-05T12:00:00Z")], next: Some(at("2026-05-05T13:00:00Z")), skipped: false }
        );
    }
}

#[test]
fn what_was_missed_is_caught_up_with_as_said() {
    let hours = |hours: &[u8]| hours.iter().map(|hour| at(&format!("2026-05-05T{hour:02}:00:00Z"))).collect::<Vec<_>>();
    let next = Some(at("2026-05-05T13:00:00Z"));
    for (catch_up, times, skipped) in
        [(CatchUp::Skip, &[12][..], true), (CatchUp::One, &[11, 12], true), (CatchUp::All, &[8, 9, 10, 11, 12], false)]
    {
        assert_eq!(after_outage("2026-05-05T08:00:00Z", catch_up), Due { times: hours(times), next, skipped });
    }
    let one = after_outage("2026-05-05T11:00:00Z", CatchUp::One);
    assert_eq!(one, Due { times: hours(&[11, 12]), next, skipped: false }, "the only one that was missed");
}

#[test]
fn what_is_not_due_yet_stays_as_it_is() {
    let due = after_outage("2026-05-05T13:00:00Z", CatchUp::All);
    assert_eq!(due, Due { times: vec![], next: Some(at("2026-05-05T13:00:00Z")), skipped: false });
}

#[test]
fn a_long_list_is_caught_up_with_portion_by_portion() {
    let times = Times::parse("* * * * *", "UTC").unwrap();
    let now = at("2026-05-05T12:00:00Z");
    let mut next = at("2026-05-05T11:50:00Z");
    let mut counts = Vec::new();
    while next <= now {
        let due = due_of_few(&times, next, now, CatchUp::All, 4);
        counts.push(due.times.len());
        next = due.next.unwrap();
    }
    assert_eq!(counts, [4, 4, 3]);
}

#[test]
fn years_of_seconds_that_were_missed_are_not_gone_through() {
    let times = Times::parse("* * * * * *", "Europe/Zurich").unwrap();
    let due = due(&times, at("2000-01-01T00:00:00Z"), at("2026-05-05T12:00:00Z"), CatchUp::One);
    assert_eq!((due.times.len(), due.times[0]), (61, at("2026-05-05T11:59:00Z")));
}
