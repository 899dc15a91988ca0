//! What is recorded of a run, as the database would keep it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use crate::client::RunStatus;
use crate::encoded::Encoded;
use crate::handler::Dependency;
use crate::signal::Sent;
use crate::worker::clock::Clock;
use crate::worker::plan::Plan;
use crate::worker::repetition::Repetition;
use crate::worker::run::{History, Recorded};
use crate::worker::unit::PLAIN;

/// Whether it is no failure.
fn is_good(outcome: &Outcome) -> bool {
    !matches!(outcome.recorded, Recorded::Failed(_))
}

/// How a step of a run in memory stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TestStep {
    /// The step's name.
    pub step: String,
    /// How it stands: `blocked`, `ready`, `running`, `waiting`, `completed`, `failed`, `skipped` or `cancelled`.
    pub status: String,
    /// How many attempts there were (of the item with the most); 0 where the step was skipped before the first one.
    pub attempts: u16,
    /// How often its function was called, for all items together.
    pub executions: usize,
    /// For a map step that has begun: how many items it has.
    pub items: Option<usize>,
    /// For a map step: how many of them are done, or were skipped.
    pub items_done: usize,
    /// The output, once it has completed: of a map step, a list with null for items that were skipped.
    pub output: Option<Value>,
    /// The error of the failure, or of the last failed attempt.
    pub error: Option<String>,
    /// For a step that was skipped: why.
    pub skip_reason: Option<String>,
}

/// What became of a unit for good.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) recorded: Recorded,
    /// Why it was skipped.
    pub(super) reason: Option<String>,
    pub(super) attempts: u16,
}

/// A failed attempt that another one follows; of number 0, that it waits before the first one.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) step: usize,
    pub(super) index: i32,
    pub(super) number: u16,
    pub(super) retry_at: Instant,
    pub(super) error: String,
    /// It was the last one, and then somebody had the run go on.
    pub(super) resumed: bool,
}

/// A signal for a step.
#[derive(Clone, Debug)]
pub(super) struct SentSignal {
    pub(super) step: usize,
    pub(super) at: Instant,
    pub(super) sent: Sent,
}

/// All that is recorded of a run.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) outcomes: BTreeMap<(usize, i32), Outcome>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) maps: BTreeMap<usize, usize>,
    /// What units have asked to be executed again with, and when they are due.
    pub(super) repeats: BTreeMap<(usize, i32), (Repetition, Instant)>,
    /// In the order in which they were sent.
    pub(super) signals: Vec<SentSignal>,
    /// What has failed, in order.
    pub(super) failures: Vec<(usize, i32)>,
    /// How it has ended, and why where no outcome says it.
    pub(super) end: Option<(RunStatus, Option<String>)>,
}

impl Record {
    /// What whoever takes the run is told.
    pub(super) fn history(&self, plan: &Plan, clock: &Clock, deadline: Option<Instant>) -> History {
        let mut history = History { clock: clock.clone(), deadline, ..History::default() };
        let open = self.repeats.iter().filter(|(unit, _)| !self.outcomes.contains_key(unit));
        history.repeats.extend(open.map(|(unit, repeat)| (*unit, repeat.clone())));
        let signals = (0..plan.steps.len()).filter_map(|step| Some((step, self.signal_of(plan, step)?)));
        history.signals.extend(signals);
        for (unit, outcome) in &self.outcomes {
            history.outcomes.insert(*unit, outcome.recorded.clone());
        }
        for attempt in &self.attempts {
            let unit = (attempt.step, attempt.index);
            let known = history.attempts.entry(unit).or_insert((attempt.number, attempt.retry_at));
            *known = (known.0.max(attempt.number), known.1.max(attempt.retry_at));
            if attempt.resumed {
                let before = history.resumed.entry(unit).or_default();
                *before = attempt.number.max(*before);
            }
        }
        history
    }

    /// The signal that a step is given: the first one, or the latest, of those that came in time.
    pub(super) fn signal_of(&self, plan: &Plan, step: usize) -> Option<Sent> {
        let latest = plan.steps[step].signal.as_ref()?.latest;
        let mut sent = self.signals.iter().filter(|signal| signal.step == step && self.is_in_time(signal));
        let signal = if latest { sent.next_back() } else { sent.next() };
        signal.map(|signal| signal.sent.clone())
    }

    /// Whether a signal has come before its step had waited in vain. The clock stands: what comes at the end of the wait comes after it.
    fn is_in_time(&self, signal: &SentSignal) -> bool {
        let mut waits = self.attempts.iter().filter(|attempt| attempt.step == signal.step && attempt.number == 0);
        waits.all(|attempt| signal.at < attempt.retry_at)
    }

    /// Has a failed run go on from what it failed of, each with all its attempts again.
    pub(super) fn revive(&mut self, hook: Option<usize>, now: Instant) {
        self.end = None;
        self.failures.clear();
        // What has asked for too many repetitions, or for too long, goes on from where it was.
        let outcomes = &self.outcomes;
        let has_failed = |unit| outcomes.get(unit).is_none_or(|outcome| !is_good(outcome));
        for (_, (repetition, due)) in self.repeats.iter_mut().filter(|(unit, _)| has_failed(unit)) {
            (repetition.count, repetition.began, *due) = (0, now, now.min(*due));
        }
        let again: Vec<(usize, i32)> = self
            .outcomes
            .iter()
            .filter(|((step, _), outcome)| matches!(outcome.recorded, Recorded::Failed(_)) || Some(*step) == hook)
            .map(|(unit, _)| *unit)
            .collect();
        for (step, index) in again {
            let Some(outcome) = self.outcomes.remove(&(step, index)) else { continue };
            let error = match outcome.recorded {
                Recorded::Failed(error) => error,
                _ => "it was done, and then somebody had the run go on".to_owned(),
            };
            if outcome.attempts > 0 {
                let number = outcome.attempts;
                self.attempts.push(Attempt { step, index, number, retry_at: now, error, resumed: true });
            } else {
                // What has waited for a signal in vain waits again.
                self.attempts.retain(|attempt| attempt.step != step || attempt.number > 0);
            }
        }
    }

    /// The step that it failed of first, and what that said.
    pub(super) fn failure<'a>(&'a self, plan: &'a Plan) -> Option<(&'a str, &'a str)> {
        let unit = self.failures.iter().find(|(step, _)| Some(*step) != plan.hook)?;
        match &self.outcomes.get(unit)?.recorded {
            Recorded::Failed(error) => Some((&plan.steps[unit.0].name, error)),
            _ => None,
        }
    }

    /// The output of the run: that of its only last step, or an object of theirs.
    pub(super) fn output(&self, plan: &Plan) -> Option<Encoded> {
        let leaves: Vec<usize> = (0..plan.steps.len())
            .filter(|step| plan.steps[*step].consumers.is_empty() && Some(*step) != plan.hook)
            .collect();
        if let [only] = leaves[..] {
            return self.step_output(plan, only);
        }
        let fields: serde_json::Map<String, Value> = leaves
            .into_iter()
            .filter_map(|leaf| Some((plan.steps[leaf].name.to_string(), self.step_output(plan, leaf)?.decode().ok()?)))
            .collect();
        Encoded::new(&fields).ok()
    }

    /// What a step has given; none where it was skipped, or is not done.
    fn step_output(&self, plan: &Plan, step: usize) -> Option<Encoded> {
        match self.given(plan, step) {
            Dependency::Output(output) => Some(output),
            Dependency::List(list) => {
                let null = Encoded::from("null");
                Some(Encoded::array(list.iter().map(|output| output.as_ref().unwrap_or(&null))))
            }
            Dependency::Order | Dependency::Skipped => None,
        }
    }

    fn given(&self, plan: &Plan, step: usize) -> Dependency {
        match self.outcomes.get(&(step, PLAIN)).map(|outcome| &outcome.recorded) {
            Some(Recorded::Completed(output)) => return Dependency::Output(output.clone()),
            Some(Recorded::Skipped) => return Dependency::Skipped,
            _ => {}
        }
        if plan.steps[step].map.is_none() || !self.is_settled(step) {
            return Dependency::Order;
        }
        let items = self.outcomes.range((step, 0)..=(step, i32::MAX)).map(|(_, outcome)| match &outcome.recorded {
            Recorded::Completed(output) => Some(output.clone()),
            _ => None,
        });
        Dependency::List(items.collect())
    }

    /// Whether a step has completed, or was skipped.
    fn is_settled(&self, step: usize) -> bool {
        if let Some(outcome) = self.outcomes.get(&(step, PLAIN)) {
            return is_good(outcome);
        }
        let done = self.outcomes.range((step, 0)..=(step, i32::MAX)).filter(|(_, outcome)| is_good(outcome)).count();
        self.maps.get(&step) == Some(&done)
    }

    /// How a step stands.
    pub(super) fn step(&self, plan: &Plan, step: usize, now: Instant, open: &str, executions: usize) -> TestStep {
        let units = || self.outcomes.range((step, PLAIN)..=(step, i32::MAX)).map(|(_, outcome)| outcome);
        let tried = || self.attempts.iter().filter(|attempt| attempt.step == step);
        let failed = units().find_map(|outcome| match &outcome.recorded {
            Recorded::Failed(error) => Some(error.clone()),
            _ => None,
        });
        let plain = self.outcomes.get(&(step, PLAIN));
        let is_skipped = plain.is_some_and(|outcome| matches!(outcome.recorded, Recorded::Skipped));
        let asked = self.repeats.range((step, PLAIN)..=(step, i32::MAX)).any(|(_, (_, due))| *due > now);
        let waits = asked || tried().any(|attempt| attempt.retry_at > now);
        let blocked = || plan.steps[step].dependencies.iter().any(|edge| !self.is_settled(edge.step));
        let status = match () {
            () if failed.is_some() => "failed",
            () if is_skipped => "skipped",
            () if self.is_settled(step) => "completed",
            () if self.end.is_some() => "cancelled",
            () if blocked() => "blocked",
            () if waits => "waiting",
            () => open,
        };
        let is_map = plan.steps[step].map.is_some();
        TestStep {
            step: plan.steps[step].name.to_string(),
            status: status.to_owned(),
            attempts: units().map(|o| o.attempts).chain(tried().map(|a| a.number)).max().unwrap_or(0),
            executions,
            items: self.maps.get(&step).copied(),
            items_done: if is_map && !is_skipped { units().filter(|outcome| is_good(outcome)).count() } else { 0 },
            output: self.step_output(plan, step).and_then(|output| output.decode().ok()),
            error: failed.or_else(|| tried().rfind(|a| a.number > 0).map(|attempt| attempt.error.clone())),
            skip_reason: if is_skipped { plain.and_then(|outcome| outcome.reason.clone()) } else { None },
        }
    }
}
