//! Owned runs: how they go on, end, park, and are let go.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::units::MAX_WAIT_MS;
use super::{Driver, Exit};
use crate::encoded::Encoded;
use crate::worker::batch::{Batch, Entry, Fate, MapSize, Verdict};
use crate::worker::run::{Failing, Opened};
use crate::worker::unit::{Holder, PLAIN, Unit, period_of};

/// From how many rounds of all slots on the units of a level are shared at once.
const MANY_ROUNDS: usize = 8;

impl Driver {
    /// Takes in a committed outcome of an owned run.
    ///
    /// No output says that it was skipped.
    pub(super) fn settle(&mut self, id: Uuid, step: usize, index: i32, output: Option<&Encoded>) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| !run.leaving) else { return };
        self.bytes = self.bytes.saturating_sub(run.bytes);
        let opened = run.settle(step, index, output);
        self.bytes += run.bytes;
        self.advance(id, opened);
    }

    /// Queues what a run has opened, and ends it where nothing is left to do.
    pub(super) fn advance(&mut self, id: Uuid, opened: Opened) {
        if !opened.maps.is_empty()
            && let Some((batch, entry)) = self.entry(Holder::Run(id))
        {
            batch.maps.extend(opened.maps.iter().map(|(step, items)| MapSize { entry, step: *step, items: *items }));
        }
        if let Some((step, error)) = opened.failed {
            if let Some(error) = error {
                // Before its first attempt.
                let unit = Unit { holder: Holder::Run(id), step, index: PLAIN, attempt: 0, queue: 0 };
                self.record(unit, 0.0, Verdict::Failed(error));
            }
            return self.end(id, Fate::Failed(None));
        }
        for delayed in opened.delayed {
            self.delay(delayed);
        }
        for (step, reason) in opened.skipped {
            let unit = Unit { holder: Holder::Run(id), step, index: PLAIN, attempt: 0, queue: 0 };
            self.record(unit, 0.0, Verdict::Skipped(reason));
        }
        let ended = !opened.children.is_empty();
        for (step, index, child) in opened.children {
            self.child_ended(id, step, index, child);
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        if ended && (run.leaving || run.failing != Failing::No) {
            // It has failed of one of them: nothing else of it begins.
            return;
        }
        if run.is_complete() {
            return self.end(id, Fate::Completed);
        }
        if run.aside.is_some() {
            // Whoever has it next opens them again.
            return;
        }
        run.active += opened.units.len();
        if opened.units.len() >= MANY_ROUNDS * self.options.concurrency {
            // They would wait for long: there is no need to see that they do.
            self.share_at = Some(Instant::now());
        }
        self.enqueue(opened.units);
    }

    /// Puts the end of a run on its way: whatever of it still runs here is cut.
    pub(super) fn end(&mut self, id: Uuid, fate: Fate) {
        let holder = Holder::Run(id);
        let Some(run) = self.runs.get_mut(&id) else { return };
        if run.leaving {
            return;
        }
        let is_active = run.active > 0;
        if let Fate::Failed(reason) = &fate {
            let begins = run.failing == Failing::No;
            if run.fails_first(reason.as_deref()) {
                if begins {
                    self.begin_failing(id, is_active);
                }
                return;
            }
        }
        run.leaving = true;
        let (shared, family) = (run.shared, run.family);
        let wishes = std::mem::take(&mut run.wishes);
        if is_active {
            self.cut(holder);
        }
        if let Some((batch, entry)) = self.entry(holder) {
            batch.heard.extend(wishes);
            batch.families.extend(family.then_some(id));
            batch.entries[entry].fate = fate;
            batch.entries[entry].shared = shared;
        }
    }

    /// Puts it on its way that a run has failed, of which a step is executed then: whatever else of it runs is cut.
    fn begin_failing(&mut self, id: Uuid, is_active: bool) {
        let holder = Holder::Run(id);
        if is_active {
            self.cut(holder);
        }
        self.set_timers(id);
        let (shared, family) = self.runs.get(&id).map_or((false, false), |run| (run.shared, run.family));
        if let Some((batch, entry)) = self.entry(holder) {
            batch.families.extend(family.then_some(id));
            batch.entries[entry].fate = Fate::Failing;
            batch.entries[entry].shared = shared;
        }
    }

    /// It is recorded that a run has failed: the step that is for that begins.
    pub(super) fn begin_hook(&mut self, id: Uuid, batch: &Batch, entry: usize) {
        let refused = batch.outcomes.iter().find_map(|outcome| match &outcome.verdict {
            Verdict::Failed(error) if outcome.entry == entry => Some((outcome.step, outcome.index, error.clone())),
            _ => None,
        });
        let Some(run) = self.runs.get_mut(&id) else { return };
        if run.failing != Failing::No && run.leaving {
            return;
        }
        // Where the database has refused an output, it was about to leave.
        if std::mem::take(&mut run.leaving) && run.aside.is_some() {
            self.aside.insert(id);
        }
        if let (None, Some((step, index, error))) = (&run.failure, refused) {
            run.failure = Some(run.failure_of(step, index, error));
        }
        if run.failing == Failing::No {
            // The database has refused an output: what else of it runs was not cut yet.
            run.fails_first(None);
            self.cut(Holder::Run(id));
            self.set_timers(id);
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        if run.has_opened_hook() {
            return;
        }
        let opened = run.open_hook();
        // It may have had attempts before, and wait for the next one.
        self.set_timers(id);
        self.advance(id, opened);
        self.end_after_hook(id);
    }

    /// Ends a run that has failed where the step that is for that is recorded already.
    pub(super) fn end_after_hook(&mut self, id: Uuid) {
        if let Some(run) = self.runs.get_mut(&id)
            && run.is_hook_settled()
        {
            let reason = run.hook_done();
            self.end(id, Fate::Failed(reason));
        }
    }

    /// Notes what a run has failed of.
    pub(super) fn note_failure(&mut self, id: Uuid, step: usize, index: i32, error: String) {
        if let Some(run) = self.runs.get_mut(&id)
            && run.failure.is_none()
        {
            run.failure = Some(run.failure_of(step, index, error));
        }
    }

    /// Puts the parking of a run on its way.
    pub(super) fn park(&mut self, id: Uuid, wait: Duration) {
        self.leave(id, Fate::Parked { due_ms: due_ms(wait).max(1) });
    }

    /// Puts it on its way that a run leaves this worker, and has not ended.
    pub(super) fn leave(&mut self, id: Uuid, fate: Fate) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.leaving = true;
        let shared = run.shared;
        let wishes = std::mem::take(&mut run.wishes);
        if let Some((batch, entry)) = self.entry(Holder::Run(id)) {
            batch.heard.extend(wishes);
            batch.entries[entry].fate = fate;
            batch.entries[entry].shared = shared;
        }
    }

    /// A run that could not be parked, since a message has come: it goes on here.
    pub(super) fn unpark(&mut self, id: Uuid) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.leaving = false;
        run.summoned = true;
        let lane = run.lane;
        self.lanes[lane].listening.insert(id);
        // Timers that have rung meanwhile found it leaving.
        self.set_timers(id);
    }

    /// Cuts what runs for a holder, and forgets what waits.
    pub(super) fn cut(&mut self, holder: Holder) {
        self.queues.remove(holder);
        self.forget_beginnings(holder);
        self.suspects.remove(holder);
        let grace = self.options.cancel_grace;
        self.running.retain(|_, running| {
            let cut = running.unit.holder == holder;
            if cut {
                running.drop_handler(grace);
            }
            !cut
        });
    }

    /// Forgets the units of a holder whose beginning is on its way to the database, and gives how many there were.
    pub(super) fn forget_beginnings(&mut self, holder: Holder) -> usize {
        let before = self.beginning.len();
        self.beginning.retain(|unit, _| unit.holder != holder);
        before - self.beginning.len()
    }

    pub(super) fn cut_all(&mut self) {
        for (_, running) in self.running.drain() {
            running.context.cancel();
            running.abort.abort();
        }
    }

    /// Lets go of a run or task that is no longer this worker's.
    pub(super) fn forget(&mut self, holder: Holder) {
        let is_active = match holder {
            Holder::Run(id) => self.runs.get(&id).is_some_and(|run| run.active > 0),
            Holder::Task(id) => self.tasks.get(&id).is_some_and(|task| task.left > 0),
        };
        if is_active {
            self.cut(holder);
        }
        let bytes = match holder {
            Holder::Run(id) => self.runs.remove(&id).map(|run| {
                self.lanes[run.lane].runs -= 1;
                self.forget_timers(&run.timers);
                run.bytes
            }),
            Holder::Task(id) => self.tasks.remove(&id).map(|task| task.bytes()),
        };
        self.bytes = self.bytes.saturating_sub(bytes.unwrap_or(0));
    }

    pub(super) fn abandon(&mut self) -> Exit {
        tracing::warn!(
            worker = self.worker,
            "this worker counts as dead: it drops its work and begins again under a new id"
        );
        self.cut_all();
        Exit::Fenced
    }

    /// The entry of a run or task in the batch of its lane.
    pub(super) fn entry(&mut self, holder: Holder) -> Option<(&mut Batch, usize)> {
        let (run, claim, lane, hook) = match holder {
            Holder::Run(id) => self.runs.get(&id).map(|run| (id, run.claim, run.lane, run.plan.hook.is_some()))?,
            Holder::Task(id) => self.tasks.get(&id).map(|task| (task.run, 0, task.lane, false))?,
        };
        let batch = &mut self.lanes[lane].batch;
        let entry = batch.entry(holder, claim, || Entry {
            holder,
            run,
            period: period_of(run),
            claim,
            fate: Fate::GoesOn,
            shared: false,
            hook,
        });
        Some((batch, entry))
    }

    pub(super) fn run_of(&self, holder: Holder) -> Option<Uuid> {
        match holder {
            Holder::Run(id) => Some(id),
            Holder::Task(id) => self.tasks.get(&id).map(|task| task.run),
        }
    }
}

/// A wait in whole milliseconds, and at most the longest.
pub(super) fn due_ms(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(MAX_WAIT_MS).min(MAX_WAIT_MS)
}
