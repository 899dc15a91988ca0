//! Cron expressions, against another implementation of them.
//!
//! What is accepted here means there what it means here. The other one accepts more: `1,,2`, or `MON0` in the place of 10. Where clocks are
//! changed, it takes an expression that names several times of a day for one that follows the clock; such ones are not compared
//! there.
#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

use std::time::SystemTime;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use pgflow::Definition;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

const ZONES: &[&str] = &[
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "America/St_Johns",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "America/Santiago",
];

/// The next times here; none where the expression is refused.
fn here(cron: &str, zone: &str, after: Timestamp, count: usize) -> Option<Vec<Timestamp>> {
    let schedule = json!({ "cron": cron, "timezone": zone });
    let workflow = json!({ "name": "w", "input": {}, "output": {}, "steps": [], "schedule": schedule });
    let workflow: Definition = serde_json::from_value(workflow).unwrap();
    let times = workflow.next_times(SystemTime::from(after), count).ok()?;
    Some(times.iter().map(|time| Timestamp::try_from(time.at()).unwrap()).collect())
}

/// The next times there.
fn there(cron: &Cron, zone: &str, after: Timestamp, count: usize) -> Vec<Timestamp> {
    let mut time: Zoned = after.to_zoned(TimeZone::get(zone).unwrap());
    let mut found = Vec::new();
    while found.len() < count {
        time = cron.find_next_occurrence(&time, false).unwrap();
        found.push(time.timestamp());
    }
    found
}

/// Values of a field: one, a range, a step, or a list of them.
fn field(first: u32, last: u32) -> impl Strategy<Value = String> {
    let range = (first..=last, first..=last).prop_map(|(one, other)| format!("{}-{}", one.min(other), one.max(other)));
    let part = prop_oneof![
        3 => (first..=last).prop_map(|value| value.to_string()),
        1 => range.clone(),
        1 => (range, 1..=last - first).prop_map(|(range, step)| format!("{range}/{step}")),
        1 => (1..=last - first).prop_map(|step| format!("*/{step}")),
    ];
    prop_oneof![
        3 => Just("*".to_owned()),
        5 => part.clone(),
        2 => prop::collection::vec(part, 2..4).prop_map(|parts| parts.join(",")),
    ]
}

fn day() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => field(1, 31),
        1 => Just("L".to_owned()),
        1 => Just("LW".to_owned()),
        1 => (1..=31_u32).prop_map(|day| format!("{day}W")),
    ]
}

fn weekday() -> impl Strategy<Value = String> {
    let names = || select(vec!["SUN", "Mon", "tue", "WED", "Thu", "fri", "SAT"]);
    prop_oneof![
        5 => field(0, 7),
        1 => names().prop_map(str::to_owned),
        1 => Just("MON-FRI".to_owned()),
        1 => Just("sat-sun".to_owned()),
        1 => (names(), 1..=5_u32).prop_map(|(day, nth)| format!("{day}#{nth}")),
        1 => (0..=7_u32).prop_map(|day| format!("{day}L")),
    ]
}

fn month() -> impl Strategy<Value = String> {
    prop_oneof![4 => field(1, 12), 1 => select(vec!["JAN", "feb", "Jun-Aug", "nov,DEC"]).prop_map(str::to_owned)]
}

fn expression() -> impl Strategy<Value = String> {
    let days = prop_oneof![
        (day(), Just("*".to_owned())),
        (Just("*".to_owned()), weekday()),
        (day(), weekday()),
        (Just("*".to_owned()), Just("*".to_owned())),
    ];
    let second = prop::option::weighted(0.2, field(0, 59));
    (second, field(0, 59), field(0, 23), days, month()).prop_map(|(second, minute, hour, (day, weekday), month)| {
        let second = second.map(|second| second + " ").unwrap_or_default();
        format!("{second}{minute} {hour} {day} {month} {weekday}")
    })
}

/// Expressions of which both say what they mean where clocks are changed: they follow the clock, or name one time of the day.
fn expression_by_the_clock() -> impl Strategy<Value = String> {
    let one = (0..60_u32, 0..5_u32).prop_map(|(minute, hour)| format!("{minute} {hour}"));
    let follows = prop_oneof![
        (field(0, 59), prop_oneof![Just("*".to_owned()), (1..12_u32).prop_map(|step| format!("*/{step}"))])
            .prop_map(|(minute, hour)| format!("{minute} {hour}")),
        (1..30_u32, 0..5_u32).prop_map(|(step, hour)| format!("*/{step} {hour}")),
    ];
    (prop_oneof![one, follows], prop_oneof![2 => Just("*".to_owned()), 1 => field(0, 7)])
        .prop_map(|(time, weekday)| format!("{time} * * {weekday}"))
}

fn some_time() -> impl Strategy<Value = Timestamp> {
    (946_684_800..2_500_000_000_i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_have_the_same_times(cron in expression(), after in some_time()) {
        // What never comes is refused here.
        if let Some(times) = here(&cron, "UTC", after, 5) {
            let other: Cron = cron.parse().unwrap();
            prop_assert_eq!(times, there(&other, "UTC", after, 5), "{}", cron);
        }
    }

    #[test]
    fn expressions_have_the_same_times_where_clocks_are_changed(
        cron in expression_by_the_clock(), zone in select(ZONES), change in 0..40_usize, before in 0..200_000_i64
    ) {
        // Up to some days before the clock is changed.
        let from = Timestamp::from_second(1_577_836_800).unwrap();
        let zone_of = TimeZone::get(zone).unwrap();
        // Some zones give it up.
        let change = zone_of.following(from).take(change + 1).last().unwrap().timestamp();
        let after = Timestamp::from_second(change.as_second() - before).unwrap();
        let other: Cron = cron.parse().unwrap();
        prop_assert_eq!(here(&cron, zone, after, 60).unwrap(), there(&other, zone, after, 60), "{} in {}", cron, zone);
    }

    #[test]
    fn whatever_is_accepted_here_is_accepted_there(cron in "[0-9*,/#LW-]{1,4}( [0-9*,/#LWa-]{1,4}){4,5}") {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        if here(&cron, "UTC", now, 1).is_some() {
            let other = cron.parse::<Cron>();
            prop_assert!(other.is_ok(), "{}: {}", cron, other.unwrap_err());
        }
    }
}

#[test]
fn what_the_other_one_accepts_by_mistake_is_refused_here() {
    let now = Timestamp::from_second(1_780_000_000).unwrap();
    for mistake in ["1,,2 * * * *", "MON0 * * * *", "0 0 * * FRI,", "0 0 30 2 *", "0 0 ? * *"] {
        assert!(mistake.parse::<Cron>().is_ok() && here(mistake, "UTC", now, 1).is_none(), "{mistake}");
    }
}

/// The reason why times of the day that are listed are not left to the other one.
#[test]
fn a_day_with_listed_times_is_not_left_out() {
    let before = "2026-03-28T20:00:00Z".parse::<Timestamp>().unwrap();
    let (cron, zone) = ("0 2,14 * * *", "Europe/Zurich");
    let first = here(cron, zone, before, 1).unwrap()[0];
    assert_eq!(first.to_string(), "2026-03-29T01:00:00Z");
    assert_eq!(there(&cron.parse().unwrap(), zone, before, 1)[0].to_string(), "2026-03-29T12:00:00Z");
}
