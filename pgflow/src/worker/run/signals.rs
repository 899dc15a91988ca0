//! Steps that wait for a signal before their first attempt.

use std::time::{Duration, Instant};

use super::{Delayed, Opened, OwnedRun, Progress};
use crate::signal::Sent;
use crate::worker::unit::{Holder, PLAIN, Unit};

/// How long a step waits that has no limit: longer than anybody.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How a step stands that may wait for a signal.
pub(super) enum Awaited {
    /// It waits for none, one has come, or it is executed without.
    Begins,
    Waits,
    /// None has come in time: for this reason it is not executed.
    InVain(String),
}

impl OwnedRun {
    /// The signal that a step is given.
    pub(crate) fn signal(&self, step: usize) -> Option<Sent> {
        self.history.signals.get(&step).cloned()
    }

    /// Takes in a signal, and opens the step where that waits for it. Nothing that comes later changes what a step has begun with.
    pub(crate) fn take_signal(&mut self, step: usize, signal: Sent) -> Opened {
        let waits = self.waits_until(step).is_some();
        // What is told is the first one, or the latest, of those that were sent so far.
        if waits || matches!(self.steps[step].progress, Progress::Blocked) {
            self.history.signals.insert(step, signal);
        }
        if waits { self.open_overdue(step) } else { Opened::default() }
    }

    /// Opens a step whose wait for a signal is over, if it still waits.
    pub(crate) fn open_overdue(&mut self, step: usize) -> Opened {
        let before = self.retries.len();
        self.retries.retain(|(_, unit)| unit.step != step || unit.attempt > 0);
        if self.retries.len() == before { Opened::default() } else { self.open_delayed(step) }
    }

    /// A wait for a signal lasts until then, for so long it is recorded. Gives what its timer is for, where it still waits.
    pub(crate) fn wait_recorded(&mut self, step: usize, until: Instant) -> Option<Unit> {
        self.plan.steps[step].signal.as_ref()?;
        let (at, unit) = self.retries.iter_mut().find(|(_, unit)| unit.step == step && unit.attempt == 0)?;
        *at = until;
        self.overdue.retain(|(overdue, _)| *overdue != step);
        Some(*unit)
    }

    /// Whether a step still waits for its signal. Until when is recorded as an attempt of number 0.
    pub(super) fn awaits_signal(&mut self, number: usize, opened: &mut Opened) -> Awaited {
        let Some(signal) = self.plan.steps[number].signal.clone() else { return Awaited::Begins };
        let now = self.clock.now();
        let unit =
            Unit { holder: Holder::Run(self.id), step: number, index: PLAIN, attempt: 0, queue: self.queue_of(number) };
        let waits = self.history.attempts.get(&(number, PLAIN)).copied().filter(|(tried, _)| *tried == 0);
        // What is done, or executed elsewhere, waits no more, however long it might have.
        if self.history.signals.contains_key(&number) || self.is_known(number) {
            if waits.is_some() {
                self.history.attempts.remove(&(number, PLAIN));
            }
            return Awaited::Begins;
        }
        match waits {
            Some((_, until)) if until > now => {
                self.retries.push((until, unit));
                return Awaited::Waits;
            }
            Some(_) => drop(self.history.attempts.remove(&(number, PLAIN))),
            // Its attempts have begun: without one, then.
            None if self.history.attempts.contains_key(&(number, PLAIN)) => return Awaited::Begins,
            None if self.begun.contains(&number) => {}
            None => {
                let wait = signal.timeout.unwrap_or(FOREVER);
                let why = format!("it waits for signal `{}`", signal.name);
                self.retries.push((now + wait, unit));
                opened.delayed.push(Delayed { unit, until: now + wait, wait, why });
                return Awaited::Waits;
            }
        }
        if signal.optional {
            return Awaited::Begins;
        }
        let within = signal.timeout.map_or_else(String::new, |timeout| format!(" within {timeout:?}"));
        Awaited::InVain(format!("no signal `{}` has come{within}", signal.name))
    }

    /// Whether an outcome of a plain step is recorded, or it is out: then it is not decided again.
    fn is_known(&self, step: usize) -> bool {
        let unit = (step, PLAIN);
        self.history.outcomes.contains_key(&unit) || self.history.out.contains_key(&unit)
    }

    /// Until when a step waits before its first attempt; none where it does not.
    pub(crate) fn waits_until(&self, step: usize) -> Option<Instant> {
        self.retries.iter().find(|(_, unit)| unit.step == step && unit.attempt == 0).map(|(at, _)| *at)
    }
}
