//! Many seeds at a time: most of a seed is waiting.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pgflow::embedded::Postgres;
use pgflow_tests::wire::Script;
use tokio::sync::mpsc;

use crate::coverage::Coverage;
use crate::mutations::Mutation;
use crate::plan::Plan;
use crate::stage::Stage;
use crate::{report, seed};

/// A database serves so many seeds.
const SEEDS_OF_A_STAGE: u64 = 500;

/// How it went.
pub(crate) struct Outcome {
    /// Seeds that have ended, right or wrong.
    pub(crate) done: u64,
    pub(crate) coverage: Coverage,
    pub(crate) failure: Option<String>,
}

struct Work {
    postgres: Postgres,
    sockets: PathBuf,
    mutation: Option<&'static Mutation>,
    next: AtomicU64,
    end: u64,
    failed: AtomicBool,
    outcome: Mutex<Outcome>,
    begun: Instant,
    /// How many seeds are under way, and by how many microseconds timers are late.
    active: AtomicU64,
    late: AtomicU64,
}

/// Runs the seeds from `first` on, until one fails.
pub(crate) fn run(first: u64, count: u64, lanes: u64, mutation: Option<&'static Mutation>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        let postgres = Postgres::builder()
            .temporary()
            .durable(false)
            .setting("max_connections", (lanes * 80 + 50).to_string())
            // What waits for a lock for a second waits for a session that nobody hears of: no reason to look for a deadlock earlier.
            .setting("log_min_messages", "panic")
            .start()
            .await
            .expect("a server starts");
        let sockets = std::env::temp_dir().join(format!("pgflow-wire-{}", std::process::id()));
        std::fs::create_dir_all(&sockets).expect("a folder for sockets can be made");
        let outcome = Mutex::new(Outcome { done: 0, coverage: Coverage::default(), failure: None });
        let (next, failed, begun) = (AtomicU64::new(first), AtomicBool::new(false), Instant::now());
        let work = Arc::new(Work {
            postgres,
            sockets,
            mutation,
            next,
            end: first + count,
            failed,
            outcome,
            begun,
            active: AtomicU64::new(0),
            late: AtomicU64::new(0),
        });
        let watch = tokio::spawn(watch(Arc::clone(&work)));
        let all: Vec<_> = (0..lanes).map(|_| tokio::spawn(lane(Arc::clone(&work)))).collect();
        for lane in all {
            lane.await.expect("a lane ends");
        }
        watch.abort();
        let _ = watch.await;
        let _ = std::fs::remove_dir_all(&work.sockets);
        let work = Arc::into_inner(work).expect("the lanes have ended");
        work.outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    });
    let keepers = threads_left("pgflow-keeper");
    assert!(keepers == 0 || outcome.failure.is_some(), "{keepers} threads of keepers are left");
    outcome
}

impl Work {
    /// Waits until the machine keeps up: where every beat comes late, workers count as dead all the time, and nothing gets on.
    async fn wait_for_room(&self) {
        while self.active.load(Ordering::Acquire) >= FEWEST && self.late.load(Ordering::Acquire) > LATEST {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.active.fetch_add(1, Ordering::AcqRel);
    }
}

/// So many seeds at a time are never too many.
const FEWEST: u64 = 3;
/// Timers that are later than this, in microseconds, on average, say that there is too much to do.
const LATEST: u64 = 12_000;

/// Watches how late timers are.
async fn watch(work: Arc<Work>) {
    const STEP: Duration = Duration::from_millis(20);
    loop {
        let begun = Instant::now();
        tokio::time::sleep(STEP).await;
        let late = u64::try_from((begun.elapsed().saturating_sub(STEP)).as_micros()).unwrap_or(u64::MAX);
        let average = work.late.load(Ordering::Acquire);
        work.late.store((average * 15 + late.min(1_000_000)) / 16, Ordering::Release);
    }
}

async fn lane(work: Arc<Work>) {
    while !work.failed.load(Ordering::Acquire) && work.next.load(Ordering::Acquire) < work.end {
        let stage = Arc::new(Stage::new(&work.postgres, &work.sockets, work.mutation).await);
        for _ in 0..SEEDS_OF_A_STAGE {
            let seed = work.next.fetch_add(1, Ordering::AcqRel);
            if seed >= work.end || work.failed.load(Ordering::Acquire) {
                return;
            }
            work.wait_for_room().await;
            one(&work, Arc::clone(&stage), seed).await;
            work.active.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

async fn one(work: &Work, stage: Arc<Stage>, seed: u64) {
    let plan = Arc::new(Plan::of(seed));
    let (events, receiver) = mpsc::unbounded_channel();
    let script = Arc::new(Script::new(plan.faults.clone(), stage.db.pool(), events));
    let task = {
        let (stage, plan, script) = (Arc::clone(&stage), Arc::clone(&plan), Arc::clone(&script));
        // A seed that panics has failed: the report follows.
        tokio::spawn(async move { seed::run(&stage, &plan, script, receiver).await })
    };
    let failure = match task.await {
        Ok(()) => None,
        Err(error) => Some(report::failure(&stage, &plan, &script, &report::panic_text(error)).await),
    };
    let mut outcome = work.outcome.lock().unwrap_or_else(PoisonError::into_inner);
    outcome.done += 1;
    outcome.coverage.add(plan.faults.len(), &script.fired(), script.calls());
    if outcome.done.is_multiple_of(500) {
        let rate = outcome.done as f64 / work.begun.elapsed().as_secs_f64();
        eprintln!("{} seeds, {rate:.1} a second", outcome.done);
    }
    if failure.is_some() && outcome.failure.is_none() {
        outcome.failure = failure;
        work.failed.store(true, Ordering::Release);
    }
}

/// Threads of this process whose name begins like this, after a moment to end in.
fn threads_left(name: &str) -> usize {
    let left = || {
        let all = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        all.filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.starts_with(name)))
            .count()
    };
    let deadline = Instant::now() + Duration::from_secs(5);
    while left() > 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    left()
}
