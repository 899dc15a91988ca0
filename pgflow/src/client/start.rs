//! Starting runs.

use std::time::{Duration, Instant};

use sqlx::PgExecutor;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::options::{Begin, Key, StartOptions};
use super::{Client, Known, Run};
use crate::database::{Jsonb, statements};
use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::step::RunId;
use crate::worker::hand::DirectStart;
use crate::workflow::Workflow;

/// How long a start waits before it looks for room again, at first and later.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

impl Client {
    /// Starts a run. `fulfil_order::start(&client, order)` is the same.
    ///
    /// # Errors
    /// When the input has no JSON form, or the database fails. After a lost connection it is not known whether the run was started:
    /// use an idempotency key where that matters.
    pub async fn start<W: Workflow>(&self, workflow: W, input: W::Input) -> Result<Run<W>, Error> {
        self.start_with(workflow, input, StartOptions::default()).await
    }

    /// Starts a run with options.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when the key is empty or too long, or the run is to begin in more than a hundred years.
    pub async fn start_with<W: Workflow>(&self, _: W, input: W::Input, options: StartOptions) -> Result<Run<W>, Error> {
        let Known { version, deadline } = self.version::<W>().await?;
        let options = options.or_deadline(deadline);
        let input = encode::<W>(&input)?;
        if let Some(id) = self.start_directly(version, &input, &options).await? {
            return Ok(self.handle(id, &options));
        }
        let ids = self.start_queued(version, &[input], &options).await?;
        self.shared.announcer.announce(&self.pool);
        one(ids).map(|id| self.handle(id, &options))
    }

    /// Starts a run for each input, all or none of them, and gives their handles in the same order.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_many<W: Workflow>(
        &self,
        workflow: W,
        inputs: impl IntoIterator<Item = W::Input>,
    ) -> Result<Vec<Run<W>>, Error> {
        self.start_many_with(workflow, inputs, StartOptions::default()).await
    }

    /// Starts a run for each input, with options.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when the options hold a key: it would make all of them one run.
    pub async fn start_many_with<W: Workflow>(
        &self,
        _: W,
        inputs: impl IntoIterator<Item = W::Input>,
        options: StartOptions,
    ) -> Result<Vec<Run<W>>, Error> {
        let inputs: Vec<W::Input> = inputs.into_iter().collect();
        if options.key.is_some() && inputs.len() > 1 {
            return Err(Error::invalid("one key cannot start several runs: start them one by one, each with its key"));
        }
        let inputs = inputs.iter().map(encode::<W>).collect::<Result<Vec<_>, _>>()?;
        let Known { version, deadline } = self.version::<W>().await?;
        let options = options.or_deadline(deadline);
        let ids = self.start_queued(version, &inputs, &options).await?;
        self.shared.announcer.announce(&self.pool);
        Ok(ids.into_iter().map(|id| self.handle(id, &options)).collect())
    }

    /// Starts runs by the queue, once there is room where that is asked for.
    async fn start_queued(
        &self,
        version: i32,
        inputs: &[Encoded],
        options: &StartOptions,
    ) -> Result<Vec<RunId>, Error> {
        let until = Instant::now().checked_add(options.wait_for_room);
        let mut wait = FIRST_WAIT;
        loop {
            match start_runs(&self.pool, version, inputs, options).await {
                Err(error) if error.is_backlogged() && until.is_none_or(|until| Instant::now() < until) => {
                    let rest = until.map_or(wait, |until| until.saturating_duration_since(Instant::now()));
                    tokio::time::sleep(wait.mul_f64(0.75 + fastrand::f64() / 2.0).min(rest)).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                result => return result,
            }
        }
    }

    /// Starts a run for an idle worker of this process, if there is one. With a key it is queued: it may be an old one.
    async fn start_directly(
        &self,
        version: i32,
        input: &Encoded,
        options: &StartOptions,
    ) -> Result<Option<RunId>, Error> {
        let StartOptions { key: None, begin: Begin::Now, actor: None, queue, priority, namespace, .. } = options else {
            return Ok(None);
        };
        let Some(hand) = self.shared.announcer.local.hand(BUCKET, version, queue) else { return Ok(None) };
        let deadline = options.deadline_micros()?;
        let start = DirectStart { version, input, queue, priority: *priority, namespace, deadline };
        match hand.start(start).await {
            None => Ok(None),
            Some(Ok(id)) => Ok(Some(RunId::from(id))),
            Some(Err(error)) => Err(Error::database("starting a run", error)),
        }
    }

    fn handle<W: Workflow>(&self, id: RunId, options: &StartOptions) -> Run<W> {
        // A run with a key may be an old one.
        if options.key.is_none() { Run::started(self.clone(), id) } else { Run::new(self.clone(), id) }
    }
}

/// Starts a run in a transaction of the caller's: it begins when that commits, and never if it is rolled back.
/// `fulfil_order::start_in(&mut tx, order)` is the same. Nobody is notified: a worker finds the run at its next poll, at the latest.
///
/// # Errors
/// When the input has no JSON form, when the transaction is not READ COMMITTED, or when the database fails.
pub async fn start_in<W: Workflow>(
    connection: &mut PgConnection,
    workflow: W,
    input: W::Input,
    options: StartOptions,
) -> Result<RunId, Error> {
    one(start_many_in(connection, workflow, [input], options).await?)
}

/// Starts a run for each input in a transaction of the caller's.
///
/// # Errors
/// As [`start_in`].
pub async fn start_many_in<W: Workflow>(
    connection: &mut PgConnection,
    _: W,
    inputs: impl IntoIterator<Item = W::Input>,
    options: StartOptions,
) -> Result<Vec<RunId>, Error> {
    let inputs: Vec<W::Input> = inputs.into_iter().collect();
    if options.key.is_some() && inputs.len() > 1 {
        return Err(Error::invalid("one key cannot start several runs: start them one by one, each with its key"));
    }
    let inputs = inputs.iter().map(encode::<W>).collect::<Result<Vec<_>, _>>()?;
    let definition = W::definition();
    let known: Option<i32> = sqlx::query_scalar(statements::VERSION_ID)
        .bind(&definition.name)
        .bind(definition.hash())
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| Error::database("looking for the workflow's version", e))?;
    let version = match known {
        Some(version) => version,
        None => register(&mut *connection, &definition).await?,
    };
    start_runs(connection, version, &inputs, &options.or_deadline(definition.deadline)).await
}

/// Stores a definition, unless it is stored, and gives the id of its version. One that is new becomes the current one.
pub(crate) async fn register<'e>(executor: impl PgExecutor<'e>, definition: &Definition) -> Result<i32, Error> {
    store(executor, definition, true).await
}

/// The same, but the current version stays the one that it is.
pub(crate) async fn register_aside<'e>(executor: impl PgExecutor<'e>, definition: &Definition) -> Result<i32, Error> {
    store(executor, definition, false).await
}

async fn store<'e>(
    executor: impl PgExecutor<'e>,
    definition: &Definition,
    becomes_current: bool,
) -> Result<i32, Error> {
    let text = Encoded::new(definition).map_err(|source| {
        Error::new(Kind::Payload { what: format!("the definition of `{}` cannot be encoded", definition.name), source })
    })?;
    let contracts: Vec<String> = definition.steps.iter().map(|step| definition.contract(step)).collect();
    sqlx::query_scalar(statements::REGISTER)
        .bind(Jsonb(text.as_str()))
        .bind(definition.hash())
        .bind(contracts)
        .bind(becomes_current)
        .fetch_one(executor)
        .await
        .map_err(|e| Error::refused("registering the workflow", e))
}

pub(super) fn encode<W: Workflow>(input: &W::Input) -> Result<Encoded, Error> {
    W::encode_input(input).map_err(|source| {
        Error::new(Kind::Payload { what: format!("the input of workflow `{}` cannot be encoded", W::NAME), source })
    })
}

async fn start_runs<'e>(
    executor: impl PgExecutor<'e>,
    version: i32,
    inputs: &[Encoded],
    options: &StartOptions,
) -> Result<Vec<RunId>, Error> {
    let (at, after) = options.begin.micros()?;
    let keys = match &options.key {
        None => None,
        Some(Key::Idempotency(key)) => Some(vec![key.as_str()]),
        Some(Key::Supersede(key)) => return start_latest(executor, version, inputs, options, key, None).await,
        Some(Key::Debounce(key, quiet)) => {
            return start_latest(executor, version, inputs, options, key, Some(*quiet)).await;
        }
    };
    let ids: Vec<Uuid> = sqlx::query_scalar(statements::START_RUNS)
        .bind(BUCKET)
        .bind(version)
        .bind(inputs.iter().map(|text| Jsonb(text.as_str())).collect::<Vec<_>>())
        .bind(keys)
        .bind(true)
        .bind(&options.queue)
        .bind(options.priority)
        .bind(&options.namespace)
        .bind(at)
        .bind(after)
        .bind(options.deadline_micros()?)
        .bind(options.max_backlog.map(|runs| i32::try_from(runs).unwrap_or(i32::MAX)))
        .bind(&options.actor)
        .fetch_one(executor)
        .await
        .map_err(|e| Error::database("starting a run", e))?;
    Ok(ids.into_iter().map(RunId::from).collect())
}

/// Starts a run in the place of an earlier one of this key, unless that has begun.
async fn start_latest<'e>(
    executor: impl PgExecutor<'e>,
    version: i32,
    inputs: &[Encoded],
    options: &StartOptions,
    key: &str,
    quiet: Option<Duration>,
) -> Result<Vec<RunId>, Error> {
    let Some(input) = inputs.first() else { return Ok(Vec::new()) };
    let (at, after) = options.begin.micros()?;
    let quiet = quiet.map(|quiet| Begin::After(quiet).micros()).transpose()?.and_then(|(_, after)| after);
    let id: Uuid = sqlx::query_scalar(statements::START_LATEST)
        .bind(BUCKET)
        .bind(version)
        .bind(Jsonb(input.as_str()))
        .bind(key)
        .bind(quiet)
        .bind(true)
        .bind(&options.queue)
        .bind(options.priority)
        .bind(&options.namespace)
        .bind(at)
        .bind(after)
        .bind(options.deadline_micros()?)
        .bind(options.max_backlog.map(|runs| i32::try_from(runs).unwrap_or(i32::MAX)))
        .bind(&options.actor)
        .fetch_one(executor)
        .await
        .map_err(|e| Error::database("starting a run", e))?;
    Ok(vec![RunId::from(id)])
}

/// The bucket of new runs: one server needs a single one.
pub(super) const BUCKET: i32 = 0;

fn one(ids: Vec<RunId>) -> Result<RunId, Error> {
    ids.into_iter().next().ok_or_else(|| Error::invalid("the database gave no run id"))
}
