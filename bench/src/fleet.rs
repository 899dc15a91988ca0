//! Worker processes: this program, executed again.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use pgflow::{Client, Worker};
use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::server::Db;
use crate::workflows::{Counter, noop, sleep, slow_map};

/// How many steps each worker process runs at once, where nothing else is said.
pub(crate) const SLOTS: usize = 64;
/// And where it is measured how well two of them share: so few that two cores serve both, and the slots are what there is to gain.
/// (With 64, a single worker and the server take a core between them: then two are short of cores.)
pub(crate) const FEW_SLOTS: usize = 32;
/// A worker learns of the others with its beat, every 1.5 s by default: after two of them it knows.
const TWO_BEATS: Duration = Duration::from_millis(3_100);

/// A worker process. It ends when its input ends, so it never outlives this one.
pub(crate) struct WorkerProcess {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl WorkerProcess {
    /// A worker that runs so many steps at once.
    pub(crate) fn spawn(db: &Db, slots: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["worker", &slots.to_string()])
            // Not an argument: it may hold a password, and others can list arguments.
            .env("DATABASE_URL", db.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting a worker process")?;
        let stdout = BufReader::new(child.stdout.take().context("the worker's output")?);
        Ok(Self { child, stdout })
    }

    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Stops the worker in order. Gives how many steps it has executed.
    pub(crate) async fn stop(mut self) -> Result<u64> {
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.stdout.read_line(&mut line).await?;
        ensure!(self.child.wait().await?.success(), "a worker process has failed");
        line.trim().parse().context("the worker's count of steps")
    }
}

/// What the hidden command `worker` does: works until the input ends, then prints how many steps it has executed.
pub(crate) async fn work(slots: usize) -> Result<()> {
    let url = std::env::var("DATABASE_URL").context("the address of the database")?;
    let pool = PgPool::connect(&url).await?;
    let counter = Counter::default();
    let worker = Worker::builder(pool)
        .register(slow_map::Workflow.with_state(counter.clone()))
        .register(noop::Workflow.with_state(counter.clone()))
        .register(sleep::Workflow.with_state(counter.clone()))
        .concurrency(slots)
        .start()
        .await?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    worker.stop().await?;
    println!("{}", counter.value());
    Ok(())
}

/// Waits until so many workers have registered and know of each other.
pub(crate) async fn gathered(db: &Db, workers: i64) -> Result<()> {
    let begin = Instant::now();
    loop {
        let query = sqlx::query_scalar("select count(*) from pgflow.worker where dead_at is null");
        let alive: i64 = query.fetch_one(&db.pool).await?;
        if alive == workers {
            break;
        }
        ensure!(begin.elapsed() < Duration::from_secs(30), "{alive} of {workers} workers have registered");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(TWO_BEATS).await;
    Ok(())
}

/// Runs one map after the other and gives the median of their times, in seconds.
pub(crate) async fn maps(client: &Client, runs: u32, items: u32, micros: u32) -> Result<f64> {
    let mut took = Vec::new();
    for _ in 0..runs {
        let begin = Instant::now();
        let done = slow_map::start(client, (items, micros)).await?.output().await?;
        took.push(begin.elapsed().as_secs_f64());
        ensure!(done == u64::from(items), "{done} of {items} items are in the output");
    }
    Ok(crate::report::median(&took))
}

/// The same maps by one worker process and by two: both times, in seconds.
pub(crate) async fn one_and_two(db: &Db, slots: usize, runs: u32, items: u32) -> Result<(f64, f64)> {
    const WARM_UP: u32 = 2;
    // Registered here first: the workers need no more than the schema.
    let client = Client::new(db.pool.clone());
    let first = WorkerProcess::spawn(db, slots)?;
    gathered(db, 1).await?;
    maps(&client, WARM_UP, items, 1_000).await?;
    let one = maps(&client, runs, items, 1_000).await?;
    let second = WorkerProcess::spawn(db, slots)?;
    gathered(db, 2).await?;
    maps(&client, WARM_UP, items, 1_000).await?;
    let two = maps(&client, runs, items, 1_000).await?;
    let executed = first.stop().await? + second.stop().await?;
    let expected = u64::from(2 * (runs + WARM_UP)) * u64::from(items);
    ensure!(executed == expected, "{executed} items were executed, and not {expected}");
    Ok((one, two))
}
