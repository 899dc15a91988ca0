//! Starts from the processes of the workers themselves: they go to the worker directly, past the queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use pgflow::{Client, Worker};
use pgflow_tests::database::PATIENCE;
use pgflow_tests::load::count;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::stage::Stage;
use crate::workflows::nap;

/// How many runs each worker's process starts.
const STARTS: u32 = 4;

/// How many runs were started without a key, as far as the callers know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Started(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sure: AtomicI64,
    /// Those whose answer was an error, or was not waited for.
    unsure: AtomicI64,
}

impl Started {
    /// Whether so many runs may be there.
    pub(crate) fn allows(&self, runs: i64) -> bool {
        let sure = self.0.sure.load(Ordering::Relaxed);
        (sure..=sure + self.0.unsure.load(Ordering::Relaxed)).contains(&runs)
    }

    /// Starts some naps, one after the other; every other start is given up after a moment.
    pub(crate) async fn start(self, options: PgConnectOptions) {
        let client = Client::new(PgPoolOptions::new().max_connections(1).connect_lazy_with(options));
        for number in 0..STARTS {
            // Unsure until the answer is here: this process may end at any moment.
            self.0.unsure.fetch_add(1, Ordering::Relaxed);
            let patience = Duration::from_millis(if number % 2 == 0 { 3 } else { 60_000 });
            if let Ok(Ok(_)) = tokio::time::timeout(patience, client.start(nap::Workflow, 1)).await {
                self.0.sure.fetch_add(1, Ordering::Relaxed);
                self.0.unsure.fetch_sub(1, Ordering::Relaxed);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Waits until all that was started directly so far has ended: whoever has it, or whoever takes over from them, sees to it.
pub(crate) async fn ended(pool: &PgPool) {
    while left(pool).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lets what was started at the very end come to its own: queued runs, and those of a worker that was killed.
pub(crate) async fn finish(stage: &Stage) {
    let pool = stage.db.pool();
    if left(&pool).await == 0 {
        return;
    }
    let worker = Worker::builder(pool.clone())
        .register(nap::Workflow)
        .beat(Duration::from_millis(100))
        .silence_limit(Duration::from_millis(500))
        .start()
        .await
        .expect("a last worker starts");
    let deadline = Instant::now() + PATIENCE;
    while left(&pool).await > 0 {
        assert!(Instant::now() < deadline, "runs that were started directly do not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await.expect("it stops");
}

async fn left(pool: &PgPool) -> i64 {
    let naps = "select count(*) from pgflow.run r where not exists (select from pgflow.run_end e where e.run_id = r.id)
                and not exists (select from pgflow.key k where k.run_id = r.id)";
    count(pool, naps).await
}
