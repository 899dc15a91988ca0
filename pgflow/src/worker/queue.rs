//! The units that wait for a free slot here: by queue, and in each in turn by run and task, so that a wide one does not keep the others
//! waiting.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::options::Queue;
use super::unit::{Holder, Unit};

/// What waits, for each queue of the worker.
#[derive(Debug)]
pub(crate) struct Queues {
    queues: Vec<Slots>,
}

/// A queue's slots, and what waits for them.
#[derive(Debug)]
struct Slots {
    line: Line,
    slots: usize,
    weight: i64,
    /// How much of its share it has not had.
    credit: i64,
}

/// What waits in one queue.
#[derive(Debug, Default)]
struct Line {
    /// Whose turn it is; each holder with units stands here once.
    turns: VecDeque<Holder>,
    units: HashMap<Holder, VecDeque<Unit>>,
    len: usize,
}

impl Queues {
    /// One for each of the worker's queues, which has so many slots in all.
    pub(crate) fn new(queues: &[Queue], concurrency: usize) -> Self {
        let slots = |queue: &Queue| Slots {
            line: Line::default(),
            slots: queue.slots(concurrency),
            weight: i64::from(queue.weight),
            credit: 0,
        };
        Self { queues: queues.iter().map(slots).collect() }
    }

    pub(crate) fn count(&self) -> usize {
        self.queues.len()
    }

    /// How many slots a queue has.
    pub(crate) fn slots(&self, queue: usize) -> usize {
        self.queues.get(queue).map_or(0, |queue| queue.slots)
    }

    /// How many units wait.
    pub(crate) fn len(&self) -> usize {
        self.queues.iter().map(|queue| queue.line.len).sum()
    }

    /// How many units wait in a queue.
    pub(crate) fn len_of(&self, queue: usize) -> usize {
        self.queues.get(queue).map_or(0, |queue| queue.line.len)
    }

    pub(crate) fn push(&mut self, unit: Unit) {
        if let Some(queue) = self.queues.get_mut(unit.queue()) {
            queue.line.push(unit);
        }
    }

    /// The next unit of a queue of which not all slots are taken, as `busy` says of each: of several such queues, each has its turn as
    /// often as its weight says.
    pub(crate) fn pop(&mut self, busy: &[usize]) -> Option<Unit> {
        let free =
            |(at, queue): (usize, &Slots)| queue.line.len > 0 && busy.get(at).is_none_or(|busy| *busy < queue.slots);
        if let [only] = &mut *self.queues {
            return if free((0, only)) { only.line.pop() } else { None };
        }
        let turns: Vec<usize> =
            self.queues.iter().enumerate().filter(|(at, queue)| free((*at, queue))).map(|(at, _)| at).collect();
        let sum: i64 = turns.iter().map(|at| self.queues[*at].weight).sum();
        for at in &turns {
            self.queues[*at].credit += self.queues[*at].weight;
        }
        let next = turns.into_iter().max_by_key(|at| (self.queues[*at].credit, std::cmp::Reverse(*at)))?;
        let queue = &mut self.queues[next];
        queue.credit -= sum;
        if queue.line.len == 1 {
            // One that has nothing more to do saves nothing up.
            queue.credit = 0;
        }
        queue.line.pop()
    }

    /// Parts of `room` for the queues, none larger than what `most` says of each: by their weights, and each that may have some has one.
    pub(crate) fn split(&self, room: usize, most: &[usize]) -> Vec<usize> {
        let sum: usize = most.iter().sum();
        if sum <= room {
            return most.to_vec();
        }
        let weight = |at: usize| usize::try_from(self.queues[at].weight).unwrap_or(1);
        let weights: usize = (0..most.len()).filter(|at| most[*at] > 0).map(weight).sum();
        let part = |at: usize| (room * weight(at) / weights.max(1)).max(1).min(most[at]);
        if room == 0 { vec![0; most.len()] } else { (0..most.len()).map(part).collect() }
    }

    /// Forgets the units of a holder, and gives how many there were.
    pub(crate) fn remove(&mut self, holder: Holder) -> usize {
        self.queues.iter_mut().map(|queue| queue.line.remove(holder)).sum()
    }

    /// Takes units of these owned runs from the back of a queue, of those that wait longest for their turn to come: at most `count`.
    pub(crate) fn take_surplus(&mut self, queue: usize, count: usize, of: impl Fn(&Uuid) -> bool) -> Vec<Unit> {
        self.queues.get_mut(queue).map(|queue| queue.line.take_surplus(count, of)).unwrap_or_default()
    }
}

impl Line {
    fn push(&mut self, unit: Unit) {
        let units = self.units.entry(unit.holder).or_default();
        if units.is_empty() {
            self.turns.push_back(unit.holder);
        }
        units.push_back(unit);
        self.len += 1;
    }

    fn pop(&mut self) -> Option<Unit> {
        while let Some(holder) = self.turns.pop_front() {
            // A holder that was removed may still stand in the turns.
            let Some(units) = self.units.get_mut(&holder) else { continue };
            let unit = units.pop_front();
            if units.is_empty() {
                self.units.remove(&holder);
            } else {
                self.turns.push_back(holder);
            }
            if unit.is_some() {
                self.len -= 1;
                return unit;
            }
        }
        None
    }

    fn remove(&mut self, holder: Holder) -> usize {
        let Some(units) = self.units.remove(&holder) else { return 0 };
        self.len -= units.len();
        self.turns.retain(|other| *other != holder);
        units.len()
    }

    fn take_surplus(&mut self, mut count: usize, of: impl Fn(&Uuid) -> bool) -> Vec<Unit> {
        let mut taken = Vec::new();
        let mut widest: Vec<(usize, Holder)> = self
            .units
            .iter()
            .filter(|(holder, _)| matches!(holder, Holder::Run(run) if of(run)))
            .map(|(holder, units)| (units.len(), *holder))
            .collect();
        widest.sort_unstable_by_key(|(len, _)| std::cmp::Reverse(*len));
        for (_, holder) in widest {
            // One unit stays: a run whose only unit waits is no surplus.
            let Some(units) = self.units.get_mut(&holder) else { continue };
            let part = units.len().saturating_sub(1).min(count);
            taken.extend(units.split_off(units.len() - part));
            count -= part;
            self.len -= part;
            if count == 0 {
                break;
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(run: u128, index: i32) -> Unit {
        Unit { holder: Holder::Run(Uuid::from_u128(run)), step: 0, index, attempt: 1, queue: 0 }
    }

    fn single() -> Queues {
        Queues::new(&[Queue::new("default")], 100)
    }

    fn order(queues: &mut Queues) -> Vec<(u128, i32)> {
        std::iter::from_fn(|| queues.pop(&[]))
            .map(|unit| match unit.holder {
                Holder::Run(run) => (run.as_u128(), unit.index),
                Holder::Task(_) => (0, unit.index),
            })
            .collect()
    }

    #[test]
    fn runs_take_turns() {
        let mut queues = single();
        for unit in [unit(1, 0), unit(1, 1), unit(1, 2), unit(2, 0)] {
            queues.push(unit);
        }
        assert_eq!(order(&mut queues), [(1, 0), (2, 0), (1, 1), (1, 2)]);
        assert_eq!(queues.len(), 0);
    }

    #[test]
    fn a_removed_run_is_passed_over() {
        let mut queues = single();
        for unit in [unit(1, 0), unit(2, 0), unit(1, 1)] {
            queues.push(unit);
        }
        assert_eq!(queues.remove(Holder::Run(Uuid::from_u128(1))), 2);
        assert_eq!(queues.len(), 1);
        queues.push(unit(1, 7));
        assert_eq!(order(&mut queues), [(2, 0), (1, 7)]);
    }

    #[test]
    fn surplus_is_taken_from_the_widest_run_and_leaves_each_a_unit() {
        let mut queues = single();
        for unit in [unit(1, 0), unit(2, 0), unit(2, 1), unit(2, 2)] {
            queues.push(unit);
        }
        let taken: Vec<i32> = queues.take_surplus(0, 10, |_| true).iter().map(|unit| unit.index).collect();
        assert_eq!(taken, [1, 2]);
        assert_eq!(queues.len(), 2);
        assert_eq!(order(&mut queues), [(1, 0), (2, 0)]);
    }

    fn weighted() -> Queues {
        let list = [Queue::new("mail").weight(3), Queue::new("gpu").concurrency(2), Queue::new("default")];
        let mut queues = Queues::new(&list, 10);
        for index in 0..20 {
            for queue in 0..3 {
                queues.push(Unit { queue, ..unit(1 + u128::from(queue), index) });
            }
        }
        queues
    }

    #[test]
    fn queues_have_turns_by_their_weights() {
        let mut queues = weighted();
        let turns: Vec<usize> = (0..10).filter_map(|_| Some(queues.pop(&[0, 0, 0])?.queue())).collect();
        let count = |queue| turns.iter().filter(|turn| **turn == queue).count();
        assert_eq!((count(0), count(1), count(2)), (6, 2, 2), "{turns:?}");
    }

    #[test]
    fn a_queue_whose_slots_are_taken_is_passed_over() {
        let mut queues = weighted();
        assert_eq!(queues.slots(1), 2);
        let turns: Vec<usize> = (0..8).filter_map(|_| Some(queues.pop(&[0, 2, 0])?.queue())).collect();
        assert!(!turns.contains(&1), "{turns:?}");
        assert!(queues.pop(&[10, 2, 10]).is_none());
    }

    #[test]
    fn room_is_split_by_weights() {
        let queues = weighted();
        assert_eq!(queues.split(10, &[10, 2, 10]), [6, 2, 2]);
        assert_eq!(queues.split(30, &[10, 2, 10]), [10, 2, 10]);
        assert_eq!(queues.split(8, &[0, 2, 10]), [0, 2, 4]);
        assert_eq!(queues.split(1, &[10, 2, 10]), [1, 1, 1]);
        assert_eq!(queues.split(0, &[10, 2, 10]), [0, 0, 0]);
    }
}
