//! What people do to a run, and what happens to it from outside.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reply;
use super::run::{Aside, Kind, Place, Run, Tried};
use crate::shape::How;

impl Run {
    pub(super) fn cancel(&mut self) -> Reply {
        match self.place {
            Place::Completed | Place::Failed => return Reply::Refused,
            Place::Cancelled => {}
            _ => self.end(Place::Cancelled),
        }
        Reply::Done
    }

    /// What is under way goes on to its end, and nothing more begins.
    pub(super) fn pause(&mut self) -> Reply {
        match self.place {
            _ if self.has_ended() => return Reply::Refused,
            Place::Owned => self.aside = Some(Aside::Pause),
            _ => self.place = Place::Paused,
        }
        Reply::Done
    }

    pub(super) fn resume(&mut self) -> Reply {
        match self.place {
            Place::Paused if self.fresh && !self.time_has_come => self.place = Place::Scheduled,
            Place::Paused => self.place = Place::Queued,
            // It never begins again in place: it is handed on when what is under way has ended.
            Place::Owned if self.aside.is_some() => self.aside = Some(Aside::HandBack),
            Place::Owned => {}
            Place::Failed => self.revive(),
            _ => return Reply::Refused,
        }
        Reply::Done
    }

    /// What it failed of is tried again, with all its attempts.
    fn revive(&mut self) {
        let failed: Vec<_> = self.outcomes.iter().filter(|(_, outcome)| outcome.kind == Kind::Failed).collect();
        let failed: Vec<_> = failed.into_iter().map(|(at, outcome)| (*at, outcome.attempts)).collect();
        for ((step, index), attempts) in failed {
            self.outcomes.remove(&(step, index));
            if attempts > 0 {
                self.tried.insert((step, index, attempts), Tried { due: true, resumed: true });
            }
        }
        self.place = Place::Queued;
    }

    pub(super) fn retry(&mut self, step: usize, item: Option<i32>) -> Reply {
        match self.place {
            Place::Completed | Place::Cancelled => return Reply::Refused,
            Place::Failed => {
                let failed = |at: &(usize, i32)| self.outcomes[at].kind == Kind::Failed;
                let steps: BTreeSet<usize> = self.outcomes.keys().filter(|at| failed(at)).map(|at| at.0).collect();
                if item.is_some() || !steps.iter().eq([&step]) {
                    return Reply::Refused;
                }
                self.revive();
                return Reply::Done;
            }
            _ => {}
        }
        // It begins at once, whoever has the run; once it is resumed, where it is paused.
        for ((other, index, _), tried) in &mut self.tried {
            if *other == step && item.is_none_or(|item| item == *index) {
                tried.due = true;
            }
        }
        // Of a run that has not begun nothing waits.
        if !self.fresh {
            self.wishes.push((step, item));
        }
        if self.place == Place::Parked {
            self.place = Place::Queued;
        }
        Reply::Done
    }

    /// Drops an attempt that is under way, as a failure.
    pub(super) fn cancel_attempt(&mut self, step: usize, index: i32) -> Reply {
        if self.has_ended() {
            return Reply::Refused;
        }
        if let Some(unit) = self.running.iter().find(|unit| (unit.0, unit.1) == (step, index)).copied() {
            self.answer(unit, How::Backoff);
        }
        Reply::Done
    }

    /// Another run that takes over what this one has recorded, but for a step and all that depends on it.
    pub(super) fn fork(&self, from: Option<usize>) -> Self {
        let mut again: BTreeSet<usize> = match from {
            Some(from) => [from].into(),
            None => (0..self.shape.steps.len()).collect(),
        };
        for step in 0..self.shape.steps.len() {
            if self.shape.steps[step].after.iter().any(|(after, _)| again.contains(after)) {
                again.insert(step);
            }
        }
        let mut fork = Self::new(Arc::clone(&self.shape), false);
        fork.fresh = false;
        fork.outcomes.clone_from(&self.outcomes);
        fork.outcomes.retain(|at, outcome| !again.contains(&at.0) && outcome.kind != Kind::Failed);
        fork.maps.clone_from(&self.maps);
        fork.maps.retain(|step, _| !again.contains(step));
        // The delay of a map step whose size is known is over.
        fork.tried.clone_from(&self.tried);
        fork.tried.retain(|(step, _, number), _| *number == 0 && fork.maps.contains_key(step));
        fork
    }

    /// Hours pass, unless somebody has it: an owner has a clock of its own, which cannot be moved.
    pub(super) fn time_passes(&mut self) {
        if self.place == Place::Owned {
            return;
        }
        for tried in self.tried.values_mut() {
            tried.due = true;
        }
        self.time_has_come = true;
        if self.place == Place::Scheduled {
            self.place = Place::Queued;
        }
    }

    /// Its owner is dead: another one goes on from what is recorded. What people want of it they still want.
    pub(super) fn lose_owner(&mut self) {
        self.crashes += 1;
        self.running.clear();
        self.place = Place::Queued;
    }
}
