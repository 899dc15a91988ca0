//! Throughput: a load of runs, from the first start to the last end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use pgflow::{Client, Run, Worker, Workflow};
use sqlx::PgPool;

use crate::server::{Cost, Db, Server};
use crate::workflows::Counter;

/// How many steps the worker runs at once.
pub(crate) const CONCURRENCY: usize = 200;
/// How many runs one `start_many` starts.
pub(crate) const CHUNK: u32 = 1_000;
/// How long a load may take before something must be wrong.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs of one workflow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) runs: u32,
    /// How many runs there are before, which are not measured.
    pub(crate) warm_up: u32,
    /// How many steps (or items) of a run count themselves.
    pub(crate) counted: u32,
    /// How many outcomes a run has.
    pub(crate) outcomes: u32,
    /// How many runs one `start_many` starts.
    pub(crate) chunk: u32,
    /// How many tasks start runs at the same time.
    pub(crate) starters: u32,
}

/// What a load has shown.
#[derive(Debug)]
pub(crate) struct Drained {
    /// From the first start to the last end.
    pub(crate) seconds: f64,
    /// Steps or items that were counted in this time.
    pub(crate) steps: f64,
    pub(crate) cost: Cost,
    /// Commits for each step, warm-up included, where statements could not be counted.
    pub(crate) commits_each: Option<f64>,
}

/// Starts runs and waits for their end, with a worker in this process.
pub(crate) async fn drain<W>(server: &Server, db: &Db, load: Load, input: fn(u32) -> W::Input) -> Result<Drained>
where
    W: Workflow<State = Counter> + Copy + Default,
{
    let counter = Counter::default();
    let worker = Worker::builder(db.pool.clone())
        .register(pgflow::Registration::new::<W>(counter.clone()))
        .concurrency(CONCURRENCY)
        .start()
        .await?;
    let client = Client::new(db.pool.clone());

    let warm_up = Load { runs: load.warm_up, chunk: 50, ..load };
    start::<W>(&client, warm_up, input).await?;
    ended(&db.pool, &counter, load.warm_up, load.counted).await?;

    let before = server.cost(db).await?;
    let begin = Instant::now();
    // The worker drains while runs are started.
    let starting = tokio::spawn({
        let client = client.clone();
        async move { start::<W>(&client, load, input).await }
    });
    ended(&db.pool, &counter, load.warm_up + load.runs, load.counted).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let cost = server.cost(db).await?.since(before);
    if let Some(run) = starting.await?? {
        run.output().await.context("the output of the last run")?;
    }
    worker.stop().await?;
    exact(db, load, &counter).await?;
    let steps = f64::from(load.runs) * f64::from(load.counted);
    let commits_each = match cost.statements {
        Some(_) => None,
        None => Some(server.commits(db).await? / counter.value() as f64),
    };
    Ok(Drained { seconds, steps, cost, commits_each })
}

/// Starts the runs in chunks, several at the same time. Gives one of the last chunk.
pub(crate) async fn start<W>(client: &Client, load: Load, input: fn(u32) -> W::Input) -> Result<Option<Run<W>>>
where
    W: Workflow + Copy + Default,
{
    let next = Arc::new(AtomicU32::new(0));
    let mut starters = tokio::task::JoinSet::new();
    for _ in 0..load.starters {
        let (client, next) = (client.clone(), Arc::clone(&next));
        starters.spawn(async move {
            let mut last = None;
            loop {
                let first = next.fetch_add(load.chunk, Ordering::Relaxed);
                if first >= load.runs {
                    return Ok::<_, pgflow::Error>(last);
                }
                let inputs = (first..load.runs.min(first + load.chunk)).map(input);
                last = client.start_many(W::default(), inputs).await?.pop().or(last);
            }
        });
    }
    let mut last = None;
    while let Some(starter) = starters.join_next().await {
        last = starter??.or(last);
    }
    Ok(last)
}

/// Waits until so many runs have ended: first for their steps, which costs nothing, then by asking the database.
pub(crate) async fn ended(pool: &PgPool, counter: &Counter, runs: u32, counted: u32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let expected = u64::from(runs) * u64::from(counted);
    while counter.value() < expected {
        ensure!(Instant::now() < deadline, "only {} of {expected} steps within {PATIENCE:?}", counter.value());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    loop {
        let ended: i64 = sqlx::query_scalar("select count(*) from pgflow.run_end").fetch_one(pool).await?;
        if ended >= i64::from(runs) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "only {ended} of {runs} runs have ended within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Each step was executed exactly once, each run has completed, each outcome is there. Anything else makes the figure worthless.
async fn exact(db: &Db, load: Load, counter: &Counter) -> Result<()> {
    let runs = u64::from(load.runs + load.warm_up);
    let expected = runs * u64::from(load.counted);
    ensure!(counter.value() == expected, "{} steps were executed, and not {expected}", counter.value());
    let (completed, others, outcomes): (i64, i64, i64) = sqlx::query_as(
        "select count(*) filter (where status = 'c'), count(*) filter (where status <> 'c'), (select count(*) from pgflow.outcome)
         from pgflow.run_end",
    )
    .fetch_one(&db.pool)
    .await?;
    ensure!(
        completed as u64 == runs && others == 0 && outcomes as u64 == runs * u64::from(load.outcomes),
        "{completed} runs have completed, {others} ended otherwise, with {outcomes} outcomes: of {runs} runs"
    );
    Ok(())
}

/// Starts runs that nobody executes, over as many connections and as many at a time as the floor does. Gives seconds.
pub(crate) async fn start_many<W>(server: &Server, db: &Db, load: Load, input: fn(u32) -> W::Input) -> Result<Drained>
where
    W: Workflow + Copy + Default,
{
    let client = Client::new(db.pool.clone());
    start::<W>(&client, Load { runs: load.warm_up, chunk: 50, ..load }, input).await?;
    let before = server.cost(db).await?;
    let begin = Instant::now();
    start::<W>(&client, load, input).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let cost = server.cost(db).await?.since(before);
    let started: i64 = sqlx::query_scalar("select count(*) from pgflow.ready").fetch_one(&db.pool).await?;
    ensure!(started == i64::from(load.runs + load.warm_up), "{started} runs were started");
    Ok(Drained { seconds, steps: load.runs.into(), cost, commits_each: None })
}
