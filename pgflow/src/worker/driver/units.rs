//! Attempts: how they begin, how they end, when they are tried again.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Driver, Finished, Running, SHARE_AFTER};
use crate::cancellation::Cancellation;
use crate::encoded::Encoded;
use crate::handler::Dependency;
use crate::notes::Notes;
use crate::registration::Attempt;
use crate::signal::Sent;
use crate::step::{Failure, Retry, RunId, StepContext, StepInfo};
use crate::worker::attempt::{self, Ended, Job, Place};
use crate::worker::batch::{FailedAttempt, Fate, Outcome, Verdict};
use crate::worker::keeper::Due;
use crate::worker::plan::{AfterFailure, Plan};
use crate::worker::repetition::{Limits, Repetition};
use crate::worker::run::Delayed;
use crate::worker::unit::{Holder, Unit};

/// The longest wait that is asked for: a year.
pub(super) const MAX_WAIT_MS: i64 = 365 * 24 * 3600 * 1000;

/// What a run says that has failed of it.
pub(crate) const PAST_DEADLINE: &str = "the run had not ended by its deadline";

/// What an attempt is made of, and through what its unit is held.
struct Parts {
    plan: Arc<Plan>,
    input: Encoded,
    dependencies: Vec<Dependency>,
    item: Option<Encoded>,
    signal: Option<Sent>,
    repetition: Option<Repetition>,
    run: Uuid,
    claim: i64,
    task: i64,
}

/// What a timer of the driver is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    Retry(Unit),
    /// Of an owned run.
    Deadline(Uuid),
}

impl Driver {
    pub(super) fn start_units(&mut self) {
        let mut busy = self.busy();
        while !self.stopping && !self.is_quiet() && self.running.len() + self.beginning.len() < self.options.concurrency
        {
            let Some(unit) = self.queues.pop(&busy) else { break };
            busy[unit.queue()] += 1;
            match self.caution(unit) {
                None => drop(self.start(unit)),
                Some(known) => self.begin_with_caution(unit, known),
            }
        }
        if self.queues.len() == 0 {
            self.share_at = None;
        } else {
            self.share_at.get_or_insert_with(|| Instant::now() + SHARE_AFTER);
        }
    }

    /// Starts an attempt; gives its serial number, unless its run or task has gone.
    pub(super) fn start(&mut self, unit: Unit) -> Option<u64> {
        let Parts { plan, input, dependencies, item, signal, repetition, run, claim, task } = self.parts(unit)?;
        let step = &plan.steps[unit.step];
        let context = StepContext::new(StepInfo {
            run_id: RunId::from(run),
            workflow: Arc::clone(&plan.workflow),
            step: Arc::clone(&step.name),
            number: unit.step,
            index: u32::try_from(unit.index).ok(),
            attempt: unit.attempt,
            max_attempts: self.max_attempts(unit, step.max_attempts),
            failure: self.failure_for(unit, &plan),
            cancellation: Cancellation::default(),
            notes: Notes::told_to(&self.reporter),
        });
        let told = context.clone();
        let job = Job {
            handlers: Arc::clone(&plan.handlers),
            step: unit.step,
            attempt: Attempt {
                context,
                tx: None,
                input,
                dependencies,
                item,
                signal,
                repeated: repetition.as_ref().map(Repetition::told),
            },
            timeout: step.timeout,
            limits: Limits::of(step, repetition.as_ref()),
            starts_child: step.child.is_some(),
            place: Place {
                pool: self.pool.clone(),
                bucket: self.options.bucket,
                worker: self.worker,
                claim,
                task,
                run,
                index: unit.index,
                attempts: unit.attempt,
            },
        };
        self.serial += 1;
        let serial = self.serial;
        let finished = self.finished.clone();
        let handle = tokio::spawn(async move {
            let (ended, duration) = attempt::run(job).await;
            let _ = finished.send(Finished { serial, ended, duration });
        });
        let running =
            Running { unit, since: Instant::now(), context: told, abort: handle.abort_handle(), cancelled: None };
        self.running.insert(serial, running);
        Some(serial)
    }

    /// What the run has failed of, for the step that is executed then.
    fn failure_for(&self, unit: Unit, plan: &Plan) -> Option<Failure> {
        match unit.holder {
            Holder::Run(id) if plan.hook == Some(unit.step) => self.runs.get(&id)?.failure.clone(),
            _ => None,
        }
    }

    /// How many attempts a unit has in all. Those that somebody gave it are the owner's: what has failed before is never shared.
    fn max_attempts(&self, unit: Unit, of_step: u16) -> u16 {
        match unit.holder {
            Holder::Run(id) => self.runs.get(&id).map_or(of_step, |run| run.max_attempts(unit.step, unit.index)),
            Holder::Task(id) => {
                let repetition = self.tasks.get(&id).and_then(|task| task.repetitions.get(&unit.index));
                of_step.saturating_add(repetition.map_or(0, |repetition| repetition.failed))
            }
        }
    }

    fn plan_of(&self, holder: Holder) -> Option<Arc<Plan>> {
        match holder {
            Holder::Run(id) => self.runs.get(&id).map(|run| Arc::clone(&run.plan)),
            Holder::Task(id) => self.tasks.get(&id).map(|task| Arc::clone(&task.plan)),
        }
    }

    /// Whether what a unit gives is the input of a run.
    fn starts_child(&self, unit: Unit) -> bool {
        let Holder::Run(id) = unit.holder else { return false };
        self.runs.get(&id).is_some_and(|run| run.plan.steps[unit.step].child.is_some())
    }

    fn parts(&self, unit: Unit) -> Option<Parts> {
        Some(match unit.holder {
            Holder::Run(id) => {
                let run = self.runs.get(&id)?;
                Parts {
                    plan: Arc::clone(&run.plan),
                    input: run.input.clone(),
                    dependencies: run.dependencies(unit.step),
                    item: run.item(unit.step, unit.index),
                    signal: run.signal(unit.step),
                    repetition: run.repetition(unit.step, unit.index).cloned(),
                    run: id,
                    claim: run.claim,
                    task: 0,
                }
            }
            Holder::Task(id) => {
                let task = self.tasks.get(&id)?;
                Parts {
                    plan: Arc::clone(&task.plan),
                    input: task.input.clone(),
                    dependencies: task.dependencies.clone(),
                    item: task.item(unit.index),
                    signal: task.signal.clone(),
                    repetition: task.repetitions.get(&unit.index).cloned(),
                    run: task.run,
                    claim: 0,
                    task: id,
                }
            }
        })
    }

    pub(super) fn finish(&mut self, Finished { serial, ended, duration }: Finished) {
        // One that was cut is no longer known.
        let Some(Running { unit, cancelled, .. }) = self.running.remove(&serial) else { return };
        let ended = match cancelled {
            Some(error) if !matches!(ended, Ended::Recorded(_) | Ended::AgainRecorded(_) | Ended::Lost) => {
                Ended::Failed { error, retry: Retry::Backoff }
            }
            _ => ended,
        };
        self.pace[unit.queue()] += 1;
        match unit.holder {
            Holder::Run(id) => {
                let Some(run) = self.runs.get_mut(&id) else { return };
                run.active -= 1;
                if run.leaving {
                    return;
                }
            }
            Holder::Task(id) => {
                if !self.tasks.contains_key(&id) {
                    return;
                }
            }
        }
        let duration_ms = duration.as_secs_f32() * 1000.0;
        match ended {
            Ended::Completed(input) if self.starts_child(unit) => self.start_child(unit, input),
            Ended::Completed(output) => self.record(unit, duration_ms, Verdict::Completed(output)),
            Ended::Recorded(output) => self.recorded(unit, &output),
            Ended::Again(again) | Ended::AgainRecorded(again) => self.repeat(unit, again),
            Ended::Failed { error, retry } => self.failed(unit, duration_ms, error, retry),
            Ended::Lost => self.forget(unit.holder),
        }
    }

    /// Puts an outcome on its way.
    pub(super) fn record(&mut self, unit: Unit, duration_ms: f32, verdict: Verdict) {
        let failed = if let Verdict::Failed(error) = &verdict { Some(error.clone()) } else { None };
        let Some((batch, entry)) = self.entry(unit.holder) else { return };
        batch.outcomes.push(Outcome {
            entry,
            step: unit.step,
            index: unit.index,
            attempts: unit.attempt,
            duration_ms,
            verdict,
        });
        match unit.holder {
            Holder::Run(id) => {
                let Some(run) = self.runs.get_mut(&id) else { return };
                run.recording += 1;
                self.bytes = self.bytes.saturating_sub(run.bytes);
                run.report(unit.step, unit.index);
                self.bytes += run.bytes;
                if run.plan.hook == Some(unit.step) {
                    let reason = run.hook_done();
                    self.end(id, Fate::Failed(reason));
                } else if let Some(error) = failed {
                    self.note_failure(id, unit.step, unit.index, error);
                    self.end(id, Fate::Failed(None));
                } else if run.is_complete() {
                    self.end(id, Fate::Completed);
                }
            }
            Holder::Task(id) => self.unit_of_task_left(id),
        }
    }

    /// Takes in an outcome that its own transaction has recorded.
    pub(super) fn recorded(&mut self, unit: Unit, output: &Encoded) {
        match unit.holder {
            Holder::Run(id) => {
                self.settle(id, unit.step, unit.index, Some(output));
                self.end_after_hook(id);
            }
            Holder::Task(id) => self.unit_of_task_left(id),
        }
    }

    pub(super) fn failed(&mut self, unit: Unit, duration_ms: f32, error: String, retry: Retry) {
        let Some(plan) = self.plan_of(unit.holder) else { return };
        let step = &plan.steps[unit.step];
        let next = step.after_failure(unit.attempt, self.max_attempts(unit, step.max_attempts), retry);
        let run = self.run_of(unit.holder).map(RunId::from);
        tracing::debug!(
            ?run,
            step = &*step.name,
            index = unit.index,
            attempt = unit.attempt,
            ?next,
            error,
            "an attempt failed"
        );
        let wait = match next {
            AfterFailure::Retry(wait) => wait,
            AfterFailure::Skip => return self.record(unit, duration_ms, Verdict::Skipped(error)),
            AfterFailure::Fail => return self.record(unit, duration_ms, Verdict::Failed(error)),
        };

        let item = match unit.holder {
            Holder::Task(id) => self.tasks.get(&id).and_then(|task| task.item(unit.index)),
            Holder::Run(_) => None,
        };
        let Some((batch, entry)) = self.entry(unit.holder) else { return };
        batch.attempts.push(FailedAttempt {
            entry,
            step: unit.step,
            index: unit.index,
            number: unit.attempt,
            duration_ms,
            retry_ms: i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).min(MAX_WAIT_MS),
            error,
            item,
        });
        match unit.holder {
            Holder::Run(id) => {
                let Some(run) = self.runs.get_mut(&id) else { return };
                run.recording += 1;
                let at = Instant::now() + wait.min(Duration::from_millis(MAX_WAIT_MS.unsigned_abs()));
                let unit = Unit { attempt: unit.attempt.saturating_add(1), ..unit };
                run.retries.push((at, unit));
                self.time(at, Timer::Retry(unit));
            }
            Holder::Task(id) => {
                // It becomes a task of its own, which the keeper brings in.
                let _ = self.due.send(Due::At(Instant::now() + wait));
                self.unit_of_task_left(id);
            }
        }
    }

    /// No attempt is left: the unit fails, or is skipped where its step says so.
    pub(super) fn give_up(&mut self, unit: Unit, duration_ms: f32, error: String) {
        let skips =
            self.plan_of(unit.holder).map(|plan| plan.steps[unit.step].when_exhausted()) == Some(AfterFailure::Skip);
        self.record(unit, duration_ms, if skips { Verdict::Skipped(error) } else { Verdict::Failed(error) });
    }

    pub(super) fn unit_of_task_left(&mut self, id: i64) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.left = task.left.saturating_sub(1);
        if task.left == 0 {
            self.end_task(id);
        }
    }

    pub(super) fn end_task(&mut self, id: i64) {
        if let Some((batch, entry)) = self.entry(Holder::Task(id)) {
            batch.entries[entry].fate = Fate::Completed;
        }
    }

    pub(super) fn time(&mut self, at: Instant, timer: Timer) {
        self.serial += 1;
        let id = match timer {
            Timer::Retry(Unit { holder: Holder::Run(id), .. }) | Timer::Deadline(id) => id,
            Timer::Retry(_) => return,
        };
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.timers.push(self.serial);
        self.timers.push(Reverse((at, self.serial)));
        self.timed.insert(self.serial, timer);
    }

    /// Forgets the timers of a run that is no longer here: they may be for a far time.
    pub(super) fn forget_timers(&mut self, serials: &[u64]) {
        for serial in serials {
            self.timed.remove(serial);
        }
        if self.timers.len() > 2 * self.timed.len() + 1_000 {
            let timed = &self.timed;
            self.timers.retain(|Reverse((_, serial))| timed.contains_key(serial));
        }
    }

    /// Queues the retries whose time has come, and ends the runs whose deadline has passed.
    pub(super) fn ring_timers(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, serial))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            match self.timed.remove(&serial) {
                Some(Timer::Retry(unit)) => self.retry_due(unit, now),
                Some(Timer::Deadline(id)) => self.deadline_due(id, now),
                None => {}
            }
        }
    }

    fn retry_due(&mut self, unit: Unit, now: Instant) {
        let Holder::Run(id) = unit.holder else { return };
        let Some(run) = self.runs.get_mut(&id).filter(|run| !run.leaving && run.aside.is_none()) else { return };
        if unit.attempt == 0 && run.plan.steps[unit.step].signal.is_some() {
            if run.waits_until(unit.step).is_some_and(|at| at <= now) {
                run.overdue.push((unit.step, self.number));
                self.summon(&[id]);
            }
            return;
        }
        let before = run.retries.len();
        run.retries.retain(|(at, other)| *other != unit || *at > now);
        if run.retries.len() == before {
            return;
        }
        if unit.attempt == 0 {
            self.bytes = self.bytes.saturating_sub(run.bytes);
            let opened = run.open_delayed(unit.step);
            self.bytes += run.bytes;
            return self.advance(id, opened);
        }
        run.active += 1;
        self.enqueue(vec![unit]);
    }

    /// The wait of a step for its signal is recorded. The database counts it from the round trip on: so does this worker, which would
    /// otherwise be through with it while a signal that comes counts as in time.
    pub(super) fn wait_recorded(&mut self, id: Uuid, attempt: &FailedAttempt) {
        let wait = Duration::from_millis(attempt.retry_ms.unsigned_abs());
        let Some(until) = Instant::now().checked_add(wait) else { return };
        if let Some(unit) = self.runs.get_mut(&id).and_then(|run| run.wait_recorded(attempt.step, until)) {
            self.time(until, Timer::Retry(unit));
        }
    }

    /// Puts it on its way that a step waits before its first attempt.
    pub(super) fn delay(&mut self, Delayed { unit, until, wait, why }: Delayed) {
        self.time(until, Timer::Retry(unit));
        let Holder::Run(id) = unit.holder else { return };
        let Some((batch, entry)) = self.entry(unit.holder) else { return };
        batch.attempts.push(FailedAttempt {
            entry,
            step: unit.step,
            index: unit.index,
            number: 0,
            duration_ms: 0.0,
            retry_ms: i64::try_from(wait.as_millis()).unwrap_or(MAX_WAIT_MS),
            error: why,
            item: None,
        });
        if let Some(run) = self.runs.get_mut(&id) {
            run.recording += 1;
        }
    }

    fn deadline_due(&mut self, id: Uuid, now: Instant) {
        // A timer may be left from an earlier time that the run was here.
        if self.runs.get(&id).is_some_and(|run| run.deadline.is_some_and(|deadline| deadline <= now)) {
            self.end(id, Fate::Failed(Some(PAST_DEADLINE.to_owned())));
        }
    }

    /// Sets the timers of a run's retries and of its deadline, in place of those that it had.
    pub(super) fn set_timers(&mut self, id: Uuid) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let (old, retries, deadline) = (std::mem::take(&mut run.timers), run.retries.clone(), run.deadline);
        self.forget_timers(&old);
        if let Some(deadline) = deadline {
            self.time(deadline, Timer::Deadline(id));
        }
        for (at, unit) in retries {
            self.time(at, Timer::Retry(unit));
        }
    }
}
