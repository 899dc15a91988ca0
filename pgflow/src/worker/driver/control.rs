//! What people want of runs: it comes as messages to their owner.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::runs::due_ms;
use super::{Driver, Finished, Running};
use crate::signal::Sent;
use crate::step::Retry;
use crate::worker::attempt::Ended;
use crate::worker::batch::Fate;
use crate::worker::exchange::Row;
use crate::worker::family::Child;
use crate::worker::run::Aside;
use crate::worker::unit::{Holder, Unit};

/// A message of somebody about a run; see `pgflow.inbox`.
#[derive(Debug)]
pub(super) struct Message {
    id: i64,
    run: Uuid,
    wish: Wish,
    reason: Option<String>,
}

#[derive(Debug)]
enum Wish {
    Cancel,
    Pause,
    Resume,
    /// Of a step, or of one item.
    RetryNow(usize, Option<i32>),
    CancelAttempt(usize, i32),
    /// A signal for a step; none where it has come with the run.
    Signal(usize, Option<Sent>),
    /// A child of a unit has ended; none where that has come with the run.
    Child(usize, i32, Option<Child>),
}

/// What messages speak of, told before them.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) signals: HashMap<(Uuid, usize), Sent>,
    pub(super) children: HashMap<(Uuid, (usize, i32)), Child>,
}

impl Message {
    /// That of a row, if somebody wants something.
    pub(super) fn of(run: Uuid, row: &Row, told: &mut Told) -> Option<Self> {
        let step = row.step.and_then(|step| usize::try_from(step).ok());
        let wish = match (row.flag?.cast_unsigned(), step, row.index) {
            (b'x', ..) => Wish::Cancel,
            (b'p', ..) => Wish::Pause,
            (b'r', ..) => Wish::Resume,
            (b'n', Some(step), index) => Wish::RetryNow(step, index),
            (b'a', Some(step), Some(index)) => Wish::CancelAttempt(step, index),
            (b'g', Some(step), _) => Wish::Signal(step, told.signals.remove(&(run, step))),
            (b'c', Some(step), Some(index)) => Wish::Child(step, index, told.children.remove(&(run, (step, index)))),
            _ => return None,
        };
        Some(Self { id: row.number?, run, wish, reason: row.text.clone() })
    }
}

impl Driver {
    /// Looks for the messages of owned runs as soon as may be.
    pub(super) fn summon(&mut self, runs: &[Uuid]) {
        for id in runs {
            if let Some(run) = self.runs.get_mut(id) {
                run.summoned = true;
                let lane = &mut self.lanes[run.lane];
                lane.listening.insert(*id);
                lane.next_watch = Instant::now();
            }
        }
    }

    /// Does what somebody wants.
    pub(super) fn obey(&mut self, message: Message) {
        let Message { id: message, run: id, wish, reason } = message;
        if !self.stays(id) {
            return;
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        tracing::debug!(worker = self.worker, run = %id, ?wish, "somebody wants something of a run");
        let (lane, aside) = (run.lane, run.aside);
        // What a run is to leave for counts as heard when it leaves: where its worker dies before, the next one hears it.
        match wish {
            Wish::Pause => run.will_hear(message),
            Wish::Resume if aside.is_some() => run.will_hear(message),
            // For whoever has it next.
            Wish::RetryNow(..) | Wish::Child(..) if aside.is_some() => return,
            _ => self.lanes[lane].batch.heard.push(message),
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        match wish {
            Wish::Cancel => self.end(id, Fate::Cancelled(reason)),
            Wish::Pause => self.set_aside(id, Aside::Paused),
            // Its work was dropped here. Whoever takes it reads what is recorded, this worker perhaps.
            Wish::Resume if aside.is_some() => self.set_aside(id, Aside::HandedBack),
            Wish::Resume => {}
            Wish::RetryNow(step, index) => {
                run.retry_now(step, index, Instant::now());
                self.set_timers(id);
            }
            // Whoever has it next finds the signal.
            Wish::Signal(..) if aside.is_some() => {}
            Wish::Signal(step, signal) => {
                let Some(signal) = signal else { return };
                self.bytes = self.bytes.saturating_sub(run.bytes);
                let opened = run.take_signal(step, signal);
                self.bytes += run.bytes;
                self.advance(id, opened);
            }
            Wish::Child(step, index, child) => {
                if let Some(child) = child {
                    self.child_ended(id, step, index, child);
                }
            }
            Wish::CancelAttempt(step, index) => self.cancel_attempt(Holder::Run(id), step, index, reason.as_deref()),
        }
    }

    /// Begins the steps without their signals whose time was over before a round trip was sent that has brought none.
    pub(super) fn open_overdue(&mut self, number: i64, watched: &[Uuid]) {
        for id in watched {
            let Some(run) = self.runs.get_mut(id).filter(|run| !run.leaving && run.aside.is_none()) else { continue };
            let overdue: Vec<(usize, i64)> = run.overdue.extract_if(.., |(_, before)| *before < number).collect();
            for (step, _) in overdue {
                let Some(run) = self.runs.get_mut(id) else { break };
                self.bytes = self.bytes.saturating_sub(run.bytes);
                let opened = run.open_overdue(step);
                self.bytes += run.bytes;
                self.advance(*id, opened);
            }
        }
    }

    /// Keeps a run that was about to leave without its end, if that was not sent yet; gives whether it is here, and has not ended. In
    /// an answer to its lane, it was not: what was sent with the question has been acknowledged.
    fn stays(&mut self, id: Uuid) -> bool {
        let Some(run) = self.runs.get(&id) else { return false };
        if !run.leaving {
            return true;
        }
        let Some((batch, entry)) = self.entry(Holder::Run(id)) else { return false };
        let fate = &mut batch.entries[entry].fate;
        if !matches!(fate, Fate::Parked { .. } | Fate::Paused { .. } | Fate::HandedBack) {
            return false;
        }
        *fate = Fate::GoesOn;
        if let Some(run) = self.runs.get_mut(&id) {
            run.leaving = false;
            if run.aside.is_some() {
                self.aside.insert(id);
            }
        }
        self.set_timers(id);
        true
    }

    /// Begins nothing more of a run, and lets it leave when what of it runs here has ended.
    fn set_aside(&mut self, id: Uuid, aside: Aside) {
        let holder = Holder::Run(id);
        let queued = self.queues.remove(holder) + self.suspects.remove(holder) + self.forget_beginnings(holder);
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.active -= queued;
        run.aside = Some(aside);
        self.aside.insert(id);
    }

    /// Lets the runs leave that were set aside, and of which nothing is under way here any more.
    pub(super) fn let_leave(&mut self) {
        if self.aside.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut leaving = Vec::new();
        let (runs, lanes) = (&self.runs, &self.lanes);
        self.aside.retain(|id| {
            let Some((run, aside)) =
                runs.get(id).and_then(|run| Some((run, run.aside?))).filter(|(run, _)| !run.leaving)
            else {
                return false;
            };
            let batch = &lanes[run.lane].batch;
            let is_giving = batch.shares.iter().any(|share| batch.entries[share.entry].run == *id);
            let leaves = run.active == 0 && run.recording == 0 && !is_giving;
            if leaves {
                leaving.push((*id, fate_of(aside, run.waits_for(now))));
            }
            !leaves
        });
        for (id, fate) in leaving {
            self.leave(id, fate);
        }
    }

    /// Drops the attempt of a unit that runs here, as a failure.
    fn cancel_attempt(&mut self, holder: Holder, step: usize, index: i32, reason: Option<&str>) {
        let is_it = |unit: &Unit| unit.holder == holder && unit.step == step && unit.index == index;
        let grace = self.options.cancel_grace;
        let Some((serial, running)) =
            self.running.iter_mut().find(|(_, running)| is_it(&running.unit) && running.cancelled.is_none())
        else {
            return;
        };
        let error = match reason {
            Some(reason) => format!("the attempt was cancelled: {reason}"),
            None => "the attempt was cancelled".to_owned(),
        };
        let serial = *serial;
        let ended = Ended::Failed { error: error.clone(), retry: Retry::Backoff };
        if running.context.cancel() {
            // It ends by itself, or after a while.
            running.cancelled = Some(error);
            let (abort, since, finished) = (running.abort.clone(), running.since, self.finished.clone());
            tokio::spawn(async move {
                tokio::time::sleep(grace).await;
                abort.abort();
                let _ = finished.send(Finished { serial, ended, duration: since.elapsed() });
            });
        } else {
            running.abort.abort();
            let duration = running.since.elapsed();
            self.finish(Finished { serial, ended, duration });
        }
    }

    /// Drops an attempt of a unit of a task, as a failure.
    pub(super) fn cancel_attempt_of_task(&mut self, id: i64, index: Option<i32>) {
        // Told again and again; what begins later is not meant.
        if let (Some(task), Some(index)) = (self.tasks.get_mut(&id), index)
            && task.cancelled.insert(index)
        {
            let step = task.step;
            self.cancel_attempt(Holder::Task(id), step, index, None);
        }
    }

    /// Lets go of a task that is no longer this worker's: its run has ended, or is paused.
    pub(super) fn lose_task(&mut self, id: i64) {
        if let Some(task) = self.tasks.get(&id) {
            tracing::debug!(worker = self.worker, task = id, run = %task.run, "a task is no longer with this worker");
            self.forget(Holder::Task(id));
        }
    }
}

impl Running {
    /// Drops the handler: at once, or after a while where it has asked to be told.
    pub(super) fn drop_handler(&self, grace: Duration) {
        let abort = self.abort.clone();
        if self.context.cancel() {
            tokio::spawn(async move {
                tokio::time::sleep(grace).await;
                abort.abort();
            });
        } else {
            abort.abort();
        }
    }
}

fn fate_of(aside: Aside, wait: Option<Duration>) -> Fate {
    match aside {
        Aside::Paused => Fate::Paused { due_ms: due_ms(wait.unwrap_or_default()) },
        Aside::HandedBack => Fate::HandedBack,
    }
}
