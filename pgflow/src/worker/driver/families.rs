//! Children that steps of owned runs start, and what becomes of them.

use uuid::Uuid;

use super::Driver;
use super::runs::due_ms;
use crate::encoded::Encoded;
use crate::worker::batch::{ChildStart, Verdict};
use crate::worker::family::{Child, ChildEnd};
use crate::worker::run::{Failing, OwnedRun};
use crate::worker::unit::{Holder, Unit};

impl Driver {
    /// Puts it on its way that a unit has made the input of a run, which is started with that.
    pub(super) fn start_child(&mut self, unit: Unit, input: Encoded) {
        let Holder::Run(id) = unit.holder else { return };
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Some(child) = run.plan.steps[unit.step].child.clone() else { return };
        run.recording += 1;
        run.family = true;
        let Some((batch, entry)) = self.entry(unit.holder) else { return };
        batch.children.push(ChildStart {
            entry,
            step: unit.step,
            index: unit.index,
            number: unit.attempt,
            version: child.version,
            queue: child.queue,
            deadline_ms: child.deadline.map(due_ms),
            input,
        });
    }

    /// A child was started: from then on its unit waits for it.
    pub(super) fn child_started(&mut self, id: Uuid, step: usize, index: i32) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.recording = run.recording.saturating_sub(1);
        run.await_child(step, index);
        self.lanes[run.lane].listening.insert(id);
    }

    /// A child has ended, and with it the unit that has started it.
    pub(super) fn child_ended(&mut self, id: Uuid, step: usize, index: i32, child: Child) {
        let waits = |run: &&OwnedRun| !run.leaving && run.failing == Failing::No && run.awaits_child(step, index);
        let Some(run) = self.runs.get(&id).filter(waits) else { return };
        let queue = run.queue_of(step);
        let unit = Unit { holder: Holder::Run(id), step, index, attempt: child.number, queue };
        match child.end {
            None => {}
            Some(ChildEnd::Completed(output)) => self.record(unit, 0.0, Verdict::Completed(output)),
            Some(ChildEnd::Failed(error)) => self.give_up(unit, 0.0, error),
        }
    }
}
