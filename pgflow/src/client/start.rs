//! Starting runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sqlx::postgres::PgConnection;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::{Client, Known, Run};
use crate::database::{Jsonb, statements};
use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::news::{Local, News, notify_all, notify_work};
use crate::step::RunId;
use crate::worker::hand::DirectStart;
use crate::workflow::Workflow;

/// How a run is started.
#[derive(Clone, Debug)]
pub struct StartOptions {
    key: Option<Key>,
    queue: String,
    priority: i32,
    namespace: String,
    begin: Begin,
    deadline: Option<Duration>,
    max_backlog: Option<u32>,
    wait_for_room: Duration,
}

/// What a start has to do with earlier ones.
#[derive(Clone, Debug)]
enum Key {
    /// With the same key, it is the same start.
    Idempotency(String),
    /// It takes the place of one that has not begun.
    Supersede(String),
    /// It is that one, which begins so much later.
    Debounce(String, Duration),
}

/// When a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    Now,
    At(SystemTime),
    After(Duration),
}

impl Default for StartOptions {
    fn default() -> Self {
        Self {
            key: None,
            queue: "default".to_owned(),
            priority: 0,
            namespace: String::new(),
            begin: Begin::Now,
            deadline: None,
            max_backlog: None,
            wait_for_room: Duration::ZERO,
        }
    }
}

impl StartOptions {
    /// The defaults: no key, the queue `default`, priority 0, no namespace; the run begins at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A key (1 to 512 bytes) that stands for this start: a second start of the same workflow with the same key gives the run of
    /// the first, and its input is ignored. It belongs to the workflow's name, whatever the version. Safe under any race, and what makes a start safe to repeat after a lost answer.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(Key::Idempotency(key.into()));
        self
    }

    /// A key (1 to 512 bytes) for what is to be done: if an earlier run of the workflow with this key has not begun, it is cancelled,
    /// and this one takes its place. Runs that have begun, or ended, are left alone. Safe under any race.
    ///
    /// Replaces an [`idempotency_key`](Self::idempotency_key) or a [`debounce`](Self::debounce).
    #[must_use]
    pub fn supersede(mut self, key: impl Into<String>) -> Self {
        self.key = Some(Key::Supersede(key.into()));
        self
    }

    /// The run begins when nobody has started one of the workflow with this key (1 to 512 bytes) for the time `quiet`: if an earlier
    /// one has not begun, it gets this start's input and options, and waits anew; the start gives that run. If it has begun, or ended,
    /// another run is started. Safe under any race. Starts that never pause for `quiet` put the run off for ever.
    ///
    /// Replaces an [`idempotency_key`](Self::idempotency_key) or a [`supersede`](Self::supersede).
    #[must_use]
    pub fn debounce(mut self, key: impl Into<String>, quiet: Duration) -> Self {
        self.key = Some(Key::Debounce(key.into(), quiet));
        self
    }

    /// The queue whose workers take the run.
    #[must_use]
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = name.into();
        self
    }

    /// Larger ones go first.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The project or tenant that the run belongs to.
    #[must_use]
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = name.into();
        self
    }

    /// The run does not begin before this time, by the clock of the database; at once when it is past. Until then it is
    /// [`Scheduled`](super::RunStatus::Scheduled), and takes no slot of any worker. Workers look ahead with every beat (1.5 s by
    /// default), so a run that is started for a time nearer than that begins with the next one at the latest.
    ///
    /// Replaces a [`start_after`](Self::start_after).
    #[must_use]
    pub fn start_at(mut self, time: SystemTime) -> Self {
        self.begin = Begin::At(time);
        self
    }

    /// The run fails unless it has ended this long after its beginning: what of it is under way is dropped. Whoever has the run at
    /// that time sees to it, or takes it next: of a run that no worker takes, nobody does.
    ///
    /// Default: the workflow's own deadline, if it has one.
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// The start is refused ([`Error::is_backlogged`]) where, with it, more than so many runs of the workflow would wait for a worker in
    /// the same queue and namespace. A soft limit: starts at the same moment do not see each other. Counting takes about a tenth of a
    /// microsecond a waiting run, up to the limit. Default: no limit.
    #[must_use]
    pub fn max_backlog(mut self, runs: u32) -> Self {
        self.max_backlog = Some(runs);
        self
    }

    /// With [`max_backlog`](Self::max_backlog), a client's start waits so long for room before it is refused. Default: not at all. A
    /// start in a transaction of the caller's never waits.
    #[must_use]
    pub fn wait_for_room(mut self, time: Duration) -> Self {
        self.wait_for_room = time;
        self
    }

    /// The run begins this long after its start, by the clock of the database; see [`start_at`](Self::start_at), which this replaces.
    #[must_use]
    pub fn start_after(mut self, delay: Duration) -> Self {
        self.begin = Begin::After(delay);
        self
    }
}

/// How long a start waits before it looks for room again, at first and later.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The latest time for which a run is started, and its longest deadline: a hundred years.
const LATEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

impl StartOptions {
    /// With the workflow's own deadline, where none is given.
    fn or_deadline(mut self, own: Option<Duration>) -> Self {
        self.deadline = self.deadline.or(own);
        self
    }

    fn deadline_micros(&self) -> Result<Option<i64>, Error> {
        let micros = |deadline: Duration| match i64::try_from(deadline.as_micros()) {
            Ok(micros) if deadline <= LATEST => Ok(micros),
            _ => Err(Error::invalid("a run cannot have a deadline that is more than a hundred years away")),
        };
        self.deadline.map(micros).transpose()
    }
}

impl Begin {
    /// Microseconds since the epoch, and microseconds from now: one of them, or none for now.
    fn micros(self) -> Result<(Option<i64>, Option<i64>), Error> {
        let too_far = || Error::invalid("a run cannot be started for a time that is more than a hundred years away");
        let micros = |time: Duration| i64::try_from(time.as_micros()).map_err(|_| too_far());
        match self {
            Self::Now => Ok((None, None)),
            Self::At(time) if time > SystemTime::now() + LATEST => Err(too_far()),
            // Before the epoch, it is past.
            Self::At(time) => Ok((Some(micros(time.duration_since(UNIX_EPOCH).unwrap_or_default())?), None)),
            Self::After(delay) if delay > LATEST => Err(too_far()),
            Self::After(delay) => Ok((None, Some(micros(delay)?))),
        }
    }
}

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
                Err(error) if error.is_backlogged() && until.is_none_or(|until| Instant::now() + wait < until) => {
                    tokio::time::sleep(wait.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
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
        let StartOptions { key: None, begin: Begin::Now, queue, priority, namespace, .. } = options else {
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

/// Stores a definition, unless it is stored, and gives the id of its version.
pub(crate) async fn register<'e>(executor: impl PgExecutor<'e>, definition: &Definition) -> Result<i32, Error> {
    let text = Encoded::new(definition).map_err(|source| {
        Error::new(Kind::Payload { what: format!("the definition of `{}` cannot be encoded", definition.name), source })
    })?;
    let contracts: Vec<String> = definition.steps.iter().map(|step| definition.contract(step)).collect();
    sqlx::query_scalar(statements::REGISTER)
        .bind(Jsonb(text.as_str()))
        .bind(definition.hash())
        .bind(contracts)
        .fetch_one(executor)
        .await
        .map_err(|e| Error::database("registering the workflow", e))
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

/// Tells workers that runs have come, after the start has committed: those of this process at once, the others by one notification at
/// a time; starts that commit while one is under way share the next.
#[derive(Debug)]
pub(super) struct Announcer {
    local: Arc<Local>,
    state: Arc<AtomicU8>,
}

const QUIET: u8 = 0;
const SENDING: u8 = 1;
const AGAIN: u8 = 2;

impl Announcer {
    pub(super) fn new(pool: &PgPool) -> Self {
        Self { local: Local::of(&pool.connect_options()), state: Arc::new(AtomicU8::new(QUIET)) }
    }

    /// Tells news that have come by an action.
    pub(super) async fn tell(&self, pool: &PgPool, news: &News) {
        self.local.tell(news);
        if let Err(error) = notify_all(pool, news, self.local.origin()).await {
            tracing::debug!(%error, "the workers were not told; they find it by polling");
        }
    }

    pub(super) fn announce(&self, pool: &PgPool) {
        self.local.tell(&News::work());
        if self.state.swap(AGAIN, Ordering::AcqRel) != QUIET {
            return;
        }
        let (state, origin) = (Arc::clone(&self.state), self.local.origin());
        let pool = pool.clone();
        tokio::spawn(async move {
            loop {
                state.store(SENDING, Ordering::Release);
                if let Err(error) = notify_work(&pool, origin).await {
                    tracing::debug!(%error, "the workers were not told of a new run; they find it by polling");
                }
                if state.compare_exchange(SENDING, QUIET, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    return;
                }
            }
        });
    }
}
