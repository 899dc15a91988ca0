//! The round trips: what goes into one, and what its answer changes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::lane::{LANES, Lane};
use super::share::LARGEST_RANGE;
use super::{Driver, Exchange, WATCH};
use crate::encoded::Encoded;
use crate::news::{Ended, News};
use crate::worker::batch::{Batch, Entry, Fate, Outcome, Verdict};
use crate::worker::exchange::{Request, Row, exchange, refused};
use crate::worker::hand::FIRST_DIRECT;
use crate::worker::keeper::Due;
use crate::worker::run::OwnedRun;
use crate::worker::unit::{Holder, PLAIN};

/// A run whose next attempt is this far away is parked rather than kept.
const PARK_AFTER: Duration = Duration::from_secs(1);
/// The most bytes of outputs in one round trip, unless a single one has more: a message to the server has a GiB at most.
const LARGEST_BATCH: usize = 64 * 1024 * 1024;
/// How many outcomes wait for one another while the database is busy with other ones, and for how long at most.
const GATHERED: usize = 96;
pub(super) const GATHER: Duration = Duration::from_millis(10);
/// For how many round trips runs and tasks are fetched ahead.
const AHEAD: usize = 2;
const AHEAD_OF_TASKS: usize = 4;
/// The most runs that one claim takes: their ids are one row.
const LARGEST_CLAIM: usize = 256;

impl Driver {
    /// The next round trip of a lane that is free, if there is anything to say or to ask.
    pub(super) fn next_exchange(&mut self, lane: usize) -> Option<Exchange> {
        if self.lanes[lane].is_busy() {
            return None;
        }
        let now = Instant::now();
        let rooms = self.rooms_in(lane);
        let room: usize = rooms.iter().sum();
        let watch_due = now >= self.lanes[lane].next_watch;
        let poll_due = now >= self.next_poll;
        let may_take_tasks = !self.lanes.iter().any(|lane| lane.takes_tasks);
        // A range is fetched before the last one runs out.
        let rooms_for_tasks = if room > 0 { rooms.clone() } else { self.rooms(AHEAD_OF_TASKS) };
        let wants_tasks =
            may_take_tasks && has_room(&rooms_for_tasks, |queue| poll_due || self.hungry_for_tasks[queue]);
        let wants_work = wants_tasks || has_room(&rooms, |queue| poll_due || self.hungry[queue] || self.plenty[queue]);
        let watch: Vec<Uuid> = if watch_due {
            let runs = &self.runs;
            let listening = &mut self.lanes[lane].listening;
            listening.retain(|id| runs.get(id).is_some_and(|run| run.lane == lane && run.listens()));
            listening.iter().copied().collect()
        } else {
            Vec::new()
        };
        let asks_for_tasks = wants_tasks || self.tasks_in_doubt && may_take_tasks;
        if !self.is_worth_sending(lane, now) && !wants_work && watch.is_empty() && !asks_for_tasks {
            if poll_due && self.may_claim(lane) {
                self.next_poll = now + self.options.poll_interval;
            }
            return None;
        }
        let mut link = self.lanes[lane].link.take()?;
        self.lanes[lane].gathers_since = None;
        if watch_due {
            // Where more could be given away, it matters when the others have taken all.
            self.lanes[lane].next_watch = now + if self.surplus() > 0 { WATCH / 5 } else { WATCH };
        }
        if wants_tasks {
            sated(&mut self.hungry_for_tasks, &rooms_for_tasks);
        }
        if asks_for_tasks {
            self.tasks_in_doubt = false;
        }
        for id in &watch {
            // Whatever is said of it from here on, it is summoned again.
            if let Some(run) = self.runs.get_mut(id) {
                run.summoned = false;
            }
        }
        if wants_work {
            sated(&mut self.hungry, &rooms);
            self.next_poll = now + self.options.poll_interval.mul_f64(0.9 + fastrand::f64() / 5.0);
        }
        self.number += 1;
        // What one claim cannot hold is left to the next one.
        let rooms = if wants_work && room > 0 { self.queues.split(LARGEST_CLAIM, &rooms) } else { Vec::new() };
        self.lanes[lane].asked.clone_from(&rooms);
        self.lanes[lane].takes_tasks = asks_for_tasks;
        let batch = self.lanes[lane].batch.take(LARGEST_BATCH);
        let versions: Vec<i32> = self.plans.keys().copied().collect();
        let mut request = Arc::new(Request {
            bucket: self.options.bucket,
            worker: self.worker,
            number: self.number,
            repeated: false,
            marker: std::mem::take(&mut self.lanes[lane].marker),
            queues: Arc::clone(&self.queue_names),
            marks: if wants_work { self.marks.take(now, self.number, self.queues.count(), &versions) } else { None },
            versions,
            max_runs: (!rooms.is_empty()).then(|| rooms.iter().map(|room| limit(*room)).collect()),
            max_tasks: wants_tasks
                .then(|| rooms_for_tasks.iter().map(|room| limit(self.tasks_wanted(*room))).collect()),
            turns: self.turns.clone(),
            batch,
            watch_from: watch.iter().map(|id| self.runs.get(id).map_or(PLAIN, OwnedRun::out_from)).collect(),
            watch,
            known_tasks: if asks_for_tasks { self.tasks.keys().copied().collect() } else { Vec::new() },
        });
        Some(
            async move {
                let reply = exchange(&mut link, &mut request).await;
                // Nobody else has it by now.
                (lane, link, Arc::into_inner(request), reply)
            }
            .boxed(),
        )
    }

    /// Whether a lane's batch goes now. Where the database is busy with another lane's, and more will come soon, it gathers for a while.
    fn is_worth_sending(&mut self, lane: usize, now: Instant) -> bool {
        if self.lanes[lane].batch.is_empty() {
            return false;
        }
        let alone = !self.lanes.iter().any(Lane::is_busy);
        let since = *self.lanes[lane].gathers_since.get_or_insert(now);
        let enough = GATHERED.min(self.running.len());
        alone || self.lanes[lane].batch.outcomes.len() >= enough || now >= since + GATHER
    }

    /// Whether a lane claims at all: one that has far more runs than another leaves what is new to that one.
    pub(super) fn may_claim(&self, lane: usize) -> bool {
        let fewest = self.lanes.iter().map(|lane| lane.runs).min().unwrap_or(0);
        self.lanes[lane].runs <= fewest * 2 + LARGEST_CLAIM
    }

    /// How many more units of each queue a lane takes.
    fn rooms_in(&mut self, lane: usize) -> Vec<usize> {
        if !self.may_claim(lane) {
            return vec![0; self.queues.count()];
        }
        let mut rooms = self.rooms(AHEAD);
        for (queue, room) in rooms.iter_mut().enumerate() {
            let asked: usize = self.lanes.iter().filter_map(|lane| lane.asked.get(queue)).sum();
            *room = room.saturating_sub(asked);
        }
        rooms
    }

    /// How many more units of each queue this worker takes: what fills its slots, or what it gets through in so many round trips.
    fn rooms(&mut self, ahead: usize) -> Vec<usize> {
        if self.stopping || self.runs.len() >= self.options.most_runs || self.is_quiet() {
            return vec![0; self.queues.count()];
        }
        let target = |slots: usize, pace: usize| (slots + slots / 4).max(pace * ahead);
        let pace = |queue: usize| self.pace[queue].max(self.former_pace[queue]);
        let fit = self.options.memory_budget.saturating_sub(self.bytes) / self.bytes_a_run.max(1);
        let all = target(self.options.concurrency, (0..self.queues.count()).map(pace).sum());
        let held: Vec<usize> =
            self.busy().into_iter().enumerate().map(|(queue, busy)| busy + self.queues.len_of(queue)).collect();
        let targets: Vec<usize> = (0..held.len()).map(|queue| target(self.queues.slots(queue), pace(queue))).collect();
        // What waits in a queue beyond that keeps nothing from the others.
        let counted: usize = held.iter().zip(&targets).map(|(held, target)| held.min(target)).sum();
        let room = all.saturating_sub(counted + self.suspects.len()).min(fit);
        let most: Vec<usize> = held.iter().zip(&targets).map(|(held, target)| target.saturating_sub(*held)).collect();
        self.queues.split(room, &most)
    }

    pub(super) fn take_in(&mut self, lane: usize, mut request: Request, rows: Vec<Row>) {
        std::mem::swap(&mut self.former_pace, &mut self.pace);
        self.pace.fill(0);
        self.turn = (lane + 1) % LANES;
        if !request.batch.shares.is_empty() {
            // Whoever is free first takes them, and that may be this one.
            self.hungry_for_tasks.fill(true);
            self.lanes[lane].marker = request.number;
        }
        let asked = std::mem::take(&mut self.lanes[lane].asked);
        self.lanes[lane].takes_tasks = false;
        let tasks = rows.iter().filter(|row| row.kind == 9).count();
        if asked.iter().any(|asked| *asked > 0) {
            self.note_plenty(&asked, &rows);
        }
        if tasks > 0 {
            self.hungry_for_tasks.fill(true);
        }
        if request.max_tasks.is_some() && tasks == 0 {
            // Nothing is known of the next ones: one is enough, it may be large.
            self.task_size = LARGEST_RANGE;
        }

        let news = self.acknowledge(lane, &mut request, &rows);
        self.news.tell(news);
        self.take_rows(lane, request.number, &request.watch, rows);
        self.marks.answered(Instant::now(), request.number, self.options.poll_interval);
        self.park_idle();
    }

    /// Notes which queues have given all that was asked of them.
    fn note_plenty(&mut self, asked: &[usize], rows: &[Row]) {
        for (place, asked) in asked.iter().enumerate().filter(|(_, asked)| **asked > 0) {
            let is_from =
                |row: &&Row| row.kind == 4 && row.index.is_none_or(|index| usize::try_from(index) == Ok(place + 1));
            self.plenty[place] = rows.iter().filter(is_from).count() >= *asked;
        }
    }

    /// What was sent is committed: outcomes count, ends are ends; what was refused is let go.
    fn acknowledge(&mut self, lane: usize, request: &mut Request, rows: &[Row]) -> News {
        let batch = std::mem::take(&mut request.batch);
        let refused = refused(rows);
        let mut news = News { work: !batch.shares.is_empty(), ..News::default() };
        let current: Vec<bool> = batch.entries.iter().map(|entry| self.is_current(entry)).collect();
        for place in &refused {
            if let Some(entry) = batch.entries.get(*place).filter(|entry| self.is_current(entry)) {
                tracing::info!(worker = self.worker, run = %entry.run, "it is no longer with this worker");
                self.forget(entry.holder);
            }
        }
        let held = |entry: usize| current[entry] && !refused.contains(&entry);
        for beginning in batch.beginnings.iter().filter(|beginning| held(beginning.entry)) {
            self.begun(beginning.unit);
        }
        for child in batch.children.iter().filter(|child| held(child.entry)) {
            if let Holder::Run(id) = batch.entries[child.entry].holder {
                news.work = true;
                self.child_started(id, child.step, child.index);
            }
        }
        if !batch.families.is_empty() {
            let _ = self.due.send(Due::Errands);
        }
        for asked in batch.repeats.iter().filter(|asked| held(asked.entry)) {
            if let Holder::Run(id) = batch.entries[asked.entry].holder {
                self.repeated(id, asked);
            }
        }
        for attempt in batch.attempts.iter().filter(|attempt| held(attempt.entry)) {
            if let Holder::Run(id) = batch.entries[attempt.entry].holder
                && let Some(run) = self.runs.get_mut(&id)
            {
                run.recording -= 1;
                if attempt.number == 0 {
                    self.wait_recorded(id, attempt);
                }
            }
        }
        for outcome in batch.outcomes.iter().filter(|outcome| held(outcome.entry)) {
            let Holder::Run(id) = batch.entries[outcome.entry].holder else { continue };
            let Some(run) = self.runs.get_mut(&id) else { continue };
            run.recording = run.recording.saturating_sub(1);
            match &outcome.verdict {
                Verdict::Completed(output) => self.settle(id, outcome.step, outcome.index, Some(output)),
                Verdict::Skipped(_) => self.settle(id, outcome.step, outcome.index, None),
                Verdict::Failed(_) => {}
            }
        }
        let parked: HashSet<Uuid> = rows.iter().filter(|row| row.kind == 3).filter_map(|row| row.run_id).collect();
        let mut outputs = self.outputs(&batch);
        for (place, entry) in batch.entries.iter().enumerate().filter(|(place, _)| held(*place)) {
            match (&entry.fate, entry.holder) {
                (Fate::GoesOn, _) => {}
                (Fate::Failing, Holder::Run(id)) => self.begin_hook(id, &batch, place),
                (Fate::Completed | Fate::Failed(_) | Fate::Cancelled(_), Holder::Run(_)) => {
                    let ours = entry.claim >= FIRST_DIRECT;
                    news.ended.push(Ended { run: entry.run, output: outputs.remove(&place), ours });
                    self.forget(entry.holder);
                }
                (Fate::HandedBack | Fate::Paused { .. }, Holder::Run(_)) => {
                    // It may be handed back though it was to be paused.
                    news.work = true;
                    self.hungry.fill(true);
                    self.forget(entry.holder);
                }
                (Fate::Parked { due_ms }, Holder::Run(id)) if parked.contains(&id) => {
                    let _ = self.due.send(Due::At(Instant::now() + Duration::from_millis(due_ms.unsigned_abs())));
                    self.forget(entry.holder);
                }
                (Fate::Parked { .. }, Holder::Run(id)) => {
                    self.unpark(id);
                    self.lanes[lane].next_watch = Instant::now();
                }
                (_, Holder::Task(_)) => self.forget(entry.holder),
            }
        }
        let woken: Vec<Uuid> = rows.iter().filter(|row| row.kind == 2).filter_map(|row| row.run_id).collect();
        if !woken.is_empty() {
            // One of them may be parked: then somebody can claim it.
            news.work = true;
            self.hungry.fill(true);
            self.hungry_for_tasks.fill(true);
            for run in woken.iter().filter_map(|run| self.runs.get(run)) {
                self.lanes[run.lane].next_watch = Instant::now();
            }
            news.messages = woken;
        }
        news
    }

    /// Whether an entry is about what is held now: a run that was parked may have been claimed again through another lane, before the
    /// answer came that says so.
    fn is_current(&self, entry: &Entry) -> bool {
        match entry.holder {
            Holder::Run(id) => self.runs.get(&id).is_none_or(|run| run.claim == entry.claim),
            Holder::Task(_) => true,
        }
    }

    /// The outputs of the runs that complete with this batch, by entry, where one of its outcomes is the output.
    fn outputs(&self, batch: &Batch) -> HashMap<usize, Encoded> {
        let output = |outcome: &Outcome| {
            let entry = &batch.entries[outcome.entry];
            let Holder::Run(id) = entry.holder else { return None };
            let is_output = entry.fate == Fate::Completed && self.runs.get(&id)?.plan.output_step == Some(outcome.step);
            Some((outcome.entry, outcome.verdict.output().filter(|_| is_output)?.clone()))
        };
        batch.outcomes.iter().filter_map(output).collect()
    }

    /// Parks the runs that only wait, and for long.
    pub(super) fn park_idle(&mut self) {
        let now = Instant::now();
        let idle: Vec<(Uuid, Duration)> = self
            .runs
            .values()
            .filter(|run| run.may_wait())
            .filter_map(|run| Some((run.id, run.idle_for(now)?)))
            .filter(|(_, wait)| *wait >= PARK_AFTER)
            .collect();
        for (id, wait) in idle {
            self.park(id, wait);
        }
    }
}

fn limit(room: usize) -> i32 {
    i32::try_from(room).unwrap_or(i32::MAX)
}

/// Whether some queue has room, and there may be something for it.
fn has_room(rooms: &[usize], may_have: impl Fn(usize) -> bool) -> bool {
    rooms.iter().enumerate().any(|(queue, room)| *room > 0 && may_have(queue))
}

/// The queues that have room are asked now.
fn sated(hungry: &mut [bool], rooms: &[usize]) {
    for (hungry, _) in hungry.iter_mut().zip(rooms).filter(|(_, room)| **room > 0) {
        *hungry = false;
    }
}
