//! What keeps a worker and its fleet alive, on a thread of its own: beats, what becomes due, recovery of the dead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::housekeeping::keep_house;
use crate::database::{Link, statements};

/// How many claims and tasks one round of recovery hands on.
const RECOVERY_ROUND: i32 = 100;
/// How many parked runs and tasks one round brings in.
const PROMOTION_ROUND: i32 = 1_000;

/// How many runs' families one transaction tells.
pub(crate) const ERRANDS_ROUND: i32 = 500;

/// What the keeper has to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// So many workers are alive, this one included; and of these runs of its own somebody wants something.
    Beat { fleet: i32, called: Vec<Uuid> },
    /// Runs or tasks have become due, or were handed on.
    Work,
    /// Runs have ended since their parents have; and of others, whoever has them is to look for a message.
    Families { ended: Vec<Uuid>, called: Vec<Uuid> },
    /// The worker counts as dead, or must expect to.
    Fenced,
}

pub(crate) struct Keeper {
    pub(crate) options: Arc<PgConnectOptions>,
    pub(crate) bucket: i32,
    pub(crate) worker: i32,
    pub(crate) beat: Duration,
    pub(crate) silence_limit: Duration,
    /// When schedules are to be looked at, as each beat tells; none for never.
    pub(crate) schedules: watch::Sender<Option<Instant>>,
}

/// What the driver tells the keeper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    /// Something that it has parked is due at this time.
    At(Instant),
    /// A run has ended whose parent or children are to be told.
    Errands,
}

impl Keeper {
    /// Starts the thread. It ends when the driver drops its side of the channels.
    ///
    /// A thread with a runtime of its own: handlers that block all threads of the user's runtime do not silence the beats.
    pub(crate) fn start(
        self,
        signs: mpsc::UnboundedSender<Sign>,
        due: mpsc::UnboundedReceiver<Due>,
    ) -> std::io::Result<oneshot::Receiver<()>> {
        let (ended, wait) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(format!("pgflow-keeper-{}", self.worker)).spawn(move || {
            runtime.block_on(self.keep(signs, due));
            let _ = ended.send(());
        })?;
        Ok(wait)
    }

    async fn keep(self, signs: mpsc::UnboundedSender<Sign>, mut due: mpsc::UnboundedReceiver<Due>) {
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
                        let after = |ms: i64| now.checked_add(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
                        next_due = beat.due_ms.and_then(after);
                        self.schedules.send_replace(beat.schedule_ms.and_then(after));
                        if beat.errands {
                            self.run_errands(&mut link, &signs).await;
                        }
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
                    Some(Due::At(at)) => next_due = Some(next_due.map_or(at, |known| known.min(at))),
                    Some(Due::Errands) => self.run_errands(&mut link, &signs).await,
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

    /// Tells the families of runs that have ended: until nothing is left to say.
    async fn run_errands(&self, link: &mut Link, signs: &mpsc::UnboundedSender<Sign>) {
        let bucket = self.bucket;
        loop {
            match link.call(|connection| Box::pin(run_errands(connection, bucket))).await {
                Ok((ended, called, more)) => {
                    if !ended.is_empty() || !called.is_empty() {
                        let _ = signs.send(Sign::Families { ended, called });
                    }
                    if !more {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(worker = self.worker, %error, "the families of runs were not told; the next beat tries again");
                    return;
                }
            }
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
    errands: bool,
    schedule_ms: Option<i64>,
}

struct Recovered {
    dead: i32,
    runs: i32,
    tasks: i32,
}

async fn beat(connection: &mut PgConnection, bucket: i32, worker: i32) -> sqlx::Result<Beat> {
    let (alive, fleet, troubled, due_ms, called, errands, schedule_ms) =
        sqlx::query_as(statements::BEAT).bind(bucket).bind(worker).fetch_one(connection).await?;
    Ok(Beat { alive, fleet, troubled, due_ms, called, errands, schedule_ms })
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

async fn run_errands(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<(Vec<Uuid>, Vec<Uuid>, bool)> {
    sqlx::query_as(statements::RUN_ERRANDS).bind(bucket).bind(ERRANDS_ROUND).fetch_one(connection).await
}

async fn promote(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(statements::PROMOTE).bind(bucket).bind(PROMOTION_ROUND).fetch_one(connection).await
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("worker", &self.worker).finish_non_exhaustive()
    }
}
