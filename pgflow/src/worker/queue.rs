//! The units that wait for a free slot: in turn by run and task, so that a wide one does not keep the others waiting.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::unit::{Holder, Unit};

#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// Whose turn it is; each holder with units stands here once.
    turns: VecDeque<Holder>,
    units: HashMap<Holder, VecDeque<Unit>>,
    len: usize,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, unit: Unit) {
        let units = self.units.entry(unit.holder).or_default();
        if units.is_empty() {
            self.turns.push_back(unit.holder);
        }
        units.push_back(unit);
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<Unit> {
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

    /// Forgets the units of a holder, and gives how many there were.
    pub(crate) fn remove(&mut self, holder: Holder) -> usize {
        let Some(units) = self.units.remove(&holder) else { return 0 };
        self.len -= units.len();
        self.turns.retain(|other| *other != holder);
        units.len()
    }

    /// Takes units of these owned runs from the back, of those that wait longest for their turn to come: at most `count`.
    pub(crate) fn take_surplus(&mut self, mut count: usize, of: impl Fn(&Uuid) -> bool) -> Vec<Unit> {
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
        Unit { holder: Holder::Run(Uuid::from_u128(run)), step: 0, index, attempt: 1 }
    }

    fn order(queue: &mut Queue) -> Vec<(u128, i32)> {
        std::iter::from_fn(|| queue.pop())
            .map(|unit| match unit.holder {
                Holder::Run(run) => (run.as_u128(), unit.index),
                Holder::Task(_) => (0, unit.index),
            })
            .collect()
    }

    #[test]
    fn runs_take_turns() {
        let mut queue = Queue::default();
        for unit in [unit(1, 0), unit(1, 1), unit(1, 2), unit(2, 0)] {
            queue.push(unit);
        }
        assert_eq!(order(&mut queue), [(1, 0), (2, 0), (1, 1), (1, 2)]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_removed_run_is_passed_over() {
        let mut queue = Queue::default();
        for unit in [unit(1, 0), unit(2, 0), unit(1, 1)] {
            queue.push(unit);
        }
        assert_eq!(queue.remove(Holder::Run(Uuid::from_u128(1))), 2);
        assert_eq!(queue.len(), 1);
        queue.push(unit(1, 7));
        assert_eq!(order(&mut queue), [(2, 0), (1, 7)]);
    }

    #[test]
    fn surplus_is_taken_from_the_widest_run_and_leaves_each_a_unit() {
        let mut queue = Queue::default();
        for unit in [unit(1, 0), unit(2, 0), unit(2, 1), unit(2, 2)] {
            queue.push(unit);
        }
        let taken: Vec<i32> = queue.take_surplus(10, |_| true).iter().map(|unit| unit.index).collect();
        assert_eq!(taken, [1, 2]);
        assert_eq!(queue.len(), 2);
        assert_eq!(order(&mut queue), [(1, 0), (2, 0)]);
    }
}
