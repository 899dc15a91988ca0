//! Direct starts: a client hands a run to an idle worker of its own process, by one transaction that starts it and makes it that
//! worker's. It is never queued, so nobody has to claim it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

use super::exchange::Row;
use crate::database::{Jsonb, Link, statements};
use crate::encoded::Encoded;

/// The first number of a claim that a direct start makes; those of round trips stay below.
pub(crate) const FIRST_DIRECT: i64 = 1 << 62;

/// What comes to a worker past the queue.
#[derive(Debug)]
pub(crate) enum Handed {
    /// A run that was started for it, with the number of its claim.
    Run { number: i64, id: Uuid, version: i32, queue: usize, input: Encoded, deadline: Option<Instant> },
    /// The number of a claim of which it is not known whether it was made.
    Unknown(i64),
    /// What became of it.
    Settled { number: i64, rows: Vec<Row> },
}

/// A run to be started.
#[derive(Debug)]
pub(crate) struct DirectStart<'a> {
    pub(crate) version: i32,
    pub(crate) input: &'a Encoded,
    pub(crate) queue: &'a str,
    pub(crate) priority: i32,
    pub(crate) namespace: &'a str,
    /// In microseconds from the start.
    pub(crate) deadline: Option<i64>,
}

/// A worker's hand, held out to the clients of its process while it has free slots and its queue is empty.
#[derive(Debug)]
pub(crate) struct Hand {
    bucket: i32,
    worker: i32,
    queues: Vec<String>,
    versions: RwLock<HashSet<i32>>,
    /// How many runs of each queue it takes now.
    free: Vec<AtomicUsize>,
    next_number: AtomicI64,
    link: Mutex<Link>,
    give: mpsc::UnboundedSender<Handed>,
}

impl Hand {
    /// With the other end, which is the worker's.
    pub(crate) fn new(
        bucket: i32,
        worker: i32,
        queues: Vec<String>,
        versions: HashSet<i32>,
        connect: Arc<PgConnectOptions>,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Handed>) {
        let (give, take) = mpsc::unbounded_channel();
        let hand = Self {
            bucket,
            worker,
            free: queues.iter().map(|_| AtomicUsize::new(0)).collect(),
            queues,
            versions: RwLock::new(versions),
            next_number: AtomicI64::new(FIRST_DIRECT),
            link: Mutex::new(Link::new(connect)),
            give,
        };
        (Arc::new(hand), take)
    }

    /// Says how many runs of a queue it takes now.
    pub(crate) fn set_free(&self, queue: usize, runs: usize) {
        if let Some(free) = self.free.get(queue) {
            free.store(runs, Ordering::Relaxed);
        }
    }

    /// Says that the worker runs these too.
    pub(crate) fn take_versions(&self, versions: &[i32]) {
        self.versions.write().unwrap_or_else(PoisonError::into_inner).extend(versions);
    }

    fn place_of(&self, queue: &str) -> Option<usize> {
        self.queues.iter().position(|own| own == queue)
    }

    /// Whether the worker would take such a run now.
    pub(crate) fn takes(&self, bucket: i32, version: i32, queue: &str) -> bool {
        self.bucket == bucket
            && self.versions.read().unwrap_or_else(PoisonError::into_inner).contains(&version)
            && self.place_of(queue).is_some_and(|place| self.free[place].load(Ordering::Relaxed) > 0)
    }

    /// Starts a run for the worker, and gives its id; nothing where it is better queued: the worker is busy or dead, another start is
    /// under way here, or the worker's role may not start runs.
    ///
    /// # Errors
    /// As any start: after a lost connection the run may have been started or not.
    pub(crate) async fn start(&self, start: DirectStart<'_>) -> Option<sqlx::Result<Uuid>> {
        let place = self.place_of(start.queue)?;
        self.free[place].fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1)).ok()?;
        let mut link = self.link.try_lock().ok()?;
        link.ready().await.ok()?;

        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let mut doubt = Doubt { number: Some(number), give: &self.give };
        let (bucket, worker, version, priority) = (self.bucket, self.worker, start.version, start.priority);
        let deadline = start.deadline;
        let (input, queue, namespace) = (start.input.clone(), start.queue.to_owned(), start.namespace.to_owned());
        let result = link
            .call(|connection| {
                Box::pin(async move {
                    sqlx::query_scalar::<_, Uuid>(statements::START_CLAIMED)
                        .bind(bucket)
                        .bind(worker)
                        .bind(number)
                        .bind(version)
                        .bind(Jsonb(input.as_str()))
                        .bind(queue)
                        .bind(priority)
                        .bind(namespace)
                        .bind(deadline)
                        .fetch_one(connection)
                        .await
                })
            })
            .await;
        if result.is_ok() || link.is_open() {
            // Done, or refused: an answer leaves no doubt.
            doubt.number = None;
        }
        match result {
            Ok(id) => {
                let input = start.input.clone();
                let deadline = deadline
                    .and_then(|micros| Instant::now().checked_add(Duration::from_micros(u64::try_from(micros).ok()?)));
                let _ = self.give.send(Handed::Run { number, id, version, queue: place, input, deadline });
                Some(Ok(id))
            }
            Err(error) if is_about_the_worker(&error) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// While a start is under way, also one that is given up.
struct Doubt<'a> {
    number: Option<i64>,
    give: &'a mpsc::UnboundedSender<Handed>,
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let _ = self.give.send(Handed::Unknown(number));
        }
    }
}

/// Whether a start was refused since the worker is dead, or its role has no right to start runs: the client may have it.
fn is_about_the_worker(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    matches!(code.as_deref(), Some("PF001" | "42501"))
}

/// Asks what became of a direct start, for as long as it takes; nothing when the worker counts as dead meanwhile.
pub(crate) async fn settle(
    connect: Arc<PgConnectOptions>,
    bucket: i32,
    worker: i32,
    number: i64,
    queues: Vec<String>,
) -> Option<Vec<Row>> {
    let mut link = Link::new(connect);
    let mut wait = Duration::from_millis(20);
    loop {
        let answer = link
            .call(|connection| {
                Box::pin(
                    sqlx::query_as(statements::SETTLE_START)
                        .bind(bucket)
                        .bind(worker)
                        .bind(number)
                        .bind(queues.clone())
                        .fetch_all(connection),
                )
            })
            .await;
        match answer {
            Ok(rows) => {
                link.close().await;
                return Some(rows);
            }
            Err(error) if is_about_the_worker(&error) => return None,
            Err(error) => tracing::warn!(worker, %error, "it is not known yet whether a run was started; asking again"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(2));
    }
}
