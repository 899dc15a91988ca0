//! What is known of a run that was worked on before.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use crate::encoded::Encoded;
use crate::signal::Sent;
use crate::worker::caution::Caution;
use crate::worker::clock::Clock;
use crate::worker::family::Child;
use crate::worker::repetition::Repetition;

/// What is known of a run that was worked on before.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) outcomes: HashMap<(usize, i32), Recorded>,
    /// Failed attempts: how many, and when the next one may begin.
    pub(crate) attempts: HashMap<(usize, i32), (u16, Instant)>,
    /// How many of them lie before those that were given when somebody had the run go on.
    pub(crate) resumed: HashMap<(usize, i32), u16>,
    /// Units that are out, and whether by a task of their own, for they are executed again.
    pub(crate) out: HashMap<(usize, i32), bool>,
    /// The runs that units have started.
    pub(crate) children: HashMap<(usize, i32), Child>,
    /// Units that have asked to be executed again, and when they are due.
    pub(crate) repeats: HashMap<(usize, i32), (Repetition, Instant)>,
    /// The signals that steps are given.
    pub(crate) signals: HashMap<usize, Sent>,
    /// When the run fails unless it has ended.
    pub(crate) deadline: Option<Instant>,
    /// The time that the run is told.
    pub(crate) clock: Clock,
    /// What is known of units that were begun, where a worker has crashed.
    pub(crate) caution: Option<Caution>,
}

impl History {
    /// The steps of which units are known.
    pub(super) fn begun(&self) -> HashSet<usize> {
        let units = self.outcomes.keys().chain(self.attempts.keys()).chain(self.out.keys()).chain(self.repeats.keys());
        let units = units.chain(self.children.keys());
        units.map(|(step, _)| *step).collect()
    }

    /// Whether somebody else executes a unit, or will. One of a range that has failed, or has asked to be executed again, is no part of it
    /// any more: it is out if it has a task of its own.
    pub(super) fn is_out(&self, step: usize, index: i32) -> bool {
        let has_failed = self.attempts.get(&(step, index)).is_some_and(|(tried, _)| *tried > 0);
        let has_asked = self.repeats.get(&(step, index)).is_some_and(|(repetition, _)| repetition.handed);
        self.out.get(&(step, index)).is_some_and(|own| *own || !(has_failed || has_asked))
    }

    /// The run that a unit has started, unless that was before it has failed.
    pub(super) fn child(&mut self, step: usize, index: i32) -> Option<Child> {
        let child = self.children.remove(&(step, index))?;
        let tried = self.attempts.get(&(step, index)).map_or(0, |(tried, _)| *tried);
        (child.number > tried).then_some(child)
    }

    pub(super) fn bytes(&self) -> usize {
        let size =
            |recorded: &Recorded| if let Recorded::Completed(output) = recorded { output.as_str().len() } else { 0 };
        self.outcomes.values().map(size).sum()
    }
}

/// An outcome as it was recorded.
#[derive(Clone, Debug)]
pub(crate) enum Recorded {
    Completed(Encoded),
    /// And what it said.
    Failed(String),
    Skipped,
}
