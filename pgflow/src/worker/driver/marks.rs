//! Low-water marks of the queue: from where a claim begins to look.
//!
//! A queue that is emptied from the front leaves index entries behind, which every later claim would pass again until they are
//! vacuumed, and for as long as some transaction of the server is older than they are. What commits late, after rows that were
//! put behind it, stands before the mark: so a mark is used when it is a while old, and now and then a claim looks from the start.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How old a mark is before it is used: longer than a start takes to commit, but for those in a transaction of the user's.
const AGE: Duration = Duration::from_millis(200);
/// Looks from the start take at most this part of the time.
const LOOKS: u32 = 20;

/// A queue of the worker, by its place, and a version.
type Lane = (usize, i32);

/// A place in the queue of a version: priority and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    priority: i32,
    seq: i64,
}

#[derive(Debug)]
pub(super) struct Marks {
    settled: HashMap<Lane, Place>,
    fresh: HashMap<Lane, Place>,
    since: Instant,
    /// When to look from the start again.
    next_look: Instant,
    /// The call that does, and since when.
    looking: Option<(i64, Instant)>,
}

impl Marks {
    pub(super) fn new(now: Instant) -> Self {
        Self { settled: HashMap::new(), fresh: HashMap::new(), since: now, next_look: now, looking: None }
    }

    /// The marks of these versions in each of so many queues, for the claim of the call that is made now: priorities and numbers; none
    /// for one that looks from the start.
    pub(super) fn take(
        &mut self,
        now: Instant,
        call: i64,
        queues: usize,
        versions: &[i32],
    ) -> Option<(Vec<i32>, Vec<i64>)> {
        if now >= self.next_look && self.looking.is_none() {
            self.looking = Some((call, now));
            return None;
        }
        let start = Place { priority: i32::MAX, seq: i64::MIN };
        let lanes = (0..queues).flat_map(|queue| versions.iter().map(move |version| (queue, *version)));
        let places = lanes.map(|lane| self.settled.get(&lane).copied().unwrap_or(start));
        Some(places.map(|place| (place.priority, place.seq)).unzip())
    }

    /// Notes how far a version's queue was claimed by a call.
    pub(super) fn note(&mut self, call: i64, lane: Lane, priority: i32, seq: i64) {
        let place = Place { priority, seq };
        let known = self.fresh.entry(lane).or_insert(place);
        // A run of a higher priority that came later stands before the mark, which stays: such ones are always looked for.
        if self.looking.is_some_and(|(looking, _)| looking == call)
            || (place.priority, -place.seq) <= (known.priority, -known.seq)
        {
            *known = place;
        }
    }

    /// A call has been answered.
    pub(super) fn answered(&mut self, now: Instant, call: i64, interval: Duration) {
        if let Some((_, begun)) = self.looking.take_if(|(looking, _)| *looking == call) {
            // A little earlier than the poll after the next one, which comes with some jitter.
            self.next_look = now + interval.mul_f64(0.8).max(now.duration_since(begun) * LOOKS);
        }
        if now.duration_since(self.since) >= AGE {
            self.settled.clone_from(&self.fresh);
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_mark_is_used_when_it_is_old_enough_and_every_interval_the_claim_looks_from_the_start() {
        let start = Instant::now();
        let mut marks = Marks::new(start);
        assert_eq!(marks.take(start, 1, 1, &[7]), None);
        marks.note(1, (0, 7), 0, 10);
        marks.answered(start, 1, SECOND);
        assert_eq!(marks.take(start, 1, 1, &[7]), Some((vec![i32::MAX], vec![i64::MIN])));
        marks.answered(start + AGE, 1, SECOND);
        marks.note(1, (0, 7), 0, 20);
        assert_eq!(marks.take(start + AGE, 1, 1, &[7, 8]), Some((vec![0, i32::MAX], vec![10, i64::MIN])));
        assert_eq!(marks.take(start + SECOND, 1, 1, &[7]), None);
    }

    #[test]
    fn a_higher_priority_does_not_move_a_mark_back_until_the_next_look_from_the_start() {
        let start = Instant::now();
        let mut marks = Marks::new(start);
        marks.answered(start, 1, SECOND);
        marks.note(1, (0, 7), 0, 10);
        marks.note(1, (0, 7), 5, 30);
        marks.answered(start + AGE, 1, SECOND);
        assert_eq!(marks.take(start + AGE, 1, 1, &[7]), None, "the first claim was no look");
        marks.note(1, (0, 7), 5, 40);
        marks.answered(start + 2 * AGE, 1, SECOND);
        assert_eq!(marks.take(start + 2 * AGE, 1, 1, &[7]), Some((vec![5], vec![40])));
        marks.note(1, (0, 7), 0, 15);
        marks.answered(start + 3 * AGE, 1, SECOND);
        assert_eq!(marks.take(start + 3 * AGE, 1, 1, &[7]), Some((vec![0], vec![15])));
    }

    #[test]
    fn looks_that_take_long_are_rare() {
        let start = Instant::now();
        let mut marks = Marks::new(start);
        assert_eq!(marks.take(start, 1, 1, &[1]), None);
        let slow = Duration::from_millis(500);
        marks.answered(start + slow, 1, SECOND);
        assert!(marks.take(start + slow * LOOKS, 1, 1, &[1]).is_some());
        assert_eq!(marks.take(start + slow * (LOOKS + 1), 1, 1, &[1]), None);
    }
}
