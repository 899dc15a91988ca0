//! The worker: a process (or a part of one) that runs workflows.

pub(crate) mod attempt;
mod batch;
pub(crate) mod carrier;
mod caution;
pub(crate) mod clock;
mod driver;
mod exchange;
pub(crate) mod family;
pub(crate) mod hand;
mod housekeeping;
mod keeper;
mod options;
pub(crate) mod plan;
mod queue;
pub(crate) mod repetition;
mod reporter;
pub(crate) mod run;
mod scheduler;
mod scout;
mod session;
mod task;
pub(crate) mod unit;

use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::database;
use crate::dynamic::Handlers;
use crate::error::Error;
use crate::registration::Registration;
pub(crate) use driver::PAST_DEADLINE;
pub(crate) use keeper::ERRANDS_ROUND;
use options::Options;
pub use options::Queue;
pub use scheduler::LoneScheduler;
use session::WorkerLives;

/// Runs workflows: claims runs, executes their steps, records outcomes, recovers what dead workers have left.
///
/// ```no_run
/// # async fn example(pool: sqlx::PgPool, registration: pgflow::Registration) -> Result<(), pgflow::Error> {
/// pgflow::Worker::builder(pool).register(registration).concurrency(64).run().await
/// # }
/// ```
///
/// Start as many processes as you like on one database: they share the work, and when one dies the others go on with its runs
/// within seconds.
#[derive(Debug)]
pub struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), Error>>,
}

/// How a worker is set up; see the methods for the defaults.
#[derive(Debug)]
#[must_use = "a worker does nothing until it is run or started"]
pub struct WorkerBuilder {
    pool: PgPool,
    options: Options,
    registrations: Vec<Registration>,
    handlers: Handlers,
}

impl Worker {
    /// A worker on the database of `pool`.
    ///
    /// From the pool the worker takes how to connect: it opens connections of its own (four, and more for steps that take a
    /// [`Tx`](crate::Tx)), so that neither your queries nor its steps keep it from beating.
    pub fn builder(pool: PgPool) -> WorkerBuilder {
        WorkerBuilder { pool, options: Options::default(), registrations: Vec::new(), handlers: Handlers::new() }
    }

    /// Stops in order: claims no more, waits for the steps that run (for the grace time at most), records what they have given,
    /// and hands the rest back.
    ///
    /// # Errors
    /// What the worker ended with.
    pub async fn stop(self) -> Result<(), Error> {
        let _ = self.stop.send(true);
        self.wait().await
    }

    /// Waits until the worker ends by itself, which it does only on an error.
    ///
    /// # Errors
    /// What the worker ended with.
    pub async fn wait(self) -> Result<(), Error> {
        self.task.await.map_err(|e| Error::invalid(format!("the worker's task has ended abnormally: {e}")))?
    }
}

impl WorkerBuilder {
    /// Adds a workflow: `fulfil_order::Workflow`, or `fulfil_order::Workflow.with_state(shop)` for one with a state.
    pub fn register(mut self, workflow: impl Into<Registration>) -> Self {
        self.registrations.push(workflow.into());
        self
    }

    /// Adds handlers for workflows that are made at run time ([`dynamic`](crate::dynamic)): the worker runs every one of them all of whose
    /// handlers it has, also those that are made while it works, which it notices with a beat.
    ///
    /// ```no_run
    /// # use pgflow::{Worker, dynamic::Handlers};
    /// # fn example(pool: sqlx::PgPool) {
    /// let handlers = Handlers::new().add("double", async |taken: serde_json::Value, _| Ok(taken["input"].as_i64().map(|n| n * 2)));
    /// let worker = Worker::builder(pool).handlers(handlers);
    /// # }
    /// ```
    pub fn handlers(mut self, handlers: Handlers) -> Self {
        self.handlers = self.handlers.and(handlers);
        self
    }

    /// How many steps run at once, at most. Default: 100.
    pub fn concurrency(mut self, steps: usize) -> Self {
        self.options.concurrency = steps.max(1);
        self
    }

    /// Adds a queue whose runs and steps this worker takes: its name, or a [`Queue`] with a concurrency and a weight of its own.
    /// Default, where none is added: `default`.
    ///
    /// ```no_run
    /// # use pgflow::{Queue, Registration, Worker};
    /// # fn example(pool: sqlx::PgPool, registration: Registration) {
    /// let worker = Worker::builder(pool).register(registration).queue("default").queue(Queue::new("mail").concurrency(8).weight(3));
    /// # }
    /// ```
    pub fn queue(mut self, queue: impl Into<Queue>) -> Self {
        self.options.queues.push(queue.into());
        self
    }

    /// How often an idle worker looks for work when no notification comes. Default: 1 s.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.options.poll_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How often the worker shows that it lives. Default: 1.5 s.
    pub fn beat(mut self, interval: Duration) -> Self {
        self.options.beat = interval.max(Duration::from_millis(10));
        self
    }

    /// After which silence the others take a worker for dead and hand its runs on: at least three beats. Default: 6 s.
    pub fn silence_limit(mut self, limit: Duration) -> Self {
        self.options.silence_limit = limit;
        self
    }

    /// How long a stop waits for the steps that run before it cuts them. Default: 30 s.
    pub fn grace(mut self, time: Duration) -> Self {
        self.options.grace = time;
        self
    }

    /// How long a handler that has asked for it ([`StepContext::cancelled`](crate::StepContext::cancelled)) has to end in order when
    /// it is cancelled. Default: 5 s.
    pub fn cancel_grace(mut self, time: Duration) -> Self {
        self.options.cancel_grace = time;
        self
    }

    /// A name for people to read, in listings and logs. It identifies nothing: every worker has a fresh id. Default: the program's
    /// name and its process id.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = name.into();
        self
    }

    /// How many steps with a [`Tx`](crate::Tx) run at once: each has a connection of its own. Default: 10.
    pub fn tx_connections(mut self, connections: u32) -> Self {
        self.options.tx_connections = connections.max(1);
        self
    }

    /// How many bytes of payloads (inputs, and outputs that are still read) the worker keeps before it takes no more work until some
    /// of it has ended. What it has taken it goes on with, however large it becomes. Default: 256 MiB.
    pub fn memory_budget(mut self, bytes: usize) -> Self {
        self.options.memory_budget = bytes;
        self
    }

    /// How often a step may end its process (by an abort, a stack overflow, too much memory) while nothing else runs beside it,
    /// before it fails for that. Default: 3.
    ///
    /// What runs in a worker that dies is begun again elsewhere. After a first crash the worker notes which steps of the runs
    /// concerned it begins; after a second one those that were under way are suspects, and each is executed alone in its worker:
    /// what crashes then is the culprit, and everything else goes on. Only one worker should run in a process, or another one's
    /// crash is put to the account of the suspect.
    pub fn max_crashes(mut self, crashes: u16) -> Self {
        self.options.max_crashes = crashes.max(1);
        self
    }

    /// Whether the worker migrates the schema `pgflow` when it starts. Default: yes. Without, it refuses to start on a schema that
    /// is not the one it knows.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.options.migrate = migrate;
        self
    }

    /// Runs until the process is told to stop by SIGTERM or SIGINT (Ctrl-C), and then stops in order. A second signal ends the
    /// wait for running steps.
    ///
    /// # Errors
    /// When the options make no sense, or the database cannot be used: not reachable, too old, not migrated, no privilege.
    /// Later troubles of the database end no worker.
    pub async fn run(self) -> Result<(), Error> {
        let worker = self.start().await?;
        let Worker { stop, mut task } = worker;
        tokio::select! {
            ended = &mut task => return ended.map_err(|e| Error::invalid(format!("the worker's task has ended abnormally: {e}")))?,
            () = told_to_stop() => {}
        }
        let _ = stop.send(true);
        tokio::select! {
            ended = &mut task => ended.map_err(|e| Error::invalid(format!("the worker's task has ended abnormally: {e}")))?,
            () = told_to_stop() => {
                task.abort();
                Ok(())
            }
        }
    }

    /// Starts the worker in the background; it works until [`Worker::stop`] is called. Dropping the handle stops it as well, but
    /// nobody waits for the end then.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn start(self) -> Result<Worker, Error> {
        let Self { pool, mut options, registrations, handlers } = self;
        if options.queues.is_empty() {
            options.queues.push(Queue::new("default"));
        }
        check(&options, &registrations, &handlers)?;
        database::reach(&pool).await?;
        if options.migrate {
            database::migrate(&pool).await?;
        } else {
            database::check(&pool).await?;
        }
        let lives = WorkerLives::new(&pool, options, &registrations, handlers).await?;
        let (stop, stopped) = watch::channel(false);
        Ok(Worker { stop, task: tokio::spawn(lives.work(stopped)) })
    }
}

fn check(options: &Options, registrations: &[Registration], handlers: &Handlers) -> Result<(), Error> {
    if registrations.is_empty() && handlers.is_empty() {
        return Err(Error::invalid("the worker has no workflow: add one with `register(my_workflow::Workflow)`"));
    }
    if let Some(problem) = handlers.problem() {
        return Err(Error::invalid(problem));
    }
    if options.silence_limit < options.beat * 3 {
        return Err(Error::invalid(format!(
            "a silence limit of {:?} is too short for a beat every {:?}: make it at least three beats",
            options.silence_limit, options.beat
        )));
    }
    for (place, queue) in options.queues.iter().enumerate() {
        if queue.name.is_empty() {
            return Err(Error::invalid("a queue has no name: leave it out for the queue `default`"));
        }
        if options.queues[..place].iter().any(|other| other.name == queue.name) {
            return Err(Error::invalid(format!("queue `{}` is named twice", queue.name)));
        }
    }
    for (place, registration) in registrations.iter().enumerate() {
        let name = &registration.definition().name;
        if registrations[..place].iter().any(|other| other.definition().name == *name) {
            return Err(Error::invalid(format!("workflow `{name}` is registered twice")));
        }
    }
    Ok(())
}

async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
