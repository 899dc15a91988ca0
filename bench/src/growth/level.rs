//! A load that keeps the backlog at its size.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use pgflow::{Client, Worker};
use tokio::task::JoinSet;

use crate::load::{CONCURRENCY, Load, start};
use crate::server::{Db, Server};
use crate::workflows::{Counter, Payload, noop};

/// How many runs one `start_many` starts while the load is measured.
const CHUNK: u64 = 500;
const STARTERS: usize = 2;
/// How long the load flows before it is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// Steps that a worker has executed; those of the history that was made up have none.
const RECORDED: &str = "select count(*) from pgflow.outcome where worker_id <> 0";

/// What a level load has shown, slice by slice.
pub(crate) struct Level {
    /// Runs a second.
    pub(crate) rates: Vec<f64>,
    /// The mean time of a worker's round trip in the server, in milliseconds, where it is known.
    pub(crate) exchange_ms: Option<f64>,
}

/// Fills the queue up to the backlog, and then runs the load for so many slices.
pub(crate) async fn level(server: &Server, db: &Db, backlog: u32, slices: u32, slice: Duration) -> Result<Level> {
    let client = Client::new(db.pool.clone());
    let fill = Load { runs: backlog, warm_up: 0, counted: 1, outcomes: 1, chunk: 1_000, starters: 4 };
    start::<noop::Workflow>(&client, fill, |n| Payload { n }).await?;

    let before: i64 = sqlx::query_scalar(RECORDED).fetch_one(&db.pool).await?;
    let counter = Counter::default();
    let worker = Worker::builder(db.pool.clone())
        .register(noop::Workflow.with_state(counter.clone()))
        .concurrency(CONCURRENCY)
        .start()
        .await?;
    let started = Arc::new(AtomicU64::new(backlog.into()));
    let over = Arc::new(AtomicBool::new(false));
    let mut starters = JoinSet::new();
    for _ in 0..STARTERS {
        let (client, counter) = (client.clone(), counter.clone());
        let (started, over) = (Arc::clone(&started), Arc::clone(&over));
        starters.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let full = |started: u64| (started < counter.value() + u64::from(backlog)).then_some(started + CHUNK);
                if started.fetch_update(Ordering::Relaxed, Ordering::Relaxed, full).is_err() {
                    tokio::time::sleep(Duration::from_micros(500)).await;
                    continue;
                }
                client.start_many(noop::Workflow, (0..CHUNK as u32).map(|n| Payload { n })).await?;
            }
            Ok::<_, pgflow::Error>(())
        });
    }

    tokio::time::sleep(WARM_UP).await;
    let exchanges = server.exchanges(db).await?;
    let mut rates = Vec::new();
    for _ in 0..slices {
        let (begin, before) = (Instant::now(), counter.value());
        tokio::time::sleep(slice).await;
        rates.push((counter.value() - before) as f64 / begin.elapsed().as_secs_f64());
    }
    let exchange_ms = match (server.exchanges(db).await?, exchanges) {
        (Some((calls, ms)), Some((calls_before, ms_before))) => Some((ms - ms_before) / (calls - calls_before)),
        _ => None,
    };
    over.store(true, Ordering::Relaxed);
    while let Some(starter) = starters.join_next().await {
        starter??;
    }
    worker.stop().await?;

    // Each step was executed once, and is recorded.
    let recorded = sqlx::query_scalar::<_, i64>(RECORDED).fetch_one(&db.pool).await? - before;
    ensure!(recorded as u64 == counter.value(), "{} steps were executed, and {recorded} recorded", counter.value());
    Ok(Level { rates, exchange_ms })
}
