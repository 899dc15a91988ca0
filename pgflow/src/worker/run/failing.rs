//! Runs that have failed, of which a step is executed before they end.

use super::{Opened, OwnedRun, Progress, UnitState};
use crate::step::Failure;

/// How far a run is with failing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    No,
    /// It has failed, and goes on with the step that is for that; for this reason where no outcome says it.
    Goes(Option<String>),
    /// That step is done.
    Done,
}

impl OwnedRun {
    /// What it has failed of, where that is a unit.
    pub(crate) fn failure_of(&self, step: usize, index: i32, error: String) -> Failure {
        Failure { step: Some(self.plan.steps[step].name.to_string()), index: u32::try_from(index).ok(), error }
    }

    /// Whether a step is to be executed before it fails: then nothing else of it goes on.
    pub(crate) fn fails_first(&mut self, reason: Option<&str>) -> bool {
        if self.plan.hook.is_none() || self.failing == Failing::Done {
            return false;
        }
        if self.failing == Failing::No {
            self.failing = Failing::Goes(reason.map(ToOwned::to_owned));
            if let Some(reason) = reason {
                self.failure = Some(Failure { step: None, index: None, error: reason.to_owned() });
            }
            self.active = 0;
            self.retries.clear();
            self.deadline = None;
            (self.out, self.elsewhere) = (0, 0);
        }
        true
    }

    /// Opens the step that is executed when it has failed.
    pub(crate) fn open_hook(&mut self) -> Opened {
        let mut opened = Opened::default();
        if let Some(hook) = self.plan.hook {
            self.open_all(vec![hook], &mut opened);
        }
        opened
    }

    /// Whether that step was opened already.
    pub(crate) fn has_opened_hook(&self) -> bool {
        self.plan.hook.is_some_and(|hook| !matches!(self.steps[hook].progress, Progress::Blocked))
    }

    /// Whether that step has an outcome that is committed.
    pub(crate) fn is_hook_settled(&self) -> bool {
        let settled = |hook: usize| match &self.steps[hook].progress {
            Progress::Done(_) => true,
            Progress::Open { units, .. } => {
                units.iter().all(|unit| matches!(unit, UnitState::Done(_) | UnitState::Skipped))
            }
            _ => false,
        };
        matches!(self.failing, Failing::Goes(_)) && self.plan.hook.is_some_and(settled)
    }

    /// That step is done; gives why the run has failed, where no outcome says it.
    pub(crate) fn hook_done(&mut self) -> Option<String> {
        match std::mem::replace(&mut self.failing, Failing::Done) {
            Failing::Goes(reason) => reason,
            _ => None,
        }
    }
}
