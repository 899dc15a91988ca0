//! Starts runs by the clock. Every worker does; the database sees to it that each time has its run once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{FromRow, PgPool, Row as _};
use tokio::sync::watch;
use uuid::Uuid;

use crate::client::register;
use crate::database::{Jsonb, Link, statements};
use crate::encoded::Encoded;
use crate::error::Error;
use crate::news::{News, Teller};
use crate::registration::{Handle, Registration};
use crate::schedule::due::{Due, due};
use crate::schedule::times::Times;
use crate::schedule::{CatchUp, Scheduled};

/// How many schedules one look is about.
const AT_ONCE: i32 = 100;
/// How long one call may take: up to a thousand runs are started in it.
const DEADLINE: Duration = Duration::from_secs(60);
/// The connection is kept where it is needed again within this time.
const SOON: Duration = Duration::from_secs(5);

/// What makes the inputs of scheduled runs: the workflows of this program, by name.
#[derive(Default)]
pub(crate) struct Makers(HashMap<String, Maker>);

struct Maker {
    version: i32,
    handlers: Arc<dyn Handle>,
}

impl Makers {
    pub(crate) fn add(&mut self, registration: &Registration, version: i32) {
        let maker = Maker { version, handlers: registration.handlers() };
        self.0.insert(registration.definition().name.clone(), maker);
    }

    fn workflows(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

/// What starts runs by the clock while the worker lives.
pub(crate) struct Scheduler {
    connect: Arc<PgConnectOptions>,
    bucket: i32,
    makers: Arc<Makers>,
    news: Option<Teller>,
}

/// A schedule that is to be looked at. Times are in microseconds.
#[derive(Debug)]
struct Listed {
    name: String,
    seq: i64,
    workflow: String,
    cron: String,
    timezone: String,
    catch_up: String,
    paused: bool,
    /// Whether the schedule has an input of its own.
    stored: bool,
    since: i64,
    next_at: Option<i64>,
    now: i64,
    triggered: Vec<i64>,
}

impl FromRow<'_, PgRow> for Listed {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: row.try_get("name")?,
            seq: row.try_get("seq")?,
            workflow: row.try_get("workflow")?,
            cron: row.try_get("cron")?,
            timezone: row.try_get("timezone")?,
            catch_up: row.try_get("catch_up")?,
            paused: row.try_get("paused")?,
            stored: row.try_get("stored")?,
            since: row.try_get("since")?,
            next_at: row.try_get("next_at")?,
            now: row.try_get("now")?,
            triggered: row.try_get("triggered")?,
        })
    }
}

/// What is to be started for a schedule.
struct Firing {
    due: Due,
    /// None where the schedule has its own.
    inputs: Option<Vec<Encoded>>,
    version: Option<i32>,
}

/// What came of a look.
#[derive(Debug, Default)]
struct Looked {
    /// How many runs were started.
    started: usize,
    /// When one of the schedules that were moved on is due again.
    next: Option<Instant>,
}

impl Scheduler {
    pub(crate) fn new(connect: Arc<PgConnectOptions>, bucket: i32, makers: Arc<Makers>, news: Teller) -> Self {
        Self { connect, bucket, makers, news: Some(news) }
    }

    /// Goes on until it is dropped, or nothing says any more when to look. What it is in the middle of then is a transaction, which is
    /// done whole or not at all.
    pub(crate) async fn keep(self, mut told: watch::Receiver<Option<Instant>>) {
        let mut link = self.link();
        let mut next: Option<Instant> = *told.borrow_and_update();
        loop {
            let look = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = look => {
                    let looked = self.look(&mut link).await;
                    next = looked.next;
                    if next.is_none_or(|at| at > Instant::now() + SOON) {
                        std::mem::replace(&mut link, self.link()).close().await;
                    }
                }
                changed = told.changed() => match changed {
                    // A beat knows of all schedules, but nothing of what happened while it was on its way.
                    Ok(()) => next = [next, *told.borrow_and_update()].into_iter().flatten().min(),
                    Err(_) => return link.close().await,
                },
            }
        }
    }

    fn link(&self) -> Link {
        Link::new(Arc::clone(&self.connect)).with_deadline(DEADLINE)
    }

    /// Looks once at what is due, and starts it. What fails is looked at again with the next beat.
    async fn look(&self, link: &mut Link) -> Looked {
        let mut looked = Looked::default();
        let (bucket, workflows) = (self.bucket, self.makers.workflows());
        let rows = match link.call(|connection| Box::pin(due_schedules(connection, bucket, workflows))).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "what is scheduled could not be read; it is tried again with the next beat");
                return looked;
            }
        };
        for row in rows {
            match self.handle(link, &row).await {
                Ok(None) => {}
                Ok(Some(fired)) => {
                    looked.started += fired.started;
                    looked.next = [looked.next, fired.next].into_iter().flatten().min();
                }
                Err(error) => {
                    tracing::warn!(schedule = row.name, %error, "the runs of a schedule could not be started; it is tried again with the next beat");
                }
            }
        }
        if looked.started > 0
            && let Some(news) = &self.news
        {
            news.tell(News::work());
        }
        looked
    }

    /// Starts what is due of a schedule. None where somebody else has done it.
    async fn handle(&self, link: &mut Link, row: &Listed) -> sqlx::Result<Option<Looked>> {
        let (bucket, name, seq) = (self.bucket, row.name.clone(), row.seq);
        let firing = match self.firing(row) {
            Ok(firing) => firing,
            Err(problem) => {
                tracing::error!(
                    schedule = row.name,
                    problem,
                    "a schedule starts nothing; it is looked at again in a minute"
                );
                link.call(|connection| Box::pin(hold(connection, bucket, name, seq, problem))).await?;
                return Ok(None);
            }
        };
        let next = firing.due.next;
        let runs = link.call(|connection| Box::pin(fire(connection, bucket, name, seq, firing))).await?;
        Ok(runs.map(|runs| {
            if !runs.is_empty() {
                tracing::debug!(schedule = row.name, runs = runs.len(), "a schedule has started runs");
            }
            let wait = next.map(|next| next.as_microsecond().saturating_sub(row.now).max(0).unsigned_abs());
            let next = wait.and_then(|wait| Instant::now().checked_add(Duration::from_micros(wait)));
            Looked { started: runs.len(), next }
        }))
    }

    /// What is to be started, and with which inputs.
    fn firing(&self, row: &Listed) -> Result<Firing, String> {
        let times = Times::parse(&row.cron, &row.timezone)?;
        let now = moment(row.now)?;
        let due = if row.paused {
            Due { times: Vec::new(), next: None, skipped: false }
        } else {
            let next = match row.next_at {
                Some(next) => Some(moment(next)?),
                None => times.after(moment(row.since)?),
            };
            match next {
                Some(next) => due(&times, next, now, CatchUp::of_word(&row.catch_up)),
                None => Due { times: Vec::new(), next: None, skipped: false },
            }
        };
        if row.stored {
            return Ok(Firing { due, inputs: None, version: None });
        }
        let Some(maker) = self.makers.0.get(&row.workflow) else {
            return Err(format!("this program has no workflow `{}`, whose inputs it makes", row.workflow));
        };
        let triggered = row.triggered.iter().map(|time| moment(*time)).collect::<Result<Vec<_>, _>>()?;
        let inputs = due.times.iter().chain(&triggered).map(|time| {
            let scheduled =
                Scheduled::new(&row.name, (*time).into(), &row.timezone).map_err(|error| error.to_string())?;
            maker.handlers.scheduled_input(scheduled).map_err(|error| error.message().to_owned())
        });
        let inputs = Some(inputs.collect::<Result<Vec<_>, _>>()?);
        Ok(Firing { due, inputs, version: Some(maker.version) })
    }
}

fn moment(micros: i64) -> Result<Timestamp, String> {
    Timestamp::from_microsecond(micros).map_err(|error| format!("a time of it is out of all bounds: {error}"))
}

/// What starts runs by the clock in every worker, by itself: for tests that race.
#[doc(hidden)]
#[derive(Debug)]
pub struct LoneScheduler {
    scheduler: Scheduler,
    link: Link,
}

impl LoneScheduler {
    /// One that makes the inputs of these workflows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new(pool: &PgPool, registrations: &[Registration]) -> Result<Self, Error> {
        let mut makers = Makers::default();
        for registration in registrations {
            makers.add(registration, register(pool, registration.definition()).await?);
        }
        let scheduler = Scheduler { connect: pool.connect_options(), bucket: 0, makers: Arc::new(makers), news: None };
        let link = scheduler.link();
        Ok(Self { scheduler, link })
    }

    /// Starts what is due, once, and gives how many runs that were. Dropped half-way, it takes its connection along.
    pub async fn look(&mut self) -> usize {
        self.scheduler.look(&mut self.link).await.started
    }
}

async fn due_schedules(
    connection: &mut PgConnection,
    bucket: i32,
    workflows: Vec<String>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as(statements::DUE_SCHEDULES).bind(bucket).bind(workflows).bind(AT_ONCE).fetch_all(connection).await
}

async fn fire(
    connection: &mut PgConnection,
    bucket: i32,
    name: String,
    seq: i64,
    firing: Firing,
) -> sqlx::Result<Option<Vec<Uuid>>> {
    let Firing { due, inputs, version } = firing;
    let times: Vec<i64> = due.times.iter().map(|time| time.as_microsecond()).collect();
    let inputs: Option<Vec<Jsonb<'_>>> =
        inputs.as_ref().map(|inputs| inputs.iter().map(|input| Jsonb(input.as_str())).collect());
    sqlx::query_scalar(statements::FIRE_SCHEDULE)
        .bind(bucket)
        .bind(name)
        .bind(seq)
        .bind(times)
        .bind(inputs)
        .bind(version)
        .bind(due.next.map(Timestamp::as_microsecond))
        .bind(due.skipped)
        .fetch_one(connection)
        .await
}

async fn hold(connection: &mut PgConnection, bucket: i32, name: String, seq: i64, problem: String) -> sqlx::Result<()> {
    sqlx::query(statements::HOLD_SCHEDULE)
        .bind(bucket)
        .bind(name)
        .bind(seq)
        .bind(problem)
        .execute(connection)
        .await
        .map(drop)
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").field("workflows", &self.makers.workflows()).finish_non_exhaustive()
    }
}
