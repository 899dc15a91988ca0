//! What people do to runs: cancel, pause, resume, retry, fork.

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

#[tokio::test]
async fn a_run_that_nobody_has_is_cancelled_at_once() {
    let db = TestDb::new().await;
    let run = chain3::start(&db.client(), 1).await.unwrap();
    run.cancel().actor("ann").reason("out of stock").await.unwrap();
    assert_eq!(run.status().await.unwrap(), RunStatus::Cancelled);
    let error = run.output().await.unwrap_err();
    assert!(error.is_run_cancelled());
    assert!(error.to_string().ends_with("was cancelled: out of stock"), "{error}");
    assert!(run.steps().await.unwrap().iter().all(|step| step.status == "cancelled"));
    db.assert_all_ended().await;
    // Once more is no mistake; what has completed cannot be cancelled.
    run.cancel().await.unwrap();
    assert_eq!(kinds(&run).await, ["started", "cancel", "run_cancelled"]);
    let events = run.events().await.unwrap();
    assert_eq!((events[1].actor.as_deref(), events[1].reason.as_deref()), (Some("ann"), Some("out of stock")));

    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let other = chain3::start(&db.client(), 1).await.unwrap();
    other.output().await.unwrap();
    let error = other.cancel().await.unwrap_err();
    assert!(
        error.is_refused() && error.to_string().ends_with("cannot be cancelled: it has ended as completed"),
        "{error}"
    );
    end(&db, worker).await;
    assert_eq!(
        db.value::<i64>("select count(*) from pgflow.outcome").await,
        3,
        "nothing of the cancelled run was executed"
    );
}

#[tokio::test]
async fn an_unknown_run_is_told_as_such() {
    let db = TestDb::new().await;
    let id: pgflow::RunId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    let client = db.client();
    for result in
        [client.cancel(id).await, client.pause(id).await, client.resume(id).await, client.retry(id, "x").await]
    {
        assert!(result.unwrap_err().is_unknown_run());
    }
    assert!(client.run(chain3::Workflow, id).fork().await.unwrap_err().is_unknown_run());
    let run = chain3::start(&client, 1).await.unwrap();
    let error = run.cancel_attempt("thrid").await.unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("Its steps: `first`, `second`, `third`."), "{error}");
}

#[tokio::test]
async fn the_handlers_of_a_cancelled_run_are_dropped() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.let_pass(1);
    desk.until_begun(2).await;
    run.cancel().reason("enough").await.unwrap();
    let error = run.output().await.unwrap_err();
    assert!(error.is_run_cancelled(), "{error}");
    desk.until_dropped(1).await;
    assert_eq!(desk.begun(), ["first", "second"]);
    let steps = run.steps().await.unwrap();
    assert_eq!(steps.iter().map(|step| &*step.status).collect::<Vec<_>>(), ["completed", "cancelled", "cancelled"]);
    assert_eq!(kinds(&run).await, ["started", "step_completed", "cancel", "run_cancelled"]);
    end(&db, worker).await;
}

/// Cancelled by SQL alone, nobody is told: the worker's next beat finds it.
#[tokio::test]
async fn the_next_beat_finds_what_no_notification_told_of() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.until_begun(1).await;
    let asked = sqlx::query_scalar::<_, String>("select pgflow.cancel_run($1, 'by hand')").bind(run.id().as_uuid());
    assert_eq!(asked.fetch_one(&db.pool()).await.unwrap(), "asked");
    assert!(run.output().await.unwrap_err().to_string().ends_with("was cancelled: by hand"));
    desk.until_dropped(1).await;
    let actor: String = db.value("select actor from pgflow.action").await;
    assert_eq!(actor, db.value::<String>("select session_user::text").await);
    end(&db, worker).await;
}

#[tokio::test]
async fn a_handler_that_asks_is_told_and_may_end_in_order() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db.worker().register(polite::Workflow.with_state(desk.clone())).start().await.unwrap();
    let run = polite::start(&db.client(), ()).await.unwrap();
    desk.until_begun(1).await;
    run.cancel().await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_cancelled());
    desk.until_begun(2).await;
    // It has been told, and is still there; what it returns and has written counts for nothing.
    assert_eq!(desk.begun(), ["work", "told"]);
    desk.let_pass(1);
    end(&db, worker).await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome").await, 0);
    db.until("select to_regclass('left_behind') is null").await;
}

#[tokio::test]
async fn a_handler_that_was_told_and_does_not_end_is_dropped_after_a_while() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db
        .worker()
        .cancel_grace(Duration::from_millis(50))
        .register(polite::Workflow.with_state(desk.clone()))
        .start()
        .await
        .unwrap();
    let run = polite::start(&db.client(), ()).await.unwrap();
    desk.until_begun(1).await;
    run.cancel().await.unwrap();
    desk.until_begun(2).await;
    desk.until_dropped(2).await;
    end(&db, worker).await;
}

#[tokio::test]
async fn work_that_other_workers_do_for_a_cancelled_run_is_dropped_there() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = || db.worker().concurrency(4).register(gated_items::Workflow.with_state(desk.clone()));
    let (first, second) = (worker().start().await.unwrap(), worker().start().await.unwrap());
    let run = gated_items::start(&db.client(), 200).await.unwrap();
    desk.until_begun(8).await;
    db.until("select count(distinct worker_id) >= 1 from pgflow.task where worker_id is not null").await;
    run.cancel().await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_cancelled());
    desk.until_dropped(desk.begun().len()).await;
    second.stop().await.unwrap();
    end(&db, first).await;
}

#[tokio::test]
async fn a_parked_run_is_cancelled_at_once() {
    let db = TestDb::new().await;
    let worker = db.worker().register(hourly::Workflow).start().await.unwrap();
    let run = hourly::start(&db.client(), ()).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    run.cancel().await.unwrap();
    assert_eq!(run.status().await.unwrap(), RunStatus::Cancelled);
    assert_eq!(kinds(&run).await, ["started", "attempt_failed", "cancel", "run_cancelled"]);
    end(&db, worker).await;
}

#[tokio::test]
async fn a_paused_run_finishes_what_it_has_begun_and_goes_on_when_it_is_resumed() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.until_begun(1).await;
    run.pause().actor("bob").reason("inventory").await.unwrap();
    until_heard(&db).await;
    assert_eq!(run.status().await.unwrap(), RunStatus::Running, "its first step is still under way");
    desk.let_pass(1);
    until_status(&run, RunStatus::Paused).await;
    db.assert_sound().await;
    let steps = run.steps().await.unwrap();
    assert_eq!(steps.iter().map(|step| &*step.status).collect::<Vec<_>>(), ["completed", "ready", "blocked"]);
    assert_eq!(desk.begun(), ["first"]);
    run.resume().await.unwrap();
    desk.let_pass(2);
    assert_eq!(run.output().await.unwrap(), "<2 20>");
    assert_eq!(desk.begun(), ["first", "second", "third"], "each once");
    let mut told = kinds(&run).await;
    told.retain(|kind| !kind.starts_with("step"));
    assert_eq!(told, ["started", "pause", "resume", "run_completed"]);
    end(&db, worker).await;
}

#[tokio::test]
async fn a_run_that_is_resumed_before_it_has_paused_goes_on() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.until_begun(1).await;
    run.pause().await.unwrap();
    until_heard(&db).await;
    run.resume().await.unwrap();
    desk.let_pass(3);
    assert_eq!(run.output().await.unwrap(), "<2 20>");
    assert_eq!(desk.begun(), ["first", "second", "third"], "each once");
    end(&db, worker).await;
}

#[tokio::test]
async fn a_run_is_paused_before_it_begins_and_begins_no_sooner_than_it_was_to() {
    let db = TestDb::new().await;
    let client = db.client();
    let now = chain3::start(&client, 1).await.unwrap();
    let later = StartOptions::new().start_after(Duration::from_secs(3600));
    let later = chain3::start_with(&client, 2, later).await.unwrap();
    for run in [&now, &later] {
        run.pause().await.unwrap();
        assert_eq!(run.status().await.unwrap(), RunStatus::Paused);
    }
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    assert_eq!(chain3::start(&client, 3).await.unwrap().output().await.unwrap(), "<40>");
    assert_eq!(now.status().await.unwrap(), RunStatus::Paused);
    for run in [&now, &later] {
        run.resume().await.unwrap();
    }
    assert_eq!(now.output().await.unwrap(), "<20>");
    assert_eq!(later.status().await.unwrap(), RunStatus::Scheduled);
    let error = later.resume().await.unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("neither paused, nor has it failed"), "{error}");
    later.cancel().await.unwrap();
    end(&db, worker).await;
}

#[tokio::test]
async fn the_shared_work_of_a_paused_run_waits_too() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = || db.worker().concurrency(4).register(gated_items::Workflow.with_state(desk.clone()));
    let (first, second) = (worker().start().await.unwrap(), worker().start().await.unwrap());
    let run = gated_items::start(&db.client(), 60).await.unwrap();
    desk.until_begun(8).await;
    db.until("select exists (select from pgflow.task where worker_id is not null)").await;
    run.pause().await.unwrap();
    until_heard(&db).await;
    // What was taken before is executed to its end.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while db
        .value::<bool>("select exists (select from pgflow.task) or not exists (select from pgflow.ready where paused)")
        .await
    {
        desk.let_pass(1);
        assert!(tokio::time::Instant::now() < deadline, "it does not pause");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    db.assert_sound().await;
    assert_eq!(run.status().await.unwrap(), RunStatus::Paused);
    let done: i64 = db.value("select count(*) from pgflow.outcome where step = 1").await;
    assert!(done < 60, "something is left to do");
    run.resume().await.unwrap();
    desk.let_pass(60);
    assert_eq!(run.output().await.unwrap(), 60);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome where step = 1").await, 60);
    assert_eq!(desk.begun().len(), 60, "each item once");
    second.stop().await.unwrap();
    end(&db, first).await;
}

#[tokio::test]
async fn a_failed_run_goes_on_from_the_step_that_failed_with_all_its_attempts() {
    for by_step in [false, true] {
        let (db, desk) = (TestDb::new().await, Desk::new());
        let worker = db.worker().register(brittle::Workflow.with_state(desk.clone())).start().await.unwrap();
        let run = brittle::start(&db.client(), 1).await.unwrap();
        let again = || if by_step { run.retry("broken") } else { run.resume() };
        assert!(run.output().await.unwrap_err().is_run_failed());
        again().actor("ann").await.unwrap();
        assert!(run.output().await.unwrap_err().is_run_failed());
        desk.let_pass(1);
        again().await.unwrap();
        assert_eq!(run.output().await.unwrap(), 4);
        assert_eq!(
            desk.begun(),
            ["sound", "broken 1 of 2", "broken 2 of 2", "broken 3 of 4", "broken 4 of 4", "broken 5 of 6"],
            "what had completed is not repeated"
        );
        let what = if by_step { "retry" } else { "resume" };
        let failed = "attempt_failed";
        assert_eq!(
            kinds(&run).await,
            [
                "started",
                "step_completed",
                failed,
                failed,
                what,
                failed,
                failed,
                what,
                "step_completed",
                "run_completed"
            ]
        );
        let error = run.retry("broken").await.unwrap_err();
        assert!(error.is_refused(), "{error}");
        end(&db, worker).await;
    }
}

#[tokio::test]
async fn a_step_that_waits_for_its_next_attempt_is_tried_at_once() {
    let db = TestDb::new().await;
    let worker = db.worker().register(hourly::Workflow).start().await.unwrap();
    let run = hourly::start(&db.client(), ()).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    run.retry("knock").await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2);
    assert_eq!(kinds(&run).await, ["started", "attempt_failed", "retry", "step_completed", "run_completed"]);
    end(&db, worker).await;
}

#[tokio::test]
async fn a_cancelled_attempt_is_a_failed_one() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.let_pass(1);
    desk.until_begun(2).await;
    run.cancel_attempt("first").await.unwrap();
    run.cancel_attempt("second").reason("it hangs").await.unwrap();
    desk.until_begun(3).await;
    desk.let_pass(2);
    assert_eq!(run.output().await.unwrap(), "<2 20>");
    assert_eq!(desk.begun(), ["first", "second", "second", "third"]);
    let attempts: Vec<(i16, String)> =
        sqlx::query_as("select number, error from pgflow.attempt").fetch_all(&db.pool()).await.unwrap();
    assert_eq!(attempts, [(1, "the attempt was cancelled: it hangs".to_owned())]);
    end(&db, worker).await;
}

#[tokio::test]
async fn a_cancelled_attempt_of_shared_work_is_a_failed_one() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = || db.worker().concurrency(4).register(gated_items::Workflow.with_state(desk.clone()));
    let (first, second) = (worker().start().await.unwrap(), worker().start().await.unwrap());
    let run = gated_items::start(&db.client(), 40).await.unwrap();
    desk.until_begun(8).await;
    db.until("select exists (select from pgflow.task where worker_id is not null)").await;
    // Which of them are under way, and not only waiting there, nobody can say from here.
    let taken = "select first from pgflow.task where worker_id is not null";
    let items: Vec<i32> = sqlx::query_scalar(taken).fetch_all(&db.pool()).await.unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while db.value::<i64>("select count(*) from pgflow.attempt").await == 0 {
        for item in &items {
            run.cancel_attempt("each").item(item.unsigned_abs()).await.unwrap();
        }
        assert!(tokio::time::Instant::now() < deadline, "the attempt is not cancelled");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.let_pass(1_000);
    assert_eq!(run.output().await.unwrap(), 40);
    let failed: Vec<i32> = sqlx::query_scalar("select index from pgflow.attempt").fetch_all(&db.pool()).await.unwrap();
    assert!(failed.iter().all(|item| items.contains(item)), "{failed:?} of {items:?}");
    second.stop().await.unwrap();
    end(&db, first).await;
}

#[tokio::test]
async fn a_fork_takes_over_what_does_not_depend_on_its_first_step() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.let_pass(3);
    assert_eq!(run.output().await.unwrap(), "<2 20>");
    desk.let_pass(2);
    let same = run.fork().from("second").actor("ann").reason("once more").await.unwrap();
    assert_eq!(same.output().await.unwrap(), "<2 20>");
    assert_eq!(desk.begun()[3..], ["second", "third"]);
    let detail = &same.events().await.unwrap()[1];
    assert_eq!((&*detail.kind, detail.detail["of"].as_str()), ("fork", Some(&*run.id().to_string())));

    desk.let_pass(1);
    let edited = run.fork().from("third").output("first", &7).output("second", &8).await.unwrap();
    assert_eq!(edited.output().await.unwrap(), "<7 8>");
    desk.let_pass(3);
    let other = run.fork().input(&5).await.unwrap();
    assert_eq!(other.output().await.unwrap(), "<6 60>");
    assert_eq!(run.output().await.unwrap(), "<2 20>", "the first one is as it was");

    for (fork, message) in [
        (
            run.fork().from("third").output("second", "eight"),
            "the output does not fit step `second`: `second` is of type string, and integer is wanted",
        ),
        (
            run.fork().from("second").output("second", &8),
            "the output of `second` cannot be given: the step is executed again",
        ),
        (
            run.fork().from("second").output("secnd", &8),
            "the output of `secnd` cannot be given: workflow `gated` has no such step",
        ),
        (run.fork().from("fourth"), "has no step `fourth`. Its steps: `first`, `second`, `third`."),
    ] {
        let error = fork.await.unwrap_err();
        assert!(error.is_refused() && error.to_string().contains(message), "{error}");
    }
    let wrong = sqlx::query("select pgflow.fork_run($1, p_input => '\"five\"')").bind(run.id().as_uuid());
    assert!(
        wrong
            .execute(&db.pool())
            .await
            .unwrap_err()
            .to_string()
            .contains("`input` is of type string, and integer is wanted")
    );
    end(&db, worker).await;
}

#[tokio::test]
async fn a_fork_of_a_failed_run_repeats_what_has_failed_only() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db.worker().register(gated_items::Workflow.with_state(desk.clone())).start().await.unwrap();
    let run = gated_items::start(&db.client(), 5).await.unwrap();
    desk.until_begun(5).await;
    desk.let_pass(3);
    db.until("select count(*) = 3 from pgflow.outcome where step = 1").await;
    run.cancel().await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_cancelled());
    desk.let_pass(2);
    let fork = run.fork().from("count").await.unwrap();
    assert_eq!(fork.output().await.unwrap(), 5);
    assert_eq!(desk.begun().len(), 7, "three items are taken over");
    end(&db, worker).await;
}

#[tokio::test]
async fn many_runs_are_cancelled_by_a_filter_while_they_are_claimed() {
    let db = TestDb::new().await;
    let client = db.client();
    let options = |namespace: &str| StartOptions::new().namespace(namespace);
    let storm = client.start_many_with(chain3::Workflow, 0..1_500, options("storm")).await.unwrap();
    let calm = client.start_many_with(chain3::Workflow, 0..20, options("calm")).await.unwrap();
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let cancels = (0..4).map(|_| {
        let client: Client = client.clone();
        tokio::spawn(async move { client.cancel_all(RunFilter::new().namespace("storm")).await.unwrap() })
    });
    for cancel in cancels.collect::<Vec<_>>() {
        cancel.await.unwrap();
    }
    let mut cancelled = 0;
    for run in &storm {
        match run.output().await {
            Ok(_) => {}
            Err(error) => {
                assert!(error.is_run_cancelled(), "{error}");
                cancelled += 1;
            }
        }
    }
    assert!(cancelled > 0);
    for (n, run) in calm.iter().enumerate() {
        assert_eq!(run.output().await.unwrap(), format!("<{}>", (n + 1) * 10));
    }
    end(&db, worker).await;
}

#[tokio::test]
async fn runs_are_paused_and_resumed_by_a_filter() {
    let db = TestDb::new().await;
    let client = db.client();
    let runs = client.start_many(chain3::Workflow, 0..700).await.unwrap();
    assert_eq!(client.pause_all(RunFilter::new().workflow("chain3")).reason("a holiday").await.unwrap(), 700);
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let page = RunFilter::new().status(RunStatus::Paused).limit(1_000);
    assert_eq!(client.runs(&page).await.unwrap().len(), 700);
    assert_eq!(client.resume_all(RunFilter::new().status(RunStatus::Paused)).await.unwrap(), 700);
    for run in &runs {
        run.output().await.unwrap();
    }
    end(&db, worker).await;
}

#[tokio::test]
async fn a_run_fails_at_its_deadline_whoever_has_it() {
    let db = TestDb::new().await;
    let desk = Desk::new();
    let client = db.client();
    let soon = || StartOptions::new().deadline(Duration::from_millis(300));
    let passed = |result: Result<String, pgflow::Error>| {
        let error = result.unwrap_err();
        assert!(
            error.is_run_failed() && error.to_string().ends_with("the run had not ended by its deadline"),
            "{error}"
        );
    };
    // Nobody has it until the deadline has passed.
    let queued = gated::start_with(&client, 1, soon()).await.unwrap();
    db.until("select bool_and(deadline_at < pgflow.now()) from pgflow.run").await;
    let workers = || db.worker().register(gated::Workflow.with_state(desk.clone())).register(hourly::Workflow);
    let worker = workers().start().await.unwrap();
    passed(queued.output().await);
    assert_eq!(desk.begun().len(), 0);
    // Under way, started past the queue and through it.
    let direct = gated::start_with(&client, 1, soon()).await.unwrap();
    let keyed = gated::start_with(&client, 1, soon().idempotency_key("one")).await.unwrap();
    passed(direct.output().await);
    passed(keyed.output().await);
    desk.until_dropped(2).await;
    // Parked.
    let parked = StartOptions::new().deadline(Duration::from_millis(1_500));
    let parked = hourly::start_with(&client, (), parked).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    passed(parked.output().await.map(|_| String::new()));
    // Resumed, it has none.
    desk.let_pass(3);
    direct.resume().await.unwrap();
    assert_eq!(direct.output().await.unwrap(), "<2 20>");
    let in_time = gated::start_with(&client, 1, StartOptions::new().deadline(Duration::from_secs(60))).await.unwrap();
    desk.let_pass(3);
    assert_eq!(in_time.output().await.unwrap(), "<2 20>");
    end(&db, worker).await;
}

#[tokio::test]
async fn control_from_sql_alone() {
    let db = TestDb::new().await;
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let run =
        chain3::start_with(&db.client(), 1, StartOptions::new().start_after(Duration::from_secs(3600))).await.unwrap();
    let call = async |sql: &'static str| {
        sqlx::query_scalar::<_, String>(sql).bind(run.id().as_uuid()).fetch_one(&db.pool()).await
    };
    assert_eq!(call("select pgflow.pause_run($1, 'a pause', 'carl')").await.unwrap(), "done");
    assert_eq!(call("select status from pgflow.runs where run_id = $1").await.unwrap(), "paused");
    assert_eq!(call("select pgflow.resume_run($1)").await.unwrap(), "done");
    assert_eq!(call("select pgflow.cancel_run($1)").await.unwrap(), "done");
    let fork = call("select pgflow.fork_run($1, p_input => '4')::text").await.unwrap();
    let fork = db.client().run(chain3::Workflow, fork.parse().unwrap());
    assert_eq!(fork.output().await.unwrap(), "<50>");
    let error = call("select pgflow.pause_run($1)").await.unwrap_err().to_string();
    assert!(error.contains("cannot be paused: it has ended as cancelled"), "{error}");
    end(&db, worker).await;
}

/// Whoever takes the run next knows that it is to pause.
#[tokio::test]
async fn a_pause_outlives_a_worker_that_ends_before_the_run_has_paused() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = || db.worker().grace(Duration::ZERO).register(gated::Workflow.with_state(desk.clone()));
    let first = worker().start().await.unwrap();
    let run = gated::start(&db.client(), 1).await.unwrap();
    desk.until_begun(1).await;
    run.pause().await.unwrap();
    until_heard(&db).await;
    first.stop().await.unwrap();
    desk.until_dropped(1).await;
    let second = worker().start().await.unwrap();
    until_status(&run, RunStatus::Paused).await;
    assert_eq!(desk.begun(), ["first"], "nothing has begun again");
    run.resume().await.unwrap();
    desk.let_pass(3);
    assert_eq!(run.output().await.unwrap(), "<2 20>");
    end(&db, second).await;
}

/// A branch that waits for an hour, and one that goes on.
#[workflow(state = Desk)]
pub(crate) mod branches {
    use super::*;

    #[step(delay = "1h")]
    pub(crate) async fn later() -> Result<()> {
        Ok(())
    }

    #[step]
    pub(crate) async fn one(desk: State<Desk>) -> Result<()> {
        desk.pass("one").await;
        Ok(())
    }

    #[step(depends_on = [one])]
    pub(crate) async fn two(desk: State<Desk>) -> Result<()> {
        desk.pass("two").await;
        Ok(())
    }
}

#[tokio::test]
async fn what_could_begin_while_a_run_was_paused_begins_when_it_is_resumed() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db.worker().register(branches::Workflow.with_state(desk.clone())).start().await.unwrap();
    let run = branches::start(&db.client(), ()).await.unwrap();
    desk.until_begun(1).await;
    run.pause().await.unwrap();
    until_heard(&db).await;
    desk.let_pass(1);
    until_status(&run, RunStatus::Paused).await;
    // While it is paused, somebody wants the other branch to begin at once, too.
    run.retry("later").await.unwrap();
    db.assert_sound().await;
    run.resume().await.unwrap();
    desk.until_begun(2).await;
    desk.let_pass(1);
    run.output().await.unwrap();
    end(&db, worker).await;
}

#[tokio::test]
async fn a_step_that_is_cancelled_in_an_attempt_and_ends_in_order_has_failed_in_it() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db.worker().register(polite::Workflow.with_state(desk.clone())).start().await.unwrap();
    let run = polite::start(&db.client(), ()).await.unwrap();
    desk.until_begun(1).await;
    run.cancel_attempt("work").await.unwrap();
    desk.until_begun(2).await;
    // It returns `Ok`, and its transaction is rolled back nevertheless; then it is tried again.
    desk.let_pass(1);
    desk.until_begun(3).await;
    assert_eq!(desk.begun(), ["work", "told", "work"]);
    assert!(db.value::<bool>("select to_regclass('left_behind') is null").await);
    desk.let_pass(1);
    run.output().await.unwrap();
    assert_eq!(db.value::<i16>("select attempts from pgflow.outcome").await, 2);
    end(&db, worker).await;
}

#[tokio::test]
async fn an_attempt_that_is_not_under_way_is_not_cancelled_later() {
    let db = TestDb::new().await;
    let run = chain3::start(&db.client(), 1).await.unwrap();
    run.cancel_attempt("first").await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.inbox").await, 0);
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), "<20>");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.attempt").await, 0);
    end(&db, worker).await;
}

/// Its condition panics.
#[workflow]
pub(crate) mod undecided {
    use super::*;

    #[step(when = |input: &u32| 10 / *input > 1)]
    pub(crate) async fn only(input: u32) -> Result<u32> {
        Ok(input)
    }
}

#[tokio::test]
async fn a_step_that_failed_before_its_first_attempt_is_asked_again_each_time_its_run_is_resumed() {
    let db = TestDb::new().await;
    let worker = db.worker().register(undecided::Workflow).start().await.unwrap();
    let run = undecided::start(&db.client(), 0).await.unwrap();
    for _ in 0..3 {
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.contains("the condition of the step panicked"), "{error}");
        run.resume().await.unwrap();
    }
    assert!(run.output().await.unwrap_err().is_run_failed());
    assert_eq!(db.value::<i64>("select count(*) from pgflow.attempt").await, 0);
    end(&db, worker).await;
}
