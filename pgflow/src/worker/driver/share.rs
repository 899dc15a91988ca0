//! Giving away what is too much for one worker: wide levels and big maps use the whole fleet.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Driver;
use crate::encoded::Encoded;
use crate::worker::batch::Share;
use crate::worker::unit::{Holder, PLAIN, Unit};

/// The largest range of items that one task holds.
const LARGEST_RANGE: usize = 200;
/// How many tasks are made for each worker: more balance better, fewer cost less.
const TASKS_PER_WORKER: usize = 8;
/// How many tasks one round trip takes.
const MOST_TASKS: usize = 64;

impl Driver {
    /// Gives the units of a lane's runs that would have to wait for longer than a round of all slots to whoever is free, when others
    /// are there and units have waited for a slot for `after`.
    pub(super) fn share_surplus(&mut self, lane: usize, now: Instant, after: Duration) {
        let crowded = self.crowded_since.is_some_and(|since| now.duration_since(since) >= after);
        let surplus = self.surplus();
        if !crowded || surplus == 0 {
            return;
        }
        let runs = &self.runs;
        let of_lane = |run: &Uuid| runs.get(run).is_some_and(|run| run.lane == lane);
        let mut units = self.queue.take_surplus(surplus, of_lane);
        // A retry carries its number of attempts, which a range has no place for: it stays.
        let (shared, kept): (Vec<Unit>, Vec<Unit>) = units.drain(..).partition(|unit| unit.attempt == 1);
        for unit in kept {
            self.queue.push(unit);
        }
        let fleet = usize::try_from(self.fleet).unwrap_or(1);
        let size = (shared.len() / (fleet * TASKS_PER_WORKER)).clamp(1, LARGEST_RANGE);
        for range in ranges(shared, size) {
            self.give_away(&range);
        }
        self.crowded_since = None;
    }

    /// How many units would wait for longer than a round of all slots, while others might do them.
    pub(super) fn surplus(&self) -> usize {
        if self.fleet < 2 { 0 } else { self.queue.len().saturating_sub(self.options.concurrency) }
    }

    fn give_away(&mut self, range: &[Unit]) {
        let Some(first) = range.first() else { return };
        let Holder::Run(id) = first.holder else { return };
        let Some(run) = self.runs.get_mut(&id) else { return };
        let items: Vec<Encoded> = range.iter().filter_map(|unit| run.item(unit.step, unit.index)).collect();
        for unit in range {
            run.give_away(unit.step, unit.index);
        }
        run.active -= range.len();
        self.lanes[run.lane].listening.insert(id);
        let Some((batch, entry)) = self.entry(first.holder) else { return };
        batch.shares.push(Share {
            entry,
            step: first.step,
            first: first.index,
            count: i32::try_from(range.len()).unwrap_or(i32::MAX),
            items: (first.index != PLAIN).then(|| Encoded::array(items.iter())),
        });
    }

    /// How many tasks fill `room` slots, going by the size of the last ones.
    pub(super) fn tasks_wanted(&self, room: usize) -> usize {
        (room / self.task_size).clamp(1, MOST_TASKS)
    }
}

/// Units as ranges of neighbours of one step, at most `size` long.
fn ranges(mut units: Vec<Unit>, size: usize) -> Vec<Vec<Unit>> {
    let key = |unit: &Unit| -> (Option<Uuid>, usize, i32) {
        let run = match unit.holder {
            Holder::Run(id) => Some(id),
            Holder::Task(_) => None,
        };
        (run, unit.step, unit.index)
    };
    units.sort_unstable_by_key(key);
    let mut ranges: Vec<Vec<Unit>> = Vec::new();
    for unit in units {
        match ranges.last_mut() {
            Some(range)
                if range.len() < size
                    && range.last().is_some_and(|last| {
                        last.holder == unit.holder
                            && last.step == unit.step
                            && last.index + 1 == unit.index
                            && unit.index > 0
                    }) =>
            {
                range.push(unit);
            }
            _ => ranges.push(vec![unit]),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_neighbours_of_one_step() {
        let holder = Holder::Run(Uuid::from_u128(1));
        let unit = |step, index| Unit { holder, step, index, attempt: 1 };
        let units = vec![unit(1, PLAIN), unit(0, 2), unit(0, 0), unit(0, 1), unit(0, 4), unit(2, PLAIN)];
        let found: Vec<Vec<(usize, i32)>> =
            ranges(units, 2).iter().map(|range| range.iter().map(|unit| (unit.step, unit.index)).collect()).collect();
        assert_eq!(found, [vec![(0, 0), (0, 1)], vec![(0, 2)], vec![(0, 4)], vec![(1, PLAIN)], vec![(2, PLAIN)]]);
    }
}
