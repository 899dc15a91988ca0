//! Units that somebody else executes: workers that have taken them, and runs that they have started.

use super::{OwnedRun, Progress, Step, UnitState, place};
use crate::worker::plan::StepQueue;
use crate::worker::unit::PLAIN;

impl OwnedRun {
    /// Whether messages for it are to be expected.
    pub(crate) fn listens(&self) -> bool {
        self.summoned || self.out > 0
    }

    /// The lowest item of a unit that is out: of those before, nothing is to be told. For a plain step, -1.
    pub(crate) fn out_from(&self) -> i32 {
        let first = |step: &Step| match &step.progress {
            Progress::Open { units, items, .. } if !items.is_empty() => {
                let first = units.iter().position(|unit| matches!(unit, UnitState::Out))?;
                Some(i32::try_from(first).unwrap_or(i32::MAX))
            }
            Progress::Open { units, .. } => units.iter().any(|unit| matches!(unit, UnitState::Out)).then_some(PLAIN),
            _ => None,
        };
        self.steps.iter().filter_map(first).min().unwrap_or(PLAIN)
    }

    /// Notes that a unit was given away.
    pub(crate) fn give_away(&mut self, step: usize, index: i32) {
        self.shared = true;
        if let Progress::Open { units, .. } = &mut self.steps[step].progress
            && let Some(unit @ UnitState::Here) = units.get_mut(place(index))
        {
            *unit = UnitState::Out;
            self.count_out(step);
        }
    }

    pub(super) fn count_out(&mut self, step: usize) {
        self.out += 1;
        if self.is_elsewhere(step) {
            self.elsewhere += 1;
            self.sent_at = self.clock.now();
        }
    }

    /// Whether what others do of a step may take them long: it is for another queue, or a run of its own.
    pub(super) fn is_elsewhere(&self, step: usize) -> bool {
        let step = &self.plan.steps[step];
        matches!(step.at, StepQueue::Elsewhere(_)) || step.child.is_some()
    }

    /// Notes that a unit has started a run.
    pub(crate) fn await_child(&mut self, step: usize, index: i32) {
        if let Progress::Open { units, .. } = &mut self.steps[step].progress
            && let Some(unit @ UnitState::Here) = units.get_mut(place(index))
        {
            *unit = UnitState::Out;
            self.count_out(step);
        }
    }

    /// Whether a unit waits for the run that it has started.
    pub(crate) fn awaits_child(&self, step: usize, index: i32) -> bool {
        let Progress::Open { units, .. } = &self.steps[step].progress else { return false };
        self.plan.steps[step].child.is_some() && matches!(units.get(place(index)), Some(UnitState::Out))
    }
}
