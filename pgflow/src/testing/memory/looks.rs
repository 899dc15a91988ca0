//! What is seen of a run in memory.

use super::machine::Machine;
use super::record::TestStep;
use super::replay::Recording;
use super::run_id;
use crate::client::RunStatus;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::worker::unit::PLAIN;

impl Machine {
    pub(super) fn output(&self) -> Result<Option<Encoded>, Error> {
        let plan = &self.setup.plan;
        match &self.record.end {
            None => Err(Error::invalid(format!("the run has not ended: it is {}", self.status()))),
            Some((RunStatus::Completed, _)) => Ok(self.record.output(plan)),
            Some((RunStatus::Cancelled, reason)) => {
                Err(Error::new(Kind::RunCancelled { run: run_id(), reason: reason.clone() }))
            }
            Some((_, reason)) => {
                let failure = self.record.failure(plan);
                let step = failure.map(|(step, _)| step.to_owned());
                let error = reason.clone().or(failure.map(|(_, error)| error.to_owned())).unwrap_or_default();
                Err(Error::new(Kind::RunFailed { run: run_id(), step, error }))
            }
        }
    }

    pub(super) fn steps(&self) -> Vec<TestStep> {
        let plan = &self.setup.plan;
        let shown = |step: &usize| Some(*step) != plan.hook || self.is_known(*step);
        (0..plan.steps.len()).filter(shown).map(|step| self.describe(step)).collect()
    }

    pub(super) fn step(&self, name: &str) -> Option<TestStep> {
        self.setup.plan.steps.iter().position(|step| &*step.name == name).map(|step| self.describe(step))
    }

    fn is_known(&self, step: usize) -> bool {
        let attempts = self.record.attempts.iter().any(|attempt| attempt.step == step);
        attempts || self.record.outcomes.contains_key(&(step, PLAIN))
    }

    fn describe(&self, step: usize) -> TestStep {
        let is_running = self.under_way.values().any(|attempt| attempt.unit.step == step);
        let open = if is_running { "running" } else { "ready" };
        self.record.step(&self.setup.plan, step, self.clock.now(), open, self.executions[step])
    }

    pub(super) fn recording(&self) -> Recording {
        let name = |step: usize| self.setup.plan.steps[step].name.to_string();
        let outcomes = self.record.outcomes.iter();
        let outcomes = outcomes.map(|((step, index), outcome)| ((name(*step), *index), outcome.clone()));
        let signals = self.record.signals.iter().map(|signal| (name(signal.step), signal.sent.clone()));
        Recording { input: self.input.clone(), outcomes: outcomes.collect(), signals: signals.collect() }
    }
}
