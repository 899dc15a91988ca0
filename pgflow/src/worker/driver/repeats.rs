//! Units that ask to be executed again.

use std::time::Instant;

use uuid::Uuid;

use super::Driver;
use super::units::Timer;
use crate::repeat::Again;
use crate::worker::batch::AskedAgain;
use crate::worker::keeper::Due;
use crate::worker::repetition::{LONGEST_WAIT, Repetition};
use crate::worker::unit::{Holder, Unit};

impl Driver {
    /// What a unit of an owned run has asked for is committed: from then on it waits for its time.
    pub(super) fn repeated(&mut self, id: Uuid, asked: &AskedAgain) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.recording = run.recording.saturating_sub(1);
        let queue = run.queue_of(asked.step);
        let attempt = asked.attempts.saturating_add(1);
        let unit = Unit { holder: Holder::Run(id), step: asked.step, index: asked.index, attempt, queue };
        run.retries.push((asked.due, unit));
        self.time(asked.due, Timer::Retry(unit));
    }

    /// Puts it on its way that a unit is executed again, with all its attempts.
    pub(super) fn repeat(&mut self, unit: Unit, Again { wait, state }: Again) {
        let wait = wait.min(LONGEST_WAIT);
        let now = Instant::now();
        let (former, item) = match unit.holder {
            Holder::Run(id) => (self.runs.get(&id).and_then(|run| run.repetition(unit.step, unit.index)), None),
            Holder::Task(id) => {
                let task = self.tasks.get(&id);
                (task.and_then(|task| task.repetitions.get(&unit.index)), task.and_then(|task| task.item(unit.index)))
            }
        };
        let repetition = Repetition {
            count: former.map_or(0, |former| former.count).saturating_add(1),
            began: former.map_or(now, |former| former.began),
            failed: unit.attempt.saturating_sub(1),
            handed: true,
            state: state.clone(),
        };
        let Some((batch, entry)) = self.entry(unit.holder) else { return };
        batch.repeats.push(AskedAgain {
            entry,
            step: unit.step,
            index: unit.index,
            count: repetition.count,
            attempts: repetition.failed,
            due: now + wait,
            wait_ms: i64::try_from(wait.as_millis()).unwrap_or(i64::MAX),
            state,
            item,
        });
        match unit.holder {
            Holder::Run(id) => {
                let Some(run) = self.runs.get_mut(&id) else { return };
                run.recording += 1;
                self.bytes = self.bytes.saturating_sub(run.bytes);
                run.remember((unit.step, unit.index), repetition);
                self.bytes += run.bytes;
            }
            Holder::Task(id) => {
                // It becomes a task of its own, which the keeper brings in.
                let _ = self.due.send(Due::At(now + wait));
                self.unit_of_task_left(id);
            }
        }
    }
}
