//! What follows from what attempts give.

use std::sync::Arc;

use super::faults::Fault;
use super::lock;
use super::machine::Machine;
use super::record::{Attempt, Outcome};
use crate::client::RunStatus;
use crate::repeat::Again;
use crate::step::{Retry, StepError};
use crate::worker::plan::AfterFailure;
use crate::worker::repetition::{LONGEST_WAIT, Repetition};
use crate::worker::run::{Delayed, Opened, OwnedRun, Recorded};
use crate::worker::unit::{PLAIN, Unit};

impl Machine {
    /// Records what a run has opened, and queues what can begin.
    pub(super) fn follow(&mut self, opened: Opened) {
        let mut rest = vec![opened];
        while let Some(opened) = rest.pop() {
            for (step, items) in opened.maps {
                self.record.maps.insert(step, usize::try_from(items).unwrap_or(0));
            }
            if let Some((step, error)) = opened.failed {
                if let Some(error) = error {
                    self.keep((step, PLAIN), 0, Recorded::Failed(error), None);
                }
                return self.end(RunStatus::Failed, None);
            }
            for Delayed { unit, until: retry_at, why: error, .. } in opened.delayed {
                let Unit { step, index, .. } = unit;
                self.record.attempts.push(Attempt { step, index, number: 0, retry_at, error, resumed: false });
            }
            for (step, reason) in opened.skipped {
                self.keep((step, PLAIN), 0, Recorded::Skipped, Some(reason));
                rest.extend(self.owned.as_mut().map(|run| run.settle(step, PLAIN, None)));
            }
            if !self.paused && !self.handing_back {
                self.queue.extend(opened.units);
            }
        }
        if self.owned.as_ref().is_some_and(OwnedRun::is_complete) {
            self.end(RunStatus::Completed, None);
        }
    }

    /// Keeps an outcome.
    pub(super) fn keep(&mut self, unit: (usize, i32), attempts: u16, recorded: Recorded, reason: Option<String>) {
        if let Recorded::Failed(error) = &recorded {
            self.record.failures.push(unit);
            if let Some(run) = self.owned.as_mut().filter(|run| run.failure.is_none()) {
                run.failure = Some(run.failure_of(unit.0, unit.1, error.clone()));
            }
        }
        // What is recorded already stays, should it be reported again.
        self.record.outcomes.entry(unit).or_insert(Outcome { recorded, reason, attempts });
    }

    pub(super) fn failed(&mut self, unit: Unit, error: &StepError) {
        let (plan, Some(run)) = (Arc::clone(&self.setup.plan), &mut self.owned) else { return };
        let most = run.max_attempts(unit.step, unit.index);
        if let Retry::Again(again) = error.policy() {
            return self.repeat(unit, *again);
        }
        let message = error.message().to_owned();
        match plan.steps[unit.step].after_failure(unit.attempt, most, error.policy()) {
            AfterFailure::Skip => self.outcome(unit, Recorded::Skipped, Some(message)),
            AfterFailure::Fail => self.outcome(unit, Recorded::Failed(message), None),
            AfterFailure::Retry(wait) => {
                let at = self.clock.now() + wait;
                let Unit { step, index, attempt: number, .. } = unit;
                run.retries.push((at, Unit { attempt: number.saturating_add(1), ..unit }));
                self.record.attempts.push(Attempt {
                    step,
                    index,
                    number,
                    retry_at: at,
                    error: message,
                    resumed: false,
                });
            }
        }
    }

    /// Has a unit executed again.
    fn repeat(&mut self, unit: Unit, Again { wait, state }: Again) {
        let now = self.clock.now();
        let due = now + wait.min(LONGEST_WAIT);
        let Some(run) = &mut self.owned else { return };
        let former = run.repetition(unit.step, unit.index);
        let repetition = Repetition {
            count: former.map_or(0, |former| former.count).saturating_add(1),
            began: former.map_or(now, |former| former.began),
            failed: unit.attempt.saturating_sub(1),
            handed: true,
            state,
        };
        self.record.repeats.insert((unit.step, unit.index), (repetition.clone(), due));
        run.remember((unit.step, unit.index), repetition);
        run.retries.push((due, unit));
        let crashes = lock(&self.setup.faults).take(unit.step, |fault| matches!(fault, Fault::CrashAfter));
        if crashes {
            self.crash();
        }
    }

    /// Records an outcome, and goes on with what follows.
    pub(super) fn outcome(&mut self, unit: Unit, recorded: Recorded, reason: Option<String>) {
        let Unit { step, index, attempt, .. } = unit;
        self.keep((step, index), attempt, recorded.clone(), reason.clone());
        let mut faults = lock(&self.setup.faults);
        let crashes = faults.take(step, |fault| matches!(fault, Fault::CrashAfter));
        if faults.take(step, |fault| matches!(fault, Fault::Disconnect)) {
            drop(faults);
            // The answer is lost, so that it is reported again; what is recorded counts.
            self.keep((step, index), attempt, recorded.clone(), reason);
        } else {
            drop(faults);
        }
        if crashes {
            return self.crash();
        }
        let Some(run) = &mut self.owned else { return };
        if self.setup.plan.hook == Some(step) {
            let reason = run.hook_done();
            return self.end(RunStatus::Failed, reason);
        }
        let opened = match &recorded {
            Recorded::Completed(output) => run.settle(step, index, Some(output)),
            Recorded::Skipped => run.settle(step, index, None),
            Recorded::Failed(_) => return self.end(RunStatus::Failed, None),
        };
        self.follow(opened);
    }

    /// Ends the run; where a step is to be executed when it has failed, that begins.
    pub(super) fn end(&mut self, status: RunStatus, reason: Option<String>) {
        self.cut();
        if let Some(run) = &mut self.owned
            && status == RunStatus::Failed
            && run.fails_first(reason.as_deref())
        {
            let opened = run.open_hook();
            return self.follow(opened);
        }
        self.owned = None;
        self.record.end = Some((status, reason));
    }

    /// Drops what is under way, at once, or when it ends by itself where it has asked to be told.
    pub(super) fn cut(&mut self) {
        self.queue.clear();
        for attempt in std::mem::take(&mut self.under_way).into_values() {
            if !attempt.context.cancel() {
                attempt.abort.abort();
            }
        }
    }
}
