//! Workflows in memory: the same runs as the worker has, what is recorded kept here, and a clock that is moved.

mod faults;
mod looks;
mod machine;
mod outcomes;
mod record;
mod replay;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;

use self::faults::{Fault, Faults};
use self::machine::{Machine, Setup};
pub use self::record::TestStep;
pub use self::replay::{Difference, Recording};
use crate::client::RunStatus;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::registration::Registration;
use crate::signal::Sent;
use crate::step::{RunId, StepError};
use crate::worker::plan::Plan;
use crate::workflow::Workflow;

/// Runs a workflow in memory, as a worker would on Postgres: the same steps in the same order, with the same retries, skips and
/// time-outs. What waits for a time takes none: the clock is moved on.
///
/// Beside the workflow it takes orders for what shall go wrong: [`fail_once`](Self::fail_once), [`fail_with`](Self::fail_with),
/// [`crash_after`](Self::crash_after), [`crash_during`](Self::crash_during),
/// [`commit_then_disconnect`](Self::commit_then_disconnect). Each order is carried out once, by the next attempt of the step.
///
/// ```
/// use std::time::Duration;
///
/// use pgflow::testing::Runner;
/// use pgflow::{Result, RunStatus, StepError, step, workflow};
///
/// #[workflow]
/// mod order {
///     use super::*;
///
///     #[step]
///     pub async fn reserve(input: u32) -> Result<u32> {
///         Ok(input)
///     }
///
///     #[step(depends_on = [reserve], delay = "3d")]
///     pub async fn charge(reserve: u32) -> Result<u32> {
///         Ok(reserve * 10)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let runner = Runner::new(order::Workflow);
/// runner.crash_after("reserve");
/// runner.fail_with("charge", StepError::fatal("the card is stolen"));
///
/// let mut run = runner.start(2);
/// run.settle().await;
/// assert_eq!(run.step("charge").status, "waiting");
/// run.advance(Duration::from_secs(3 * 24 * 3600)).await;
/// assert_eq!(run.status(), RunStatus::Failed);
/// assert_eq!(run.output().unwrap_err().failed_step(), Some("charge"));
/// // The worker died after it had reserved: that was not done again.
/// assert_eq!(run.executions("reserve"), 1);
/// # }
/// ```
pub struct Runner<W> {
    setup: Arc<Setup>,
    registration: Registration,
    workflow: PhantomData<fn() -> W>,
}

impl<W: Workflow> Runner<W> {
    /// A runner of a workflow without a state.
    #[must_use]
    pub fn new(workflow: W) -> Self
    where
        W: Workflow<State = ()>,
    {
        Self::of(workflow.into())
    }

    /// A runner of a workflow with its state.
    #[must_use]
    pub fn with_state(_: W, state: impl Into<Arc<W::State>>) -> Self {
        Self::of(Registration::new::<W>(state))
    }

    fn of(registration: Registration) -> Self {
        let plan = Plan::new(0, &registration, &every_queue(&registration)).unwrap_or_else(|error| panic!("{error}"));
        let setup = Setup { plan: Arc::new(plan), pool: None, faults: Arc::default(), children: Arc::default() };
        Self { setup: Arc::new(setup), registration, workflow: PhantomData }
    }

    /// A database for steps that take a [`Tx`](crate::Tx): their transactions begin and commit there. It needs no schema `pgflow`.
    #[must_use]
    pub fn with_pool(self, pool: PgPool) -> Self {
        let Setup { plan, faults, children, .. } = &*self.setup;
        let (plan, faults, children) = (Arc::clone(plan), Arc::clone(faults), Arc::clone(children));
        Self { setup: Arc::new(Setup { plan, pool: Some(pool), faults, children }), ..self }
    }

    /// A workflow of which steps start runs: these are carried to their end in memory as well, each when its step has made its input.
    #[must_use]
    pub fn with_child(self, workflow: impl Into<Registration>) -> Self {
        let Setup { plan, pool, faults, children } = &*self.setup;
        let registration: Registration = workflow.into();
        let mut children = HashMap::clone(children);
        children.insert(registration.definition().name.clone(), registration);
        let (plan, pool, faults) = (Arc::clone(plan), pool.clone(), Arc::clone(faults));
        Self { setup: Arc::new(Setup { plan, pool, faults, children: Arc::new(children) }), ..self }
    }

    /// The next attempt of this step (or of one item of it) fails, and may be tried again. Its function is not called.
    ///
    /// # Panics
    /// When the workflow has no such step.
    pub fn fail_once(&self, step: &str) {
        self.order(step, Fault::Fail(StepError::retry("the test has it fail once")));
    }

    /// The next attempt of this step fails with this error. Its function is not called.
    ///
    /// # Panics
    /// When the workflow has no such step.
    pub fn fail_with(&self, step: &str, error: StepError) {
        self.order(step, Fault::Fail(error));
    }

    /// The worker dies when the next outcome of this step is recorded: what else it executes is lost, and another worker goes on
    /// with what is recorded.
    ///
    /// # Panics
    /// When the workflow has no such step.
    pub fn crash_after(&self, step: &str) {
        self.order(step, Fault::CrashAfter);
    }

    /// The worker dies when the next attempt of this step has returned, and nothing is recorded of it: it is executed again. What it
    /// wrote through a [`Tx`](crate::Tx) is rolled back; whatever else it did is done.
    ///
    /// # Panics
    /// When the workflow has no such step.
    pub fn crash_during(&self, step: &str) {
        self.order(step, Fault::CrashDuring);
    }

    /// The next transaction of this step commits, but the connection is lost before the answer comes. The worker looks for the outcome,
    /// finds it, and goes on; a step without a [`Tx`](crate::Tx) has its outcome reported a second time.
    ///
    /// # Panics
    /// When the workflow has no such step.
    pub fn commit_then_disconnect(&self, step: &str) {
        self.order(step, Fault::Disconnect);
    }

    fn order(&self, step: &str, fault: Fault) {
        let number = self.number(step);
        lock(&self.setup.faults).order(number, fault);
    }

    #[track_caller]
    fn number(&self, step: &str) -> usize {
        let definition = self.registration.definition();
        let number = definition.steps.iter().position(|other| other.name == step);
        number.unwrap_or_else(|| panic!("workflow `{}` has no step `{step}`", definition.name))
    }

    /// Starts a run. Nothing happens until it is asked to go on.
    ///
    /// # Panics
    /// When the input has no JSON form.
    pub fn start(&self, input: W::Input) -> TestRun<W> {
        let input = W::encode_input(&input).unwrap_or_else(|error| panic!("the input cannot be encoded: {error}"));
        let deadline = self.registration.definition().deadline;
        TestRun { machine: Machine::new(Arc::clone(&self.setup), input, deadline), workflow: PhantomData }
    }

    /// Starts a run and carries it to its end; see [`TestRun::finish`].
    pub async fn run(&self, input: W::Input) -> TestRun<W> {
        let mut run = self.start(input);
        run.finish().await;
        run
    }
}

/// A run in memory.
pub struct TestRun<W> {
    machine: Machine,
    workflow: PhantomData<fn() -> W>,
}

impl<W: Workflow> TestRun<W> {
    /// Lets the run go on until nothing more happens by itself: it has ended, or waits for a time, or for somebody.
    ///
    /// May be dropped and called again: steps that are under way stay so.
    pub async fn settle(&mut self) {
        self.machine.settle().await;
    }

    /// Moves the clock on, and lets the run [settle](Self::settle) at each time that something waits for on the way.
    ///
    /// Attempts that are under way meanwhile have taken that long: those with a shorter time-out fail.
    pub async fn advance(&mut self, time: Duration) {
        self.machine.advance(time).await;
    }

    /// Lets the run go on to its end, moving the clock whenever it waits for a time. Returns as well where it waits for somebody to resume
    /// it. Attempts that are under way take the time that they take, and time-outs of theirs too: for a handler that never returns, use
    /// [`advance`](Self::advance).
    pub async fn finish(&mut self) {
        self.machine.finish().await;
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        self.machine.status()
    }

    /// How much time has passed since its start, by its own clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.machine.elapsed()
    }

    /// Its output.
    ///
    /// # Errors
    /// When it has failed, was cancelled, or has not ended, or when the output is none of the declared type.
    pub fn output(&self) -> Result<W::Output, Error> {
        let output = self.machine.output()?;
        W::decode_output(output.as_ref())
            .map_err(|error| Error::invalid(format!("the output of workflow `{}` cannot be decoded: {error}", W::NAME)))
    }

    /// How its steps stand, in the order of their declaration; that with `on_failure` once it was reached.
    #[must_use]
    pub fn steps(&self) -> Vec<TestStep> {
        self.machine.steps()
    }

    /// How a step stands.
    ///
    /// # Panics
    /// When the workflow has no such step.
    #[must_use]
    #[track_caller]
    pub fn step(&self, name: &str) -> TestStep {
        let step = self.machine.step(name);
        step.unwrap_or_else(|| panic!("workflow `{}` has no step `{name}`", W::NAME))
    }

    /// How often the function of a step was called, for all its items together.
    ///
    /// # Panics
    /// When the workflow has no such step.
    #[must_use]
    #[track_caller]
    pub fn executions(&self, step: &str) -> usize {
        self.step(step).executions
    }

    /// Sends it a signal, as somebody of this name would. It is kept until a step waits for it.
    ///
    /// # Panics
    /// When no step of the workflow waits for a signal of this name, when the run has ended, or when the payload has no JSON form.
    #[track_caller]
    pub fn signal(&mut self, name: &str, payload: impl serde::Serialize, sender: &str) {
        let payload = Encoded::new(&payload).unwrap_or_else(|error| panic!("the payload cannot be encoded: {error}"));
        assert!(!self.machine.status().is_final(), "the run takes no signal: it is {}", self.machine.status());
        let sent = Sent { payload, sender: sender.to_owned(), sent_at: std::time::SystemTime::now() };
        assert!(self.machine.signal(name, &sent), "no step of workflow `{}` waits for a signal `{name}`", W::NAME);
    }

    /// Cancels it, unless it has ended: what is under way is dropped.
    pub fn cancel(&mut self, reason: &str) {
        self.machine.cancel(reason);
    }

    /// Pauses it, unless it has ended: what is under way goes on to its end, nothing more begins.
    pub fn pause(&mut self) {
        self.machine.pause();
    }

    /// Lets a paused run go on, and one that has failed, from what it failed of.
    pub fn resume(&mut self) {
        self.machine.resume();
    }

    /// The worker that has it dies: what it executes is lost, and another worker goes on with what is recorded.
    pub fn crash(&mut self) {
        self.machine.crash();
    }

    /// What is recorded of it, to be [replayed](Runner::replay).
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.machine.recording()
    }
}

/// All queues that steps name: one worker has them all.
fn every_queue(registration: &Registration) -> Vec<String> {
    let steps = registration.definition().steps.iter();
    std::iter::once("default".to_owned()).chain(steps.filter_map(|step| step.options.queue.clone())).collect()
}

fn lock(faults: &Mutex<Faults>) -> std::sync::MutexGuard<'_, Faults> {
    faults.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The id of every run in memory.
fn run_id() -> RunId {
    RunId::from(uuid::Uuid::from_u128(1))
}

impl<W> std::fmt::Debug for Runner<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("workflow", &self.registration.definition().name).finish_non_exhaustive()
    }
}

impl<W> std::fmt::Debug for TestRun<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestRun").field("status", &self.machine.status()).finish_non_exhaustive()
    }
}
