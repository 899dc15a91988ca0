//! What carries a run in memory on: the worker's part, with what is recorded kept here.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use sqlx::PgPool;

use super::faults::{Fault, Faults};
use super::record::{Record, SentSignal};
use super::{every_queue, lock, run_id};
use crate::cancellation::Cancellation;
use crate::client::RunStatus;
use crate::encoded::Encoded;
use crate::notes::Notes;
use crate::registration::{self, Registration};
use crate::signal::Sent;
use crate::step::{Retry, StepContext, StepError, StepInfo};
use crate::tx::TxSlot;
use crate::worker::PAST_DEADLINE;
use crate::worker::attempt::{call, limited_again, too_slow};
use crate::worker::clock::Clock;
use crate::worker::plan::Plan;
use crate::worker::repetition::{Limits, Repetition};
use crate::worker::run::{OwnedRun, Recorded};
use crate::worker::unit::Unit;

/// How long attempts that are under way have to end before the clock is moved, and a handler that was told to end.
const MOMENT: Duration = Duration::from_millis(20);
/// What waits for longer waits for somebody, and for no time.
const BEYOND: Duration = Duration::from_secs(50 * 365 * 24 * 3600);
const GRACE: Duration = Duration::from_secs(5);

/// What all runs of a runner have in common.
pub(super) struct Setup {
    pub(super) plan: Arc<Plan>,
    pub(super) pool: Option<PgPool>,
    pub(super) faults: Arc<Mutex<Faults>>,
    /// The workflows of which steps may start runs, by their names.
    pub(super) children: Arc<HashMap<String, Registration>>,
}

/// A run in memory.
pub(super) struct Machine {
    pub(super) setup: Arc<Setup>,
    pub(super) input: Encoded,
    pub(super) clock: Clock,
    began: Instant,
    pub(super) deadline: Option<Instant>,
    pub(super) record: Record,
    /// In the hands of a worker; none before the first one, and when it is paused or has ended.
    pub(super) owned: Option<OwnedRun>,
    scheduled: bool,
    /// Nothing more begins; or, it is handed back when what is under way has ended.
    pub(super) paused: bool,
    pub(super) handing_back: bool,
    pub(super) queue: VecDeque<Unit>,
    running: FuturesUnordered<Running>,
    pub(super) under_way: BTreeMap<u64, UnderWay>,
    serial: u64,
    pub(super) executions: Vec<usize>,
}

type Running = Abortable<BoxFuture<'static, (u64, Ended)>>;

pub(super) struct UnderWay {
    pub(super) unit: Unit,
    since: Instant,
    pub(super) context: StepContext,
    pub(super) abort: AbortHandle,
}

/// How an attempt has ended.
enum Ended {
    Returned(Result<Encoded, StepError>),
    /// Its worker died.
    Crashed,
}

impl Machine {
    pub(super) fn new(setup: Arc<Setup>, input: Encoded, deadline: Option<Duration>) -> Self {
        let clock = Clock::standing();
        let began = clock.now();
        Self {
            executions: vec![0; setup.plan.steps.len()],
            setup,
            input,
            deadline: deadline.map(|deadline| began + deadline),
            clock,
            began,
            record: Record::default(),
            owned: None,
            scheduled: true,
            paused: false,
            handing_back: false,
            queue: VecDeque::new(),
            running: FuturesUnordered::new(),
            under_way: BTreeMap::new(),
            serial: 0,
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.clock.now().duration_since(self.began)
    }

    pub(super) fn status(&self) -> RunStatus {
        match &self.record.end {
            Some((status, _)) => *status,
            None if self.paused && self.owned.is_none() => RunStatus::Paused,
            None if self.scheduled => RunStatus::Scheduled,
            None => RunStatus::Running,
        }
    }

    pub(super) async fn settle(&mut self) {
        self.begin();
        loop {
            self.start_queued();
            if self.under_way.is_empty() {
                // Handlers that were told to end, and have asked for it.
                while let Ok(Some(_)) = tokio::time::timeout(GRACE, self.running.next()).await {}
                self.running = FuturesUnordered::new();
                return;
            }
            let Some(ended) = self.running.next().await else { return };
            self.ended(ended);
        }
    }

    /// Lets what is under way go on for a moment.
    async fn moment(&mut self) {
        self.begin();
        loop {
            self.start_queued();
            match tokio::time::timeout(MOMENT, self.running.next()).await {
                Ok(Some(ended)) => self.ended(ended),
                _ => return,
            }
        }
    }

    pub(super) async fn advance(&mut self, time: Duration) {
        let until = self.clock.now() + time;
        self.moment().await;
        while let Some(at) = self.next_time(true).filter(|at| *at < until) {
            self.clock.move_to(at);
            self.ring();
            self.moment().await;
        }
        self.clock.move_to(until);
        self.ring();
        self.moment().await;
    }

    /// The same as [`finish`](Self::finish), as a future of a known size: a child may have children.
    fn finish_boxed(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.finish())
    }

    pub(super) async fn finish(&mut self) {
        loop {
            self.settle().await;
            let Some(at) = self.next_time(false) else { return };
            self.clock.move_to(at);
            self.ring();
        }
    }

    /// The next time that something waits for; with the time-outs of attempts, or without.
    fn next_time(&self, timeouts: bool) -> Option<Instant> {
        let run = self.owned.as_ref()?;
        let ends = self.under_way.values().filter(|_| timeouts).filter_map(|attempt| self.times_out(attempt));
        let until = self.clock.now() + BEYOND;
        let retries = run.retries.iter().map(|(at, _)| *at).filter(|at| *at < until);
        retries.chain(run.deadline).chain(ends).min()
    }

    fn times_out(&self, attempt: &UnderWay) -> Option<Instant> {
        self.setup.plan.steps[attempt.unit.step].timeout.map(|timeout| attempt.since + timeout)
    }

    /// Does what is due by the clock.
    fn ring(&mut self) {
        let now = self.clock.now();
        let late: Vec<u64> = self
            .under_way
            .iter()
            .filter(|(_, attempt)| self.times_out(attempt).is_some_and(|at| at <= now))
            .map(|(serial, _)| *serial)
            .collect();
        for serial in late {
            let Some(attempt) = self.under_way.remove(&serial) else { continue };
            attempt.abort.abort();
            let timeout = self.setup.plan.steps[attempt.unit.step].timeout.unwrap_or_default();
            self.failed(attempt.unit, &StepError::retry(too_slow(timeout)));
        }
        let Some(run) = &mut self.owned else { return };
        if run.deadline.is_some_and(|deadline| deadline <= now) {
            return self.end(RunStatus::Failed, Some(PAST_DEADLINE.to_owned()));
        }
        let due: Vec<Unit> = run.retries.extract_if(.., |(at, _)| *at <= now).map(|(_, unit)| unit).collect();
        for unit in due {
            let Some(run) = &mut self.owned else { return };
            if unit.attempt == 0 {
                let opened = run.open_delayed(unit.step);
                self.follow(opened);
            } else {
                self.queue.push_back(unit);
            }
        }
    }

    /// Lets a worker take the run for the first time.
    fn begin(&mut self) {
        if std::mem::take(&mut self.scheduled) && self.record.end.is_none() && !self.paused {
            self.take_up();
        }
    }

    /// Lets a worker take the run, with what is recorded of it.
    pub(super) fn take_up(&mut self) {
        let plan = Arc::clone(&self.setup.plan);
        let history = self.record.history(&plan, &self.clock, self.deadline);
        let mut run = OwnedRun::new(run_id().into(), 0, (0, 1), plan, self.input.clone(), history);
        if run.deadline.is_some_and(|deadline| deadline <= self.clock.now()) {
            self.owned = Some(run);
            return self.end(RunStatus::Failed, Some(PAST_DEADLINE.to_owned()));
        }
        let opened = run.begin();
        self.owned = Some(run);
        self.follow(opened);
    }

    fn start_queued(&mut self) {
        while let Some(unit) = self.queue.pop_front() {
            self.start(unit);
        }
    }

    fn start(&mut self, unit: Unit) {
        let (plan, Some(run)) = (Arc::clone(&self.setup.plan), &self.owned) else { return };
        let step = &plan.steps[unit.step];
        let context = StepContext::new(StepInfo {
            run_id: run_id(),
            workflow: Arc::clone(&plan.workflow),
            step: Arc::clone(&step.name),
            number: unit.step,
            index: u32::try_from(unit.index).ok(),
            attempt: unit.attempt,
            max_attempts: run.max_attempts(unit.step, unit.index),
            failure: if plan.hook == Some(unit.step) { run.failure.clone() } else { None },
            cancellation: Cancellation::default(),
            notes: Notes::default(),
        });
        let told = context.clone();
        let attempt = registration::Attempt {
            context,
            tx: None,
            input: run.input.clone(),
            dependencies: run.dependencies(unit.step),
            item: run.item(unit.step, unit.index),
            signal: run.signal(unit.step),
            repeated: run.repetition(unit.step, unit.index).map(Repetition::told),
        };
        self.serial += 1;
        let serial = self.serial;
        let fault = lock(&self.setup.faults).failure(unit.step);
        let setup = Arc::clone(&self.setup);
        let future: BoxFuture<'static, (u64, Ended)> = match fault {
            Some(error) => Box::pin(std::future::ready((serial, Ended::Returned(Err(error))))),
            None => {
                self.executions[unit.step] += 1;
                let limits = Limits::of(step, run.repetition(unit.step, unit.index));
                let now = self.clock.clone();
                Box::pin(async move {
                    let ended = execute(&setup, unit.step, attempt, limits, now).await;
                    (serial, follow_child(&setup, unit.step, ended).await)
                })
            }
        };
        let (abort, registration) = AbortHandle::new_pair();
        self.running.push(Abortable::new(future, registration));
        self.under_way.insert(serial, UnderWay { unit, since: self.clock.now(), context: told, abort });
    }

    fn ended(&mut self, ended: Result<(u64, Ended), futures_util::future::Aborted>) {
        // One that was cut is no longer known.
        let Ok((serial, ended)) = ended else { return };
        let Some(attempt) = self.under_way.remove(&serial) else { return };
        match ended {
            Ended::Crashed => return self.crash(),
            Ended::Returned(Ok(output)) => self.outcome(attempt.unit, Recorded::Completed(output), None),
            Ended::Returned(Err(error)) => self.failed(attempt.unit, &error),
        }
        self.let_leave();
    }

    /// A paused run leaves its worker when nothing of it is under way any more.
    fn let_leave(&mut self) {
        if (self.paused || self.handing_back) && self.under_way.is_empty() {
            self.owned = None;
            if std::mem::take(&mut self.handing_back) && self.record.end.is_none() {
                self.take_up();
            }
        }
    }

    /// Sends a signal; gives whether a step of the run waits for one of this name, or will.
    pub(super) fn signal(&mut self, name: &str, sent: &Sent) -> bool {
        let plan = Arc::clone(&self.setup.plan);
        let awaits = |step: &usize| plan.steps[*step].signal.as_ref().is_some_and(|signal| &*signal.name == name);
        let steps: Vec<usize> = (0..plan.steps.len()).filter(awaits).collect();
        for step in &steps {
            self.record.signals.push(SentSignal { step: *step, at: self.clock.now(), sent: sent.clone() });
            let Some(sent) = self.record.signal_of(&plan, *step) else { continue };
            if let Some(run) = self.owned.as_mut().filter(|_| !self.paused && !self.handing_back) {
                let opened = run.take_signal(*step, sent);
                self.follow(opened);
            }
        }
        !steps.is_empty()
    }

    pub(super) fn cancel(&mut self, reason: &str) {
        if self.record.end.is_none() {
            self.end(RunStatus::Cancelled, Some(reason.to_owned()));
        }
    }

    pub(super) fn pause(&mut self) {
        if self.record.end.is_none() {
            self.paused = true;
            self.handing_back = false;
            self.queue.clear();
            self.let_leave();
        }
    }

    pub(super) fn resume(&mut self) {
        if std::mem::take(&mut self.paused) {
            self.handing_back = !self.scheduled;
            self.let_leave();
        } else if self.status() == RunStatus::Failed {
            // A deadline counts no more.
            self.deadline = None;
            self.record.revive(self.setup.plan.hook, self.clock.now());
            self.take_up();
        }
    }

    pub(super) fn crash(&mut self) {
        self.queue.clear();
        self.under_way.clear();
        self.running = FuturesUnordered::new();
        self.handing_back = false;
        if self.owned.take().is_some() && !self.paused {
            self.take_up();
        }
    }
}

/// Where a step is a run of another workflow, carries that to its end with the input that the step has made.
async fn follow_child(setup: &Setup, step: usize, ended: Ended) -> Ended {
    let (Some(child), Ended::Returned(Ok(input))) = (&setup.plan.steps[step].child, &ended) else { return ended };
    let Some(registration) = setup.children.get(&*child.workflow) else {
        let workflow = &child.workflow;
        return Ended::Returned(Err(StepError::fatal(format_args!(
            "the runner has no workflow `{workflow}`: give it one, `with_child({workflow}::Workflow)`"
        ))));
    };
    let plan = match Plan::new(0, registration, &every_queue(registration)) {
        Ok(plan) => Arc::new(plan),
        Err(error) => return Ended::Returned(Err(StepError::fatal(error))),
    };
    let setup = Setup { plan, pool: setup.pool.clone(), faults: Arc::default(), children: Arc::clone(&setup.children) };
    let deadline = registration.definition().deadline;
    let mut machine = Machine::new(Arc::new(setup), input.clone(), deadline);
    machine.finish_boxed().await;
    let result = match machine.output() {
        Ok(output) => Ok(output.unwrap_or_else(|| Encoded::from("null"))),
        Err(error) if machine.status().is_final() => Err(StepError::fatal(error)),
        Err(_) => Err(StepError::fatal(format_args!(
            "the run of workflow `{}` waits for somebody, and nobody acts upon it in memory",
            child.workflow
        ))),
    };
    Ended::Returned(result)
}

/// Calls the handler of a step, and commits its transaction if it has one.
async fn execute(
    setup: &Setup,
    step: usize,
    mut attempt: registration::Attempt,
    limits: Limits,
    clock: Clock,
) -> Ended {
    let slot = setup.pool.clone().map(TxSlot::plain);
    attempt.tx.clone_from(&slot);
    let timeout = setup.plan.steps[step].timeout;
    let context = attempt.context.clone();
    let result = call(&setup.plan.handlers, step, attempt, timeout).await;
    let result = result.map_err(|error| limited_again(error, limits, clock.now()));
    let fails = result.as_ref().is_err_and(|error| !matches!(error.policy(), Retry::Again(_)));
    let transaction = match slot.map(|slot| slot.take()).transpose() {
        Ok(transaction) => transaction.flatten(),
        Err(error) => return Ended::Returned(result.and(Err(error))),
    };
    let crashes = lock(&setup.faults).take(step, |fault| matches!(fault, Fault::CrashDuring));
    if crashes || fails || context.was_cancelled() {
        if let Some(transaction) = transaction {
            let _ = transaction.roll_back().await;
        }
        return if crashes { Ended::Crashed } else { Ended::Returned(result) };
    }
    if let Some(transaction) = transaction
        && let Err(error) = transaction.commit().await
    {
        let error = format!("the step's transaction could not be committed: {error}");
        return Ended::Returned(Err(StepError::retry(error)));
    }
    Ended::Returned(result)
}
