//! What people do to runs: cancel, pause, resume, retry, fork.

mod cancels;
mod forks;
mod many;
mod pauses;
mod resumes;

use std::sync::Arc;
use std::time::Duration;

use pgflow::{
    Client, Result, Run, RunFilter, RunStatus, StartOptions, State, StepContext, StepError, Tx, step, workflow,
};
use pgflow_tests::TestDb;
use pgflow_tests::database::PATIENCE;
use pgflow_tests::workflows::chain3;
use tokio::sync::{Semaphore, watch};

/// What the handlers of these workflows wait for, and what is known of them.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inner>);

struct Inner {
    go: Semaphore,
    begun: watch::Sender<Vec<String>>,
    dropped: watch::Sender<usize>,
}

impl Desk {
    fn new() -> Self {
        Self(Arc::new(Inner {
            go: Semaphore::new(0),
            begun: watch::Sender::new(Vec::new()),
            dropped: watch::Sender::new(0),
        }))
    }

    /// In a handler: waits for its turn; notes that it began, and whether it was dropped.
    async fn pass(&self, step: &str) {
        self.0.begun.send_modify(|begun| begun.push(step.to_owned()));
        let guard = Guard(self);
        self.0.go.acquire().await.unwrap().forget();
        std::mem::forget(guard);
    }

    fn let_pass(&self, count: usize) {
        self.0.go.add_permits(count);
    }

    fn begun(&self) -> Vec<String> {
        self.0.begun.borrow().clone()
    }

    async fn until_begun(&self, count: usize) {
        let mut begun = self.0.begun.subscribe();
        let waited = tokio::time::timeout(PATIENCE, begun.wait_for(|begun| begun.len() >= count)).await;
        assert!(waited.is_ok(), "{count} handlers do not begin: {:?}", self.begun());
    }

    async fn until_dropped(&self, count: usize) {
        let mut dropped = self.0.dropped.subscribe();
        let waited = tokio::time::timeout(PATIENCE, dropped.wait_for(|dropped| *dropped >= count)).await;
        assert!(waited.is_ok(), "{count} handlers are not dropped");
    }
}

struct Guard<'a>(&'a Desk);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.0.dropped.send_modify(|dropped| *dropped += 1);
    }
}

/// Three steps in a chain, each of which waits for its turn.
#[workflow(state = Desk)]
pub(crate) mod gated {
    use super::*;

    #[step]
    pub(crate) async fn first(input: i64, desk: State<Desk>) -> Result<i64> {
        desk.pass("first").await;
        Ok(input + 1)
    }

    #[step(depends_on = [first], max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn second(first: i64, desk: State<Desk>) -> Result<i64> {
        desk.pass("second").await;
        Ok(first * 10)
    }

    #[step(depends_on = [second, first])]
    pub(crate) async fn third(second: i64, first: i64, desk: State<Desk>) -> Result<String> {
        desk.pass("third").await;
        Ok(format!("<{first} {second}>"))
    }
}

/// Items, each of which waits for its turn.
#[workflow(state = Desk)]
pub(crate) mod gated_items {
    use super::*;

    #[step]
    pub(crate) async fn list(input: u32) -> Result<Vec<u32>> {
        Ok((0..input).collect())
    }

    #[step(map = list)]
    pub(crate) async fn each(item: u32, desk: State<Desk>) -> Result<u32> {
        desk.pass("item").await;
        Ok(item)
    }

    #[step(depends_on = [each])]
    pub(crate) async fn count(each: Vec<u32>) -> Result<usize> {
        Ok(each.len())
    }
}

/// Asks to be told of a cancellation, and writes what it may not keep.
#[workflow(state = Desk)]
pub(crate) mod polite {
    use super::*;

    #[step]
    pub(crate) async fn work(mut tx: Tx, ctx: StepContext, desk: State<Desk>) -> Result<()> {
        sqlx::query("create table if not exists left_behind (n int)").execute(&mut *tx).await?;
        tokio::select! {
            () = desk.pass("work") => {}
            () = ctx.cancelled() => {
                assert!(ctx.is_cancelled());
                desk.pass("told").await;
            }
        }
        Ok(())
    }
}

/// Fails for as long as its desk is closed; its first attempts are far apart.
#[workflow(state = Desk)]
pub(crate) mod brittle {
    use super::*;

    #[step]
    pub(crate) async fn sound(input: i64, desk: State<Desk>) -> Result<i64> {
        desk.0.begun.send_modify(|begun| begun.push("sound".to_owned()));
        Ok(input + 1)
    }

    #[step(depends_on = [sound], max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn broken(sound: i64, ctx: StepContext, desk: State<Desk>) -> Result<i64> {
        desk.0.begun.send_modify(|begun| begun.push(format!("broken {} of {}", ctx.attempt(), ctx.max_attempts())));
        match desk.0.go.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(_) => return Err(StepError::retry("it is closed")),
        }
        Ok(sound * 2)
    }
}

/// Waits for an hour between its attempts.
#[workflow]
pub(crate) mod hourly {
    use super::*;

    #[step(max_attempts = 3, backoff = "1h", max_backoff = "2h")]
    pub(crate) async fn knock(ctx: StepContext) -> Result<u16> {
        if ctx.attempt() < 2 { Err(StepError::retry("nobody is in")) } else { Ok(ctx.attempt()) }
    }
}

async fn gated_run(input: i64) -> (TestDb, Desk, pgflow::Worker, Run<gated::Workflow>) {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db.worker().register(gated::Workflow.with_state(desk.clone())).start().await.unwrap();
    let run = gated::start(&db.client(), input).await.unwrap();
    (db, desk, worker, run)
}

async fn until_status<W: pgflow::Workflow>(run: &Run<W>, status: RunStatus) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while run.status().await.unwrap() != status {
        assert!(tokio::time::Instant::now() < deadline, "the run does not become {status}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn kinds<W: pgflow::Workflow>(run: &Run<W>) -> Vec<String> {
    run.events().await.unwrap().into_iter().map(|event| event.kind).collect()
}

/// Waits for three beats of each worker: what somebody wants is heard by then.
async fn until_heard(db: &TestDb) {
    let now: String = db.value("select pgflow.now()::text").await;
    let beaten =
        "select bool_and(beat_at > $1::timestamptz + interval '300 ms') from pgflow.worker where dead_at is null";
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !sqlx::query_scalar::<_, bool>(beaten).bind(&now).fetch_one(&db.pool()).await.unwrap() {
        assert!(tokio::time::Instant::now() < deadline, "no worker beats");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// All that is done has been heard, and nothing is left.
async fn end(db: &TestDb, worker: pgflow::Worker) {
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
    db.value::<i32>("select pgflow.forget_workers(0, interval '1 h')").await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.inbox").await, 0, "messages that nobody will read");
}
