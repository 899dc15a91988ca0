//! A unit of work: one attempt of a plain step, or of one item of a map step.

use uuid::Uuid;

/// Through what a worker holds a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// It owns the run.
    Run(Uuid),
    /// It has taken the task.
    Task(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Unit {
    pub(crate) holder: Holder,
    pub(crate) step: usize,
    /// The item of a map step; -1 for a plain step.
    pub(crate) index: i32,
    /// Which attempt this is, from 1.
    pub(crate) attempt: u16,
    /// The place of its queue among those of the worker.
    pub(crate) queue: u16,
}

impl Unit {
    /// The place of its queue among those of the worker.
    pub(crate) fn queue(&self) -> usize {
        usize::from(self.queue)
    }
}

/// The index of a plain step.
pub(crate) const PLAIN: i32 = -1;

/// The period of a run: the day of its start, which its id carries as milliseconds since 1970.
pub(crate) fn period_of(run: Uuid) -> i32 {
    let bytes = run.as_bytes();
    let millis = bytes[..6].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    i32::try_from(millis / 86_400_000).unwrap_or(i32::MAX)
}
