//! Giving away what is too much for one worker: wide levels and big maps use the whole fleet.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::{Driver, SHARE_AFTER};
use crate::encoded::Encoded;
use crate::worker::batch::Share;
use crate::worker::plan::StepQueue;
use crate::worker::run::OwnedRun;
use crate::worker::unit::{Holder, PLAIN, Unit};

/// The largest range of items that one task holds, and the most bytes of them (unless a single one has more).
pub(super) const LARGEST_RANGE: usize = 1_000;
const LARGEST_ITEMS: usize = 1024 * 1024;
/// For how many workers the items of a step of another queue are cut, at least.
const MANY_WORKERS: usize = 8;
/// How many tasks one round trip takes.
const MOST_TASKS: usize = 64;

impl Driver {
    /// Gives units that would have to wait for longer than a round of all slots to whoever is free, when others are there and units
    /// have waited for a slot for a while. An even part stays here, where it costs less; more is given when the
    /// others have taken all.
    pub(super) fn share_surplus(&mut self) {
        let now = Instant::now();
        let surplus = self.surplus();
        if surplus == 0 || self.share_at.is_none_or(|at| now < at) {
            return;
        }
        // What cannot be shared now is looked at again in a while.
        self.share_at = Some(now + SHARE_AFTER);
        for queue in 0..self.queues.count() {
            let (runs, lanes) = (&self.runs, &self.lanes);
            let fleet = self.fleet();
            let surplus = self.surplus_of(queue);
            let to_share = |run: &Uuid| runs.get(run).is_some_and(|run| !lanes[run.lane].is_busy() && !run.pooled);
            let mut units = self.queues.take_surplus(queue, surplus - surplus / fleet, to_share);
            // What is executed again carries more than a range has a place for: it stays.
            let (shared, kept): (Vec<Unit>, Vec<Unit>) = units.drain(..).partition(|unit| !self.is_again(unit));
            for unit in kept {
                self.queues.push(unit);
            }
            let smallest = (self.queues.slots(queue) / 2).clamp(1, LARGEST_RANGE);
            for range in ranges(shared, fleet, smallest, |unit| self.item_bytes(unit)) {
                self.give_away(&range);
            }
        }
    }

    /// How many units would wait for longer than a round of all slots, while others might do them.
    pub(super) fn surplus(&self) -> usize {
        (0..self.queues.count()).map(|queue| self.surplus_of(queue)).sum()
    }

    fn surplus_of(&self, queue: usize) -> usize {
        if self.fleet < 2 { 0 } else { self.queues.len_of(queue).saturating_sub(self.queues.slots(queue)) }
    }

    fn fleet(&self) -> usize {
        usize::try_from(self.fleet).unwrap_or(1).max(1)
    }

    fn item_bytes(&self, unit: &Unit) -> usize {
        match unit.holder {
            Holder::Run(id) => {
                self.runs.get(&id).and_then(|run| run.item(unit.step, unit.index)).map_or(0, |i| i.as_str().len())
            }
            Holder::Task(_) => 0,
        }
    }

    /// Lets units of owned runs wait for a slot here; those of a step of another queue go to its workers. They count as active.
    pub(super) fn enqueue(&mut self, units: Vec<Unit>) {
        let is_elsewhere = |unit: &Unit| match unit.holder {
            Holder::Run(id) => {
                let run = self.runs.get(&id);
                run.is_some_and(|run| matches!(run.plan.steps[unit.step].at, StepQueue::Elsewhere(_)))
            }
            Holder::Task(_) => false,
        };
        let (elsewhere, here): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(is_elsewhere);
        for unit in here {
            self.queues.push(unit);
        }
        let (retried, fresh): (Vec<Unit>, Vec<Unit>) = elsewhere.into_iter().partition(|unit| self.is_again(unit));
        for unit in retried {
            self.give_away(&[unit]);
        }
        // It is not known how many workers that queue has.
        for range in ranges(fresh, self.fleet().max(MANY_WORKERS), 1, |unit| self.item_bytes(unit)) {
            self.give_away(&range);
        }
    }

    /// Whether a unit is no part of a range: it was executed before, has asked to be executed again, or starts a run.
    fn is_again(&self, unit: &Unit) -> bool {
        let asked = |run: &OwnedRun| run.repetition(unit.step, unit.index).is_some();
        // What makes the input of a run, its owner executes.
        let stays = |run: &OwnedRun| run.plan.steps[unit.step].child.is_some() || asked(run);
        unit.attempt > 1 || matches!(unit.holder, Holder::Run(run) if self.runs.get(&run).is_some_and(stays))
    }

    fn give_away(&mut self, range: &[Unit]) {
        let Some(first) = range.first() else { return };
        let Holder::Run(id) = first.holder else { return };
        let Some(run) = self.runs.get_mut(&id) else { return };
        let items: Vec<Encoded> = range.iter().filter_map(|unit| run.item(unit.step, unit.index)).collect();
        let queue = match &run.plan.steps[first.step].at {
            StepQueue::Elsewhere(queue) => Some(Arc::clone(queue)),
            StepQueue::Here(place) => self.queue_names.get(usize::from(*place)).map(|name| Arc::from(name.as_str())),
            StepQueue::OfRun => None,
        };
        // Where others take it sooner or later anyway, that says nothing of the rest.
        run.pooled |= !matches!(run.plan.steps[first.step].at, StepQueue::Elsewhere(_));
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
            attempts: first.attempt.saturating_sub(1),
            queue,
            items: (first.index != PLAIN).then(|| Encoded::array(items.iter())),
        });
    }

    /// Notes for which of the watched runs others have taken all that was given away: those with no unclaimed task.
    pub(super) fn note_pools(&mut self, watched: &[Uuid], unclaimed: &HashSet<Uuid>) {
        for id in watched.iter().filter(|id| !unclaimed.contains(id)) {
            if let Some(run) = self.runs.get_mut(id) {
                run.pooled = false;
            }
        }
    }

    /// How many tasks fill `room` slots, going by the size of the last ones.
    pub(super) fn tasks_wanted(&self, room: usize) -> usize {
        if room == 0 { 0 } else { (room / self.task_size).clamp(1, MOST_TASKS) }
    }
}

/// Units as ranges of neighbours of one step. The first ones are large, which costs little; the later ones ever smaller, so that all
/// workers are done at about the same time, however fast they are.
fn ranges(mut units: Vec<Unit>, fleet: usize, smallest: usize, bytes: impl Fn(&Unit) -> usize) -> Vec<Vec<Unit>> {
    let key = |unit: &Unit| -> (Option<Uuid>, usize, i32) {
        let run = match unit.holder {
            Holder::Run(id) => Some(id),
            Holder::Task(_) => None,
        };
        (run, unit.step, unit.index)
    };
    units.sort_unstable_by_key(key);
    let mut ranges: Vec<Vec<Unit>> = Vec::new();
    let mut rest = units.len();
    let (mut size, mut room) = (0, 0);
    for unit in units {
        let its_bytes = bytes(&unit);
        match ranges.last_mut() {
            Some(range)
                if range.len() < size
                    && its_bytes <= room
                    && range.last().is_some_and(|last| {
                        last.holder == unit.holder
                            && last.step == unit.step
                            && last.index + 1 == unit.index
                            && unit.index > 0
                    }) =>
            {
                range.push(unit);
            }
            _ => {
                // Half of an even part of what is left.
                size = (rest / (2 * fleet)).clamp(smallest, LARGEST_RANGE);
                room = LARGEST_ITEMS;
                ranges.push(vec![unit]);
            }
        }
        room = room.saturating_sub(its_bytes);
        rest -= 1;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_neighbours_of_one_step() {
        let holder = Holder::Run(Uuid::from_u128(1));
        let unit = |step, index| Unit { holder, step, index, attempt: 1, queue: 0 };
        let units = vec![unit(1, PLAIN), unit(0, 2), unit(0, 0), unit(0, 1), unit(0, 4), unit(2, PLAIN)];
        let found: Vec<Vec<(usize, i32)>> = ranges(units, 2, 16, |_| 1)
            .iter()
            .map(|range| range.iter().map(|unit| (unit.step, unit.index)).collect())
            .collect();
        assert_eq!(found, [vec![(0, 0), (0, 1), (0, 2)], vec![(0, 4)], vec![(1, PLAIN)], vec![(2, PLAIN)]]);
    }

    fn sizes(items: i32, fleet: usize, bytes: usize) -> Vec<usize> {
        let holder = Holder::Run(Uuid::from_u128(1));
        let units = (0..items).map(|index| Unit { holder, step: 0, index, attempt: 1, queue: 0 }).collect();
        ranges(units, fleet, 16, |_| bytes).iter().map(Vec::len).collect()
    }

    #[test]
    fn ranges_become_smaller_towards_the_end() {
        assert_eq!(sizes(200, 2, 1), [50, 37, 28, 21, 16, 16, 16, 16]);
        assert_eq!(sizes(10, 2, 1), [10]);
        assert_eq!(sizes(5_000, 2, 1)[..3], [1_000, 1_000, 750]);
    }

    #[test]
    fn ranges_of_large_items_are_short() {
        assert_eq!(sizes(5, 2, LARGEST_ITEMS / 2), [2, 2, 1]);
        assert_eq!(sizes(2, 2, 2 * LARGEST_ITEMS), [1, 1]);
    }
}
