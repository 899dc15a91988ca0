//! A run: what is recorded of it, what runs, and what follows from that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::shape::{How, Shape};

/// A unit of work: (step, item). A plain step has the item -1.
pub(crate) type At = (usize, i32);
/// An attempt of one: (step, item, number).
pub(crate) type Unit = (usize, i32, u16);

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// It is to begin later.
    Scheduled,
    /// It waits for a worker: one comes at once.
    Queued,
    Owned,
    /// It waits for a time.
    Parked,
    Paused,
    Completed,
    Failed,
    Cancelled,
}

/// What an owner does with a run once nothing of it is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    Pause,
    HandBack,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Completed(Value),
    Failed,
    Skipped,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    pub(crate) attempts: u16,
}

/// A failed attempt that another one follows; or, as number 0, a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tried {
    /// Whether the time of the next attempt has come.
    pub(crate) due: bool,
    /// Whether attempts are counted from here.
    pub(crate) resumed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) shape: Arc<Shape>,
    pub(crate) place: Place,
    /// Whether no worker has had it yet, and its time has come.
    pub(crate) fresh: bool,
    pub(crate) time_has_come: bool,
    pub(crate) aside: Option<Aside>,
    pub(crate) crashes: u16,
    // What is recorded.
    pub(crate) outcomes: BTreeMap<At, Outcome>,
    pub(crate) tried: BTreeMap<Unit, Tried>,
    pub(crate) maps: BTreeMap<usize, usize>,
    /// Retries that were asked for and that nobody has heard of yet.
    pub(crate) wishes: Vec<(usize, Option<i32>)>,
    // What its owner knows.
    pub(crate) running: BTreeSet<Unit>,
    /// What waits for its time, as the owner found it.
    pub(crate) asleep: BTreeSet<At>,
    /// How often each attempt has begun.
    pub(crate) begun: BTreeMap<Unit, u32>,
}

impl Run {
    pub(crate) fn new(shape: Arc<Shape>, later: bool) -> Self {
        Self {
            shape,
            place: if later { Place::Scheduled } else { Place::Queued },
            fresh: true,
            time_has_come: !later,
            aside: None,
            crashes: 0,
            outcomes: BTreeMap::new(),
            tried: BTreeMap::new(),
            maps: BTreeMap::new(),
            wishes: Vec::new(),
            running: BTreeSet::new(),
            asleep: BTreeSet::new(),
            begun: BTreeMap::new(),
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.place >= Place::Completed
    }

    /// Whether a step has completed or was skipped.
    pub(crate) fn is_settled(&self, step: usize) -> bool {
        let counts = |at: &At| self.outcomes.get(at).is_some_and(|outcome| outcome.kind != Kind::Failed);
        counts(&(step, -1))
            || self.maps.get(&step).is_some_and(|items| (0..*items).all(|item| counts(&(step, item as i32))))
    }

    pub(crate) fn is_skipped(&self, step: usize) -> bool {
        self.outcomes.get(&(step, -1)).is_some_and(|outcome| outcome.kind == Kind::Skipped)
    }

    /// Whether all that a step depends on is done, and it is not.
    fn is_open(&self, step: usize) -> bool {
        !self.is_settled(step) && self.shape.steps[step].after.iter().all(|(after, _)| self.is_settled(*after))
    }

    /// Whether something of a step itself is recorded.
    fn has_begun(&self, step: usize) -> bool {
        self.outcomes.keys().any(|(other, _)| *other == step) || self.tried.keys().any(|(other, ..)| *other == step)
    }

    fn last_try(&self, at: At) -> Option<(u16, Tried)> {
        let of_unit = self.tried.iter().filter(|((step, index, _), _)| (*step, *index) == at);
        of_unit.map(|((_, _, number), tried)| (*number, *tried)).max_by_key(|(number, _)| *number)
    }

    /// How many attempts a unit has in all.
    pub(crate) fn max_attempts(&self, at: At) -> u16 {
        let of_unit = self.tried.iter().filter(|((step, index, _), tried)| (*step, *index) == at && tried.resumed);
        self.shape.steps[at.0].max_attempts + of_unit.map(|((_, _, number), _)| *number).max().unwrap_or(0)
    }

    /// The units that could run, as far as time goes.
    fn open_units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        for step in (0..self.shape.steps.len()).filter(|step| self.is_open(*step)) {
            let indexes: Vec<i32> = match (&self.shape.steps[step].map, self.maps.get(&step)) {
                (None, _) => vec![-1],
                (Some(_), Some(items)) => (0..*items as i32).collect(),
                (Some(_), None) => Vec::new(),
            };
            if self.asleep.contains(&(step, -1)) {
                continue;
            }
            for at in indexes.into_iter().map(|index| (step, index)) {
                if !self.outcomes.contains_key(&at) && !self.asleep.contains(&at) {
                    units.push((at.0, at.1, self.last_try(at).map_or(0, |(number, _)| number) + 1));
                }
            }
        }
        units
    }

    /// Records what follows from what is recorded: skips, delays, sizes of maps. Gives whether anything did.
    fn derive(&mut self) -> bool {
        for step in 0..self.shape.steps.len() {
            let facts = self.shape.steps[step].clone();
            if !self.is_open(step) {
                continue;
            }
            if !self.has_begun(step) {
                if facts.skip_with.iter().any(|with| self.is_skipped(*with)) || !self.holds(step) {
                    self.outcomes.insert((step, -1), Outcome { kind: Kind::Skipped, attempts: 0 });
                    return true;
                }
                if facts.delay {
                    self.tried.insert((step, -1, 0), Tried { due: false, resumed: false });
                    self.asleep.insert((step, -1));
                    return true;
                }
            }
            if facts.map.is_some() && !self.maps.contains_key(&step) && !self.asleep.contains(&(step, -1)) {
                self.maps.insert(step, self.items(step).len());
                return true;
            }
        }
        false
    }

    /// Lets all happen that follows, until the run can do nothing more by itself.
    pub(crate) fn go_on(&mut self) {
        loop {
            if self.place == Place::Owned && self.derive() {
                continue;
            }
            match self.place {
                Place::Queued => {
                    self.fresh = false;
                    self.place = Place::Owned;
                    self.asleep = self.waiting();
                }
                Place::Parked if self.asleep != self.waiting() => self.place = Place::Queued,
                Place::Owned if (0..self.shape.steps.len()).all(|step| self.is_settled(step)) => {
                    self.end(Place::Completed)
                }
                Place::Owned if self.aside.is_none() && !self.wishes.is_empty() => self.hear_wishes(),
                Place::Owned => {
                    if self.aside.is_none() {
                        for unit in self.open_units() {
                            if self.running.insert(unit) {
                                *self.begun.entry(unit).or_default() += 1;
                            }
                        }
                    }
                    if !self.running.is_empty() {
                        return;
                    }
                    self.place = match self.aside.take() {
                        None => Place::Parked,
                        Some(Aside::Pause) => Place::Paused,
                        Some(Aside::HandBack) => Place::Queued,
                    };
                    if self.place != Place::Queued {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// The units whose time has not come, by what is recorded.
    fn waiting(&self) -> BTreeSet<At> {
        let units: BTreeSet<At> = self.tried.keys().map(|(step, index, _)| (*step, *index)).collect();
        units
            .into_iter()
            .filter(|at| !self.outcomes.contains_key(at) && self.last_try(*at).is_some_and(|(_, tried)| !tried.due))
            .collect()
    }

    fn hear_wishes(&mut self) {
        for (step, item) in std::mem::take(&mut self.wishes) {
            self.asleep.retain(|at| at.0 != step || item.is_some_and(|item| item != at.1));
        }
    }

    pub(crate) fn end(&mut self, place: Place) {
        self.place = place;
        self.aside = None;
        self.running.clear();
        self.asleep.clear();
        self.wishes.clear();
    }

    /// An attempt ends, if it is under way.
    pub(crate) fn answer(&mut self, unit: Unit, how: How) {
        if !self.running.remove(&unit) {
            return;
        }
        let (step, index, number) = unit;
        let at = (step, index);
        let facts = &self.shape.steps[step];
        let due = match how {
            How::Complete(size) => {
                let output = self.output(unit, size);
                self.outcomes.insert(at, Outcome { kind: Kind::Completed(output), attempts: number });
                return;
            }
            How::Skip if facts.skippable => {
                self.outcomes.insert(at, Outcome { kind: Kind::Skipped, attempts: number });
                return;
            }
            How::Soon => true,
            How::Later => false,
            How::Backoff | How::Panic => !facts.backs_off,
            How::Fatal | How::Skip => return self.give_up(unit),
        };
        if number >= self.max_attempts(at) {
            return self.give_up(unit);
        }
        self.tried.insert(unit, Tried { due, resumed: false });
        if !due {
            self.asleep.insert(at);
        }
    }

    fn give_up(&mut self, (step, index, number): Unit) {
        let skips = self.shape.steps[step].on_exhausted;
        let kind = if skips { Kind::Skipped } else { Kind::Failed };
        self.outcomes.insert((step, index), Outcome { kind, attempts: number });
        if !skips {
            self.end(Place::Failed);
        }
    }
}
