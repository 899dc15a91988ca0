//! A task that this worker has taken: a step of somebody's run, or a range of a map step's items.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::caution::Caution;
use super::plan::Plan;
use super::repetition::Repetition;
use super::unit::{Holder, PLAIN, Unit};
use crate::encoded::Encoded;
use crate::handler::Dependency;
use crate::signal::Sent;

pub(crate) struct HeldTask {
    pub(crate) id: i64,
    pub(crate) run: Uuid,
    /// The lane that its outcomes go through.
    pub(crate) lane: usize,
    pub(crate) plan: Arc<Plan>,
    pub(crate) step: usize,
    /// The place of its queue among those of the worker.
    pub(crate) queue: u16,
    pub(crate) input: Encoded,
    pub(crate) dependencies: Vec<Dependency>,
    /// The first item; -1 for a plain step.
    pub(crate) first: i32,
    /// One for each unit; none for a plain step.
    pub(crate) items: Vec<Option<Encoded>>,
    /// Whether its only unit was part of another task.
    pub(crate) own: bool,
    /// What units have to remember that have asked to be executed again, by their index.
    pub(crate) repetitions: HashMap<i32, Repetition>,
    /// The signal that its step has waited for.
    pub(crate) signal: Option<Sent>,
    /// Attempts that lie behind its only unit.
    pub(crate) attempts: u16,
    /// What is known of its units where it has lost a worker to a crash.
    pub(crate) caution: Option<Caution>,
    /// Units whose attempt somebody has cancelled.
    pub(crate) cancelled: HashSet<i32>,
    /// Units without an outcome.
    pub(crate) left: usize,
}

impl HeldTask {
    /// The payloads that it keeps.
    pub(crate) fn bytes(&self) -> usize {
        let items = self.items.iter().flatten().map(|item| item.as_str().len()).sum::<usize>();
        let dependencies = self.dependencies.iter().map(Dependency::bytes).sum::<usize>();
        self.input.as_str().len() + dependencies + items
    }

    /// The units that have no outcome yet.
    pub(crate) fn units(&mut self, has_outcome: impl Fn(i32) -> bool) -> Vec<Unit> {
        let units: Vec<Unit> = self
            .indexes()
            .filter(|index| !has_outcome(*index))
            .map(|index| Unit {
                holder: Holder::Task(self.id),
                step: self.step,
                index,
                attempt: self.attempts.saturating_add(1),
                queue: self.queue,
            })
            .collect();
        self.left = units.len();
        units
    }

    /// The indexes of its units.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = i32> + use<> {
        let first = self.first;
        (0..self.items.len()).map(move |n| if first == PLAIN { PLAIN } else { first + i32::try_from(n).unwrap_or(0) })
    }

    pub(crate) fn item(&self, index: i32) -> Option<Encoded> {
        let place = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.items.get(place).cloned().flatten()
    }
}

impl std::fmt::Debug for HeldTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldTask")
            .field("id", &self.id)
            .field("run", &self.run)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}
