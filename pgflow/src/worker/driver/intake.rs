//! What the database answers: claimed runs with their history, messages, tasks.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime};

use uuid::Uuid;

use super::Driver;
use super::control::{Message, Told};
use super::units::PAST_DEADLINE;
use crate::database::Link;
use crate::encoded::Encoded;
use crate::signal::Sent;
use crate::worker::batch::Fate;
use crate::worker::caution::{Caution, Known};
use crate::worker::exchange::Row;
use crate::worker::family::Child;
use crate::worker::repetition::Repetition;
use crate::worker::run::{Failing, History, OwnedRun, Recorded};
use crate::worker::task::HeldTask;
use crate::worker::unit::{Holder, PLAIN};

/// A run that was claimed, with what is known of it.
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) version: i32,
    /// The place of its queue among those of the worker.
    pub(super) queue: usize,
    pub(super) input: Encoded,
    pub(super) checked: bool,
    /// Whether it is a step of another one.
    pub(super) has_parent: bool,
    pub(super) history: History,
}

/// What is known of the run of a task.
struct TaskRun {
    input: Encoded,
    outcomes: HashMap<(usize, i32), Recorded>,
    signals: HashMap<usize, Sent>,
    repetitions: HashMap<(usize, i32), Repetition>,
    /// Units that have a task of their own, since they are executed again.
    retried: HashSet<(usize, i32)>,
    caution: Caution,
}

/// How an outcome says that a unit was skipped.
const SKIPPED: i8 = b's'.cast_signed();
/// How a flag of a row says yes.
const TRUE: i8 = b't'.cast_signed();

impl Driver {
    /// Takes in the rows of an answer, in their order (told at the type `pgflow.answer`).
    pub(super) fn take_rows(&mut self, lane: usize, number: i64, watched: &[Uuid], rows: Vec<Row>) {
        let mut claimed: Vec<Claimed> = Vec::new();
        let mut places: HashMap<Uuid, usize> = HashMap::new();
        let mut task_runs: HashMap<Uuid, TaskRun> = HashMap::new();
        let mut unclaimed: HashSet<Uuid> = HashSet::new();
        let mut messages: Vec<Message> = Vec::new();
        let mut told = Told::default();
        let (mut tasks, mut units): (usize, usize) = (0, 0);
        for row in rows {
            if let (12, Some(version), Some(priority), Some(seq)) = (row.kind, row.version_id, row.index, row.number) {
                self.marks.note(number, (queue_of(row.step), version), priority, seq);
            }
            match (row.kind, row.number) {
                (15, Some(task)) => self.lose_task(task),
                (17, _) => self.turns.note(&row, self.queues.count()),
                (16, Some(task)) => self.cancel_attempt_of_task(task, row.index),
                _ => {}
            }
            let Some(id) = row.run_id else { continue };
            let place = places.get(&id).copied();
            match row.kind {
                4 => {
                    let (Some(version), Some(input)) = (row.version_id, row.payload) else { continue };
                    places.insert(id, claimed.len());
                    let checked = row.flag == Some(TRUE);
                    let caution = row.attempts.is_some_and(|crashes| crashes > 0).then(Caution::default);
                    let deadline = row.number.and_then(|ms| at(Instant::now(), ms));
                    let history = History { caution, deadline, ..History::default() };
                    let queue = queue_of(row.index);
                    let has_parent = row.step == Some(1);
                    claimed.push(Claimed { id, version, queue, input, checked, has_parent, history });
                }
                5 => {
                    let Some((unit, recorded)) = recorded(&row) else { continue };
                    match (task_runs.get_mut(&id), place) {
                        (Some(run), _) => drop(run.outcomes.insert(unit, recorded)),
                        (None, Some(place)) => drop(claimed[place].history.outcomes.insert(unit, recorded)),
                        (None, None) => self.shared_outcome(id, unit, recorded),
                    }
                }
                14 => {
                    for (unit, recorded) in listed(&row) {
                        self.shared_outcome(id, unit, recorded);
                    }
                }
                6 => {
                    let (Some(place), Some(unit)) = (place, unit_of(&row)) else { continue };
                    let wait = Duration::from_millis(row.number.unwrap_or(0).unsigned_abs());
                    let tried = row.attempts.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX);
                    let history = &mut claimed[place].history;
                    history.attempts.insert(unit, (tried, Instant::now() + wait));
                    if let Some(before) = row.version_id {
                        history.resumed.insert(unit, u16::try_from(before).unwrap_or(u16::MAX));
                    }
                }
                7 => {
                    let Some((step, first)) = unit_of(&row) else { continue };
                    if let Some(run) = task_runs.get_mut(&id) {
                        run.retried.insert((step, first));
                        continue;
                    }
                    let Some(place) = place else { continue };
                    let retry = row.number.is_some_and(|attempts| attempts > 0);
                    let units = (0..row.attempts.unwrap_or(1)).map(|n| ((step, first + n), retry));
                    for (unit, retry) in units {
                        *claimed[place].history.out.entry(unit).or_default() |= retry;
                    }
                }
                8 => {
                    if place.is_none() && !self.runs.contains_key(&id) {
                        // It is somebody else's by now, and so is the message.
                        continue;
                    }
                    match Message::of(id, &row, &mut told) {
                        Some(message) => messages.push(message),
                        None => self.lanes[lane].batch.heard.extend(row.number),
                    }
                }
                9 => {
                    units += self.take_task(lane, id, &row, &task_runs);
                    tasks += 1;
                }
                10 => {
                    let Some(input) = row.payload else { continue };
                    let run = TaskRun {
                        input,
                        outcomes: HashMap::new(),
                        signals: HashMap::new(),
                        repetitions: HashMap::new(),
                        retried: HashSet::new(),
                        caution: Caution::default(),
                    };
                    task_runs.insert(id, run);
                }
                11 => {
                    let Some(unit) = unit_of(&row) else { continue };
                    let known = Known {
                        suspect: row.flag == Some(TRUE),
                        crashes: row.attempts.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX),
                    };
                    match (task_runs.get_mut(&id), place) {
                        (Some(run), _) => run.caution.note(unit, known),
                        (None, Some(place)) => {
                            claimed[place].history.caution.get_or_insert_default().note(unit, known);
                        }
                        (None, None) => {}
                    }
                }
                13 => {
                    unclaimed.insert(id);
                }
                19 => {
                    let (Some(unit), Some(repetition)) = (unit_of(&row), repetition(&row)) else { continue };
                    let due = Instant::now() + Duration::from_millis(row.number.unwrap_or(0).unsigned_abs());
                    match (task_runs.get_mut(&id), place) {
                        (Some(run), _) => drop(run.repetitions.insert(unit, repetition)),
                        (None, Some(place)) => {
                            drop(claimed[place].history.repeats.insert(unit, (repetition, due)));
                        }
                        (None, None) => {}
                    }
                }
                20 => {
                    let (Some(unit), Some(child)) = (unit_of(&row), child(&row)) else { continue };
                    match place {
                        Some(place) => drop(claimed[place].history.children.insert(unit, child)),
                        None => drop(told.children.insert((id, unit), child)),
                    }
                }
                18 => {
                    let Some((step, signal)) = sent(&row) else { continue };
                    match (task_runs.get_mut(&id), place) {
                        (Some(run), _) => drop(run.signals.insert(step, signal)),
                        (None, Some(place)) => drop(claimed[place].history.signals.insert(step, signal)),
                        (None, None) => drop(told.signals.insert((id, step), signal)),
                    }
                }
                // The others have no run.
                _ => {}
            }
        }
        if let Some(size) = units.checked_div(tasks) {
            self.task_size = size.max(1);
        }
        self.note_pools(watched, &unclaimed);
        let (count, before) = (claimed.len(), self.bytes);
        for run in claimed {
            self.take_run((lane, number), run);
        }
        if let Some(bytes) = self.bytes.saturating_sub(before).checked_div(count) {
            self.bytes_a_run = bytes;
        }
        for message in messages {
            self.obey(message);
        }
        self.open_overdue(number, watched);
    }

    pub(super) fn take_run(&mut self, claim: (usize, i64), claimed: Claimed) {
        let Claimed { id, version, queue, input, checked, has_parent, history } = claimed;
        let Some(plan) = self.plans.get(&version).cloned() else {
            tracing::error!(run = %id, version, "claimed a run of a version that this worker does not know");
            return;
        };
        let problem = if checked { None } else { plan.handlers.check_input(&input).err() };
        let mut run = OwnedRun::new(id, u16::try_from(queue).unwrap_or(0), claim, plan, input, history);
        run.family |= has_parent;
        // One of another lane may still be here, whose answer (that it was parked, or refused) has not come yet.
        self.forget(Holder::Run(id));
        let lane = &mut self.lanes[run.lane];
        lane.runs += 1;
        if let Some(problem) = problem {
            self.bytes += run.bytes;
            self.runs.insert(id, run);
            return self.end(id, Fate::Failed(Some(format!("invalid input: {problem}"))));
        }
        if run.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            self.bytes += run.bytes;
            self.runs.insert(id, run);
            return self.end(id, Fate::Failed(Some(PAST_DEADLINE.to_owned())));
        }
        let opened = run.begin();
        if run.listens() {
            lane.listening.insert(id);
        }
        self.bytes += run.bytes;
        self.runs.insert(id, run);
        self.set_timers(id);
        self.advance(id, opened);
    }

    /// An outcome that somebody else has recorded for a run of ours.
    fn shared_outcome(&mut self, id: Uuid, (step, index): (usize, i32), recorded: Recorded) {
        if self.runs.get(&id).is_none_or(|run| run.leaving || run.failing != Failing::No) {
            return;
        }
        match recorded {
            Recorded::Completed(output) => self.settle(id, step, index, Some(&output)),
            Recorded::Skipped => self.settle(id, step, index, None),
            Recorded::Failed(error) => {
                self.note_failure(id, step, index, error);
                self.end(id, Fate::Failed(None));
            }
        }
    }

    /// The lane for a task: in turn, once the second one is open; a big map is then recorded over both.
    fn lane_of_task(&self, lane: usize, id: i64) -> usize {
        let open = self.lanes.iter().all(|lane| lane.link.as_ref().is_none_or(Link::is_open));
        if open { usize::from(id % 2 != 0) } else { lane }
    }

    /// The place of a queue among those of the worker.
    fn place_of(&self, queue: Option<&str>) -> u16 {
        let place = self.queue_names.iter().position(|name| Some(name.as_str()) == queue);
        place.and_then(|place| u16::try_from(place).ok()).unwrap_or(0)
    }

    /// Takes a task, and gives how many units it has.
    fn take_task(&mut self, lane: usize, run: Uuid, row: &Row, known: &HashMap<Uuid, TaskRun>) -> usize {
        let (Some(id), Some((step, first)), Some(facts)) = (row.number, unit_of(row), known.get(&run)) else {
            return 0;
        };
        let Some(plan) = row.version_id.and_then(|version| self.plans.get(&version)).cloned() else { return 0 };
        let items = if first == PLAIN { vec![None] } else { items(row.payload.as_ref()) };
        let crashed = matches!(row.flag.map(i8::cast_unsigned), Some(b't' | b'O'));
        let mut task = HeldTask {
            id,
            run,
            lane: self.lane_of_task(lane, id),
            step,
            queue: self.place_of(row.text.as_deref()),
            input: facts.input.clone(),
            dependencies: plan.dependencies(step, &facts.outcomes),
            plan,
            first,
            items,
            signal: facts.signals.get(&step).cloned(),
            attempts: row.attempts.and_then(|n| u16::try_from(n).ok()).unwrap_or(0),
            own: matches!(row.flag.map(i8::cast_unsigned), Some(b'o' | b'O')),
            repetitions: HashMap::new(),
            caution: crashed.then(|| facts.caution.clone()),
            cancelled: HashSet::new(),
            left: 0,
        };
        let own = task.own;
        let units = task.units(|index| {
            let unit = (step, index);
            facts.outcomes.contains_key(&unit) || !own && facts.retried.contains(&unit)
        });
        let remembered =
            task.indexes().filter_map(|index| Some((index, facts.repetitions.get(&(step, index))?.clone())));
        task.repetitions = remembered.collect();
        let count = units.len();
        self.bytes += task.bytes();
        self.tasks.insert(id, task);
        for unit in units {
            self.queues.push(unit);
        }
        if count == 0 {
            self.end_task(id);
        }
        count
    }
}

/// The place of a queue that an answer gives, from 1.
fn queue_of(place: Option<i32>) -> usize {
    place.and_then(|place| usize::try_from(place - 1).ok()).unwrap_or(0)
}

/// The time so many milliseconds from now, which may be negative.
fn at(now: Instant, ms: i64) -> Option<Instant> {
    if ms <= 0 { Some(now) } else { now.checked_add(Duration::from_millis(ms.unsigned_abs())) }
}

/// What a row tells of a child.
fn child(row: &Row) -> Option<Child> {
    Child::read(row.payload.as_ref()?, row.flag.map(i8::cast_unsigned), row.attempts.unwrap_or(0))
}

/// What a row tells of a unit that has asked to be executed again.
fn repetition(row: &Row) -> Option<Repetition> {
    let handed = row.flag == Some(TRUE);
    Repetition::read(row.payload.as_ref()?, row.attempts.unwrap_or(0), row.version_id.unwrap_or(0), handed)
}

/// The signal of a row, and its step.
fn sent(row: &Row) -> Option<(usize, Sent)> {
    let sent_at = SystemTime::UNIX_EPOCH + Duration::from_micros(row.number?.unsigned_abs());
    let sender = row.text.clone().unwrap_or_default();
    Some((usize::try_from(row.step?).ok()?, Sent { payload: row.payload.clone()?, sender, sent_at }))
}

fn recorded(row: &Row) -> Option<((usize, i32), Recorded)> {
    let unit = unit_of(row)?;
    let recorded = match &row.payload {
        Some(output) => Recorded::Completed(output.clone()),
        None if row.flag == Some(SKIPPED) => Recorded::Skipped,
        None => Recorded::Failed(row.text.clone().unwrap_or_default()),
    };
    Some((unit, recorded))
}

/// The outcomes that one row tells of.
fn listed(row: &Row) -> Vec<((usize, i32), Recorded)> {
    let Some(step) = row.step.and_then(|step| usize::try_from(step).ok()) else { return Vec::new() };
    let values: Vec<&serde_json::value::RawValue> =
        row.text.as_ref().and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default();
    let outcome = |pair: &[&serde_json::value::RawValue]| {
        let index = pair.first()?.get().parse().ok()?;
        Some(((step, index), Recorded::Completed(Encoded::from(pair.get(1)?.get()))))
    };
    values.chunks(2).filter_map(outcome).collect()
}

fn unit_of(row: &Row) -> Option<(usize, i32)> {
    Some((usize::try_from(row.step?).ok()?, row.index?))
}

fn items(array: Option<&Encoded>) -> Vec<Option<Encoded>> {
    let values: Vec<Box<serde_json::value::RawValue>> = array.and_then(|array| array.decode().ok()).unwrap_or_default();
    values.into_iter().map(|value| Some(Encoded::from(value))).collect()
}
