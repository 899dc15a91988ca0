//! What a run waits for: its next attempts, delays, its deadline; and what it is to leave for.

use std::time::{Duration, Instant};

use super::{Delayed, Opened, OwnedRun};
use crate::definition::Delay;
use crate::worker::repetition::Repetition;
use crate::worker::unit::{Holder, PLAIN, Unit};

/// The longest time that a step waits for its first attempt: a year.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 24 * 3600);
/// How long a run of which all that is left is done by the workers of other queues stays with its owner.
const PATIENCE: Duration = Duration::from_secs(1);

impl OwnedRun {
    /// How long the run only waits, from `now`: none while anything of it is under way.
    pub(crate) fn idle_for(&self, now: Instant) -> Option<Duration> {
        if self.leaving || self.active > 0 || self.recording > 0 || self.aside.is_some() {
            return None;
        }
        let listens = self.summoned || self.out > self.elsewhere;
        // What others do may be done soon.
        if listens || self.elsewhere > 0 && now.duration_since(self.sent_at) < PATIENCE {
            return None;
        }
        let wait = self.waits_for(now);
        if self.elsewhere > 0 { Some(wait.unwrap_or(LONGEST_DELAY)) } else { wait }
    }

    /// How long it is, from `now`, until a retry is due, or the deadline where that is sooner; none where it waits for no time.
    pub(crate) fn waits_for(&self, now: Instant) -> Option<Duration> {
        let retry = self.retries.iter().map(|(at, _)| *at).min();
        let at = match (retry, self.deadline) {
            (Some(retry), Some(deadline)) => retry.min(deadline),
            (None, Some(deadline)) if self.elsewhere > 0 => deadline,
            (retry, _) => retry?,
        };
        Some(at.saturating_duration_since(now))
    }

    /// Whether it may only wait, for a time or for others.
    pub(crate) fn may_wait(&self) -> bool {
        !self.retries.is_empty() || self.elsewhere > 0
    }

    /// Notes a message that counts as heard when the run leaves; until then it is told again and again.
    pub(crate) fn will_hear(&mut self, message: i64) {
        if !self.wishes.contains(&message) {
            self.wishes.push(message);
        }
    }

    /// What a unit has asked for so far.
    pub(crate) fn repetition(&self, step: usize, index: i32) -> Option<&Repetition> {
        self.repetitions.get(&(step, index))
    }

    /// Notes that a unit has asked to be executed again.
    pub(crate) fn remember(&mut self, unit: (usize, i32), repetition: Repetition) {
        self.bytes += repetition.state.as_str().len();
        if let Some(former) = self.repetitions.insert(unit, repetition) {
            self.bytes = self.bytes.saturating_sub(former.state.as_str().len());
        }
    }

    /// How many attempts a unit has in all.
    pub(crate) fn max_attempts(&self, step: usize, index: i32) -> u16 {
        let repeated = self.repetition(step, index).map_or(0, |repetition| repetition.failed);
        let before = self.resumed.get(&(step, index)).copied().unwrap_or(0).max(repeated);
        self.plan.steps[step].max_attempts.saturating_add(before)
    }

    /// Has the retries of a step (or of one item of it) be due at once.
    pub(crate) fn retry_now(&mut self, step: usize, index: Option<i32>, now: Instant) {
        // A signal is replaced by nothing.
        let awaits_signal = self.plan.steps[step].signal.is_some();
        for (at, unit) in self.retries.iter_mut().filter(|(_, unit)| unit.attempt > 0 || !awaits_signal) {
            if unit.step == step && index.is_none_or(|index| index == unit.index) {
                *at = now;
            }
        }
    }

    /// Opens a step that has waited for its first attempt.
    pub(crate) fn open_delayed(&mut self, number: usize) -> Opened {
        let mut opened = Opened::default();
        // It was found not to be skipped, and its delay is over.
        self.begun.insert(number);
        self.history.attempts.remove(&(number, PLAIN));
        self.open_all(vec![number], &mut opened);
        opened
    }

    /// Whether a step is still to wait for its first attempt. What it was told is recorded, as an attempt of number 0.
    pub(super) fn is_delayed(&mut self, number: usize, opened: &mut Opened) -> Result<bool, String> {
        if self.plan.steps[number].signal.is_some() {
            return Ok(false);
        }
        let unit =
            Unit { holder: Holder::Run(self.id), step: number, index: PLAIN, attempt: 0, queue: self.queue_of(number) };
        let now = self.clock.now();
        if let Some((0, at)) = self.history.attempts.get(&(number, PLAIN)).copied() {
            if at > now {
                self.retries.push((at, unit));
                return Ok(true);
            }
            self.history.attempts.remove(&(number, PLAIN));
            return Ok(false);
        }
        if self.begun.contains(&number) {
            return Ok(false);
        }
        let delay = match self.plan.steps[number].delay {
            None => return Ok(false),
            Some(Delay::Fixed(delay)) => delay,
            Some(Delay::Computed) => self
                .plan
                .handlers
                .delay(number, &self.input, &self.dependencies(number))
                .map_err(|error| error.message().to_owned())?,
        };
        let delay = delay.min(LONGEST_DELAY);
        if !delay.is_zero() {
            self.retries.push((now + delay, unit));
            let why = "it waits before its first attempt".to_owned();
            opened.delayed.push(Delayed { unit, until: now + delay, wait: delay, why });
        }
        Ok(!delay.is_zero())
    }
}
