//! What is known of the units of a run or task that has lost a worker to a crash.
//!
//! The first crash says only which runs were concerned. From then on each of their units is marked in the database before it
//! begins; the next crash makes suspects of those that were under way. A suspect is executed alone, so that the crash after that one
//! tells for certain, and counts.

use std::collections::HashMap;

/// The units that were marked, and what has come of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caution(HashMap<(usize, i32), Known>);

/// What is known of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// A worker has died while it executed this.
    pub(crate) suspect: bool,
    /// So many have, while they executed nothing else.
    pub(crate) crashes: u16,
}

impl Caution {
    pub(crate) fn note(&mut self, unit: (usize, i32), known: Known) {
        self.0.insert(unit, known);
    }

    pub(crate) fn of(&self, unit: (usize, i32)) -> Known {
        self.0.get(&unit).copied().unwrap_or_default()
    }
}
