//! What shall go wrong.

use std::collections::{HashMap, VecDeque};

use crate::step::StepError;

/// What goes wrong with an attempt.
#[derive(Debug)]
pub(super) enum Fault {
    /// It fails.
    Fail(StepError),
    /// The worker dies when its outcome is recorded.
    CrashAfter,
    /// The worker dies before that.
    CrashDuring,
    /// The answer to its commit is lost.
    Disconnect,
}

/// The orders that are not carried out yet, by step.
#[derive(Debug, Default)]
pub(super) struct Faults(HashMap<usize, VecDeque<Fault>>);

impl Faults {
    pub(super) fn order(&mut self, step: usize, fault: Fault) {
        self.0.entry(step).or_default().push_back(fault);
    }

    /// The failure that an attempt shall have, if that is the next order.
    pub(super) fn failure(&mut self, step: usize) -> Option<StepError> {
        match self.0.get_mut(&step)?.pop_front_if(|fault| matches!(fault, Fault::Fail(_)))? {
            Fault::Fail(error) => Some(error),
            _ => None,
        }
    }

    /// Whether that is the next order; it is carried out then.
    pub(super) fn take(&mut self, step: usize, is: impl Fn(&Fault) -> bool) -> bool {
        self.0.get_mut(&step).and_then(|faults| faults.pop_front_if(|fault| is(fault))).is_some()
    }
}
