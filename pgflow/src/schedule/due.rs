//! Which times of a schedule have come, and which of them have a run.

use jiff::{SignedDuration, Timestamp};

use super::CatchUp;
use super::times::Times;

/// A run that is started less late than this has not missed its time.
pub(crate) const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// How many runs one call starts. What is left is due at once again.
pub(crate) const AT_ONCE: usize = 1_000;

/// What is to be done about a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// The times for which a run is started, in order.
    pub(crate) times: Vec<Timestamp>,
    /// The next one; none where there is no more.
    pub(crate) next: Option<Timestamp>,
    /// Whether there were others, which have no run.
    pub(crate) skipped: bool,
}

/// What is due of a schedule whose next time is `next`, or was.
pub(crate) fn due(times: &Times, next: Timestamp, now: Timestamp, catch_up: CatchUp) -> Due {
    due_within(times, next, now, catch_up, AT_ONCE)
}

fn due_within(times: &Times, next: Timestamp, now: Timestamp, catch_up: CatchUp, most: usize) -> Due {
    let mut due = Due { times: Vec::new(), next: Some(next), skipped: false };
    // What is due by then was missed.
    let missed = now.saturating_sub(TOLERANCE).unwrap_or(Timestamp::MIN);
    if next <= missed && catch_up != CatchUp::All {
        let latest = latest(times, next, missed);
        if catch_up == CatchUp::One {
            due.times.push(latest);
        }
        due.skipped = catch_up == CatchUp::Skip || latest > next;
        due.next = times.after(latest);
    }
    while due.times.len() < most
        && let Some(next) = due.next.filter(|next| *next <= now)
    {
        due.times.push(next);
        due.next = times.after(next);
    }
    due
}

/// The latest time up to `until`, of which `first` is one. Looks back for as long as it takes to find any: a schedule that comes often
/// has no long list of them to be gone through.
fn latest(times: &Times, first: Timestamp, until: Timestamp) -> Timestamp {
    let mut back = SignedDuration::from_mins(1);
    let mut latest = loop {
        match until.checked_sub(back).ok().filter(|from| *from > first) {
            None => break first,
            Some(from) => match times.after(from).filter(|found| *found <= until) {
                Some(found) => break found,
                None => back = back.saturating_mul(8),
            },
        }
    };
    while let Some(next) = times.after(latest).filter(|next| *next <= until) {
        latest = next;
    }
    latest
}

#[cfg(test)]
pub(super) fn due_of_few(times: &Times, next: Timestamp, now: Timestamp, catch_up: CatchUp, most: usize) -> Due {
    due_within(times, next, now, catch_up, most)
}
