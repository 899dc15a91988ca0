//! What keeps a worker and its fleet alive, on a thread of its own: beats, what becomes due, recovery of the dead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::database::{Link, statements};

/// How many claims and tasks one round of recovery hands on.
const RECOVERY_ROUND: i32 = 100;
/// How many parked runs and tasks one round brings in.
const PROMOTION_ROUND: i32 = 1_000;
/// How long the dead are remembered.
const MEMORY: Duration = Duration::from_secs(24 * 3600);
/// How many months of partitions are kept ready.
const MONTHS: i32 = 3;
const HOUSEKEEPING: Duration = Duration::from_secs(3600);
const HOUSEKEEPING_AGAIN: Duration = Duration::from_secs(60);
/// Between batches of what is removed: beats go on, and so does everything else.
const HOUSEKEEPING_GOES_ON: Duration = Duration::from_millis(50);
/// How long one batch may take, or the look whether a month can go.
const HOUSEKEEPING_DEADLINE: Duration = Duration::from_secs(600);
/// How many ended runs one batch looks at, and how many keys.
const PRUNING_ROUND: i32 = 500;

/// What the keeper has to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// So many workers are alive, this one included; and of these runs of its own somebody wants something.
    Beat { fleet: i32, called: Vec<Uuid> },
    /// Runs or tasks have become due, or were handed on.
    Work,
    /// The worker counts as dead, or must expect to.
    Fenced,
}

pub(crate) struct Keeper {
    pub(crate) options: Arc<PgConnectOptions>,
    pub(crate) bucket: i32,
    pub(crate) worker: i32,
    pub(crate) beat: Duration,
    pub(crate) silence_limit: Duration,
}

/// What the driver tells the keeper: something it parked is due at this time.
pub(crate) type DueAt = Instant;

impl Keeper {
    /// Starts the thread. It ends when the driver drops its side of the channels.
    ///
    /// A thread with a runtime of its own: handlers that block all threads of the user's runtime do not silence the beats.
    pub(crate) fn start(
        self,
        signs: mpsc::UnboundedSender<Sign>,
        due: mpsc::UnboundedReceiver<DueAt>,
    ) -> std::io::Result<oneshot::Receiver<()>> {
        let (ended, wait) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(format!("pgflow-keeper-{}", self.worker)).spawn(move || {
            runtime.block_on(self.keep(signs, due));
            let _ = ended.send(());
        })?;
        Ok(wait)
    }

    async fn keep(self, signs: mpsc::UnboundedSender<Sign>, mut due: mpsc::UnboundedReceiver<DueAt>) {
        let mut link = Link::new(Arc::clone(&self.options))
            .with_deadline((self.silence_limit / 2).max(Duration::from_millis(500)));
        let mut last_good = Instant::now();
        let mut next_beat = Instant::now();
        let mut next_due: Option<Instant> = None;
        // It may take long, and keeps no beat waiting.
        let housekeeping = tokio::spawn(keep_house(Arc::clone(&self.options), self.bucket, self.worker));
        let _housekeeping = AbortOnDrop(housekeeping);
        loop {
            let now = Instant::now();
            if now >= next_beat {
                match link.call(|connection| Box::pin(beat(connection, self.bucket, self.worker))).await {
                    Ok(Beat { alive: false, .. }) => {
                        let _ = signs.send(Sign::Fenced);
                        return link.close().await;
                    }
                    Ok(beat) => {
                        last_good = now;
                        let _ = signs.send(Sign::Beat { fleet: beat.fleet, called: beat.called });
                        next_due = beat
                            .due_ms
                            .and_then(|ms| now.checked_add(Duration::from_millis(u64::try_from(ms).unwrap_or(0))));
                        if beat.troubled {
                            self.recover(&mut link, &signs).await;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(worker = self.worker, %error, "the worker's beat did not reach the database");
                        // By now the others may have declared it dead: whatever runs here may run there as well.
                        if last_good.elapsed() > self.silence_limit {
                            let _ = signs.send(Sign::Fenced);
                            return;
                        }
                    }
                }
                next_beat = (now + self.beat).max(Instant::now() + self.beat / 4);
            }
            if next_due.is_some_and(|at| Instant::now() >= at) {
                next_due = self.promote(&mut link, &signs).await;
            }
            let wake = next_due.map_or(next_beat, |at| at.min(next_beat));
            tokio::select! {
                () = tokio::time::sleep_until(wake.into()) => {}
                told = due.recv() => match told {
                    Some(at) => next_due = Some(next_due.map_or(at, |known| known.min(at))),
                    None => return link.close().await,
                },
                () = signs.closed() => return link.close().await,
            }
        }
    }

    async fn recover(&self, link: &mut Link, signs: &mpsc::UnboundedSender<Sign>) {
        let (bucket, worker) = (self.bucket, self.worker);
        // Committed before the recovery: the sessions of a stopped process hold locks that it would wait for.
        if let Err(error) = link.call(|connection| Box::pin(disconnect(connection, bucket, worker))).await {
            tracing::warn!(worker, %error, "the sessions of silent workers could not be ended");
        }
        match link.call(|connection| Box::pin(recover(connection, bucket, worker))).await {
            Ok(found) => {
                if found.dead > 0 {
                    tracing::warn!(worker, dead = found.dead, "workers were silent for too long and count as dead now");
                }
                if found.runs + found.tasks > 0 {
                    tracing::info!(worker, runs = found.runs, tasks = found.tasks, "handed on what dead workers owned");
                    let _ = signs.send(Sign::Work);
                }
            }
            Err(error) => tracing::warn!(worker, %error, "recovery did not succeed; the next beat tries again"),
        }
    }

    /// Brings in what is due, and gives when the next is.
    async fn promote(&self, link: &mut Link, signs: &mpsc::UnboundedSender<Sign>) -> Option<Instant> {
        let bucket = self.bucket;
        match link.call(|connection| Box::pin(promote(connection, bucket))).await {
            Ok(next) => {
                let _ = signs.send(Sign::Work);
                let wait = Duration::from_millis(u64::try_from(next?).unwrap_or(0)).max(Duration::from_millis(1));
                Instant::now().checked_add(wait)
            }
            Err(error) => {
                tracing::warn!(worker = self.worker, %error, "what is due could not be brought in; trying again");
                Some(Instant::now() + self.beat / 4)
            }
        }
    }
}

/// Does what is to be done now and then, over a connection that lasts as long as there is something.
async fn keep_house(options: Arc<PgConnectOptions>, bucket: i32, worker: i32) {
    loop {
        let mut link = Link::new(Arc::clone(&options)).with_deadline(HOUSEKEEPING_DEADLINE);
        let pause = loop {
            match link.call(|connection| Box::pin(tidy(connection, bucket))).await {
                Ok(true) => tokio::time::sleep(HOUSEKEEPING_GOES_ON).await,
                Ok(false) => break HOUSEKEEPING,
                Err(error) => {
                    tracing::debug!(worker, %error, "housekeeping did not succeed; it is tried again in a minute");
                    break HOUSEKEEPING_AGAIN;
                }
            }
        };
        link.close().await;
        tokio::time::sleep(pause).await;
    }
}

/// A task that ends with this.
pub(super) struct AbortOnDrop(pub(super) tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Beat {
    alive: bool,
    fleet: i32,
    troubled: bool,
    due_ms: Option<i64>,
    called: Vec<Uuid>,
}

struct Recovered {
    dead: i32,
    runs: i32,
    tasks: i32,
}

async fn beat(connection: &mut PgConnection, bucket: i32, worker: i32) -> sqlx::Result<Beat> {
    let (alive, fleet, troubled, due_ms, called) =
        sqlx::query_as(statements::BEAT).bind(bucket).bind(worker).fetch_one(connection).await?;
    Ok(Beat { alive, fleet, troubled, due_ms, called })
}

async fn disconnect(connection: &mut PgConnection, bucket: i32, worker: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar(statements::DISCONNECT_SILENT).bind(bucket).bind(worker).fetch_one(connection).await
}

async fn recover(connection: &mut PgConnection, bucket: i32, worker: i32) -> sqlx::Result<Recovered> {
    let mut sum = Recovered { dead: 0, runs: 0, tasks: 0 };
    loop {
        let (dead, runs, tasks, more): (i32, i32, i32, bool) = sqlx::query_as(statements::RECOVER)
            .bind(bucket)
            .bind(worker)
            .bind(RECOVERY_ROUND)
            .fetch_one(&mut *connection)
            .await?;
        sum.dead += dead;
        sum.runs += runs;
        sum.tasks += tasks;
        if !more {
            return Ok(sum);
        }
    }
}

async fn promote(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(statements::PROMOTE).bind(bucket).bind(PROMOTION_ROUND).fetch_one(connection).await
}

/// Gives whether more is to be done at once.
async fn tidy(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<bool> {
    sqlx::query(statements::FORGET_WORKERS).bind(bucket).bind(MEMORY).execute(&mut *connection).await?;
    sqlx::query(statements::ENSURE_PARTITIONS).bind(MONTHS).execute(&mut *connection).await?;
    let keys: i32 = sqlx::query_scalar(statements::FORGET_KEYS)
        .bind(bucket)
        .bind(PRUNING_ROUND)
        .fetch_one(&mut *connection)
        .await?;
    let (removed, more): (i32, bool) =
        sqlx::query_as(statements::PRUNE_EXPIRED).bind(bucket).bind(PRUNING_ROUND).fetch_one(&mut *connection).await?;
    if removed > 0 {
        tracing::debug!(removed, "removed ended runs that were kept for long enough");
    }
    if more || keys > 0 {
        return Ok(true);
    }
    let month: Option<String> = match sqlx::query_scalar(statements::DROP_MONTH).fetch_one(connection).await {
        Ok(month) => month,
        // Somebody reads what is to go: another time.
        Err(error) if error.as_database_error().is_some() => {
            tracing::debug!(%error, "a month of ended runs could not be dropped");
            None
        }
        Err(error) => return Err(error),
    };
    if let Some(month) = &month {
        tracing::info!(month, "dropped a month of ended runs");
    }
    Ok(month.is_some())
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("worker", &self.worker).finish_non_exhaustive()
    }
}
