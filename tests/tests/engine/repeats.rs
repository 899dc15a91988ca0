//! Steps that ask to be executed again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pgflow::{Queue, Repeat, Result, State, StepContext, StepError, Tx, sqlx, step, workflow};
use pgflow_tests::TestDb;
use pgflow_tests::load::count;

const SOON: Duration = Duration::from_millis(2);

/// Counts up to its input; each time it fails once before.
#[workflow]
pub(crate) mod counting {
    use super::*;

    #[step(max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn up(input: u32, repeat: Repeat<Vec<u32>>, ctx: StepContext) -> Result<(Vec<u32>, u32, u16)> {
        let mut seen = repeat.state().cloned().unwrap_or_default();
        assert_eq!(u32::try_from(seen.len()).unwrap(), repeat.count());
        if ctx.attempt() == u16::try_from(repeat.count()).unwrap() + 1 {
            return Err(StepError::retry("once more"));
        }
        if repeat.count() == input {
            return Ok((seen, repeat.count(), ctx.attempt()));
        }
        seen.push(repeat.count());
        repeat.after(SOON, seen)
    }
}

/// Waits for something that somebody else does: long, without a slot.
#[workflow(state = AtomicU32)]
pub(crate) mod polling {
    use super::*;

    #[step]
    pub(crate) async fn poll(input: u64, is_there: State<AtomicU32>, repeat: Repeat) -> Result<u32> {
        match is_there.load(Ordering::Relaxed) {
            0 => repeat.after(Duration::from_millis(input), ()),
            there => Ok(there),
        }
    }
}

/// Pages that are written down together with the place of the next one.
#[workflow(state = AtomicU32)]
pub(crate) mod pages {
    use super::*;

    #[step(max_attempts = 5, backoff = "1ms")]
    pub(crate) async fn all(input: i32, calls: State<AtomicU32>, repeat: Repeat<i32>, mut tx: Tx) -> Result<i32> {
        let page = repeat.state().copied().unwrap_or_default();
        sqlx::query("insert into page (number) values ($1)").bind(page).execute(&mut *tx).await?;
        if calls.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            return Err(StepError::retry("what was written of this page is rolled back"));
        }
        if page == input { Ok(page) } else { repeat.after(Duration::ZERO, page + 1) }
    }
}

/// Never has enough.
#[workflow]
pub(crate) mod insatiable {
    use super::*;

    #[step(max_repeats = 3)]
    pub(crate) async fn often(repeat: Repeat<u32>) -> Result<u32> {
        repeat.after(SOON, repeat.count() + 1)
    }
}

#[workflow]
pub(crate) mod patient {
    use super::*;

    #[step(repeat_timeout = "60ms", on_exhausted = skip)]
    pub(crate) async fn long(repeat: Repeat<u32>) -> Result<u32> {
        repeat.after(Duration::from_millis(20), repeat.count())
    }
}

/// Each item goes round as often as it says.
#[workflow(input = Vec<u32>)]
pub(crate) mod items {
    use super::*;

    #[step(map = input, max_attempts = 3, backoff = "1ms")]
    pub(crate) async fn each(item: u32, repeat: Repeat<u32>, ctx: StepContext) -> Result<u32> {
        let rounds = repeat.state().copied().unwrap_or_default();
        if item.is_multiple_of(3) && rounds == 1 && ctx.attempt() == 1 {
            return Err(StepError::retry("once more"));
        }
        if rounds == item % 4 { Ok(item * 10 + rounds) } else { repeat.after(SOON, rounds + 1) }
    }

    #[step(queue = "other", depends_on = [each])]
    pub(crate) async fn far(repeat: Repeat<String>) -> Result<String> {
        match repeat.state() {
            Some(text) if text.len() == 3 => Ok(text.clone()),
            Some(text) => repeat.after(SOON, format!("{text}x")),
            None => repeat.after(SOON, "x".to_owned()),
        }
    }
}

/// What no database takes.
#[workflow]
pub(crate) mod unstorable {
    use super::*;

    #[step]
    pub(crate) async fn keep(repeat: Repeat<String>) -> Result<()> {
        repeat.after(SOON, "a \0 b".to_owned())
    }
}

#[tokio::test]
async fn a_step_is_executed_again_with_its_state_and_with_all_its_attempts() {
    let db = TestDb::new().await;
    let worker = db.worker().register(counting::Workflow).start().await.unwrap();
    let run = counting::start(&db.client(), 5).await.unwrap();
    let (seen, repeats, attempts) = run.output().await.unwrap();
    assert_eq!((seen, repeats, attempts), (vec![0, 1, 2, 3, 4], 5, 7));
    let step = &run.steps().await.unwrap()[0];
    assert_eq!((&*step.status, step.repeats), ("completed", Some(5)));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn the_wait_takes_no_slot_and_outlives_its_worker() {
    let db = TestDb::new().await;
    let there = std::sync::Arc::new(AtomicU32::new(0));
    let register = || db.worker().concurrency(1).register(polling::Workflow.with_state(there.clone()));
    let worker = register().start().await.unwrap();
    let client = db.client();
    let run = polling::start(&client, 3_600_000).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    let step = &run.steps().await.unwrap()[0];
    assert_eq!((&*step.status, step.attempts, step.repeats), ("waiting", None, Some(1)));
    worker.stop().await.unwrap();
    there.store(7, Ordering::Relaxed);
    let worker = register().start().await.unwrap();
    // The only slot is free; and nobody waits for an hour.
    assert_eq!(polling::start(&client, 1).await.unwrap().output().await.unwrap(), 7);
    run.retry("poll").await.unwrap();
    assert_eq!(run.output().await.unwrap(), 7);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_a_step_writes_commits_with_its_state() {
    let db = TestDb::new().await;
    sqlx::raw_sql("create table page (number int not null)").execute(&db.pool()).await.unwrap();
    let calls = std::sync::Arc::new(AtomicU32::new(0));
    let worker = db.worker().register(pages::Workflow.with_state(calls.clone())).start().await.unwrap();
    let run = pages::start(&db.client(), 20).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 20);
    let pages: Vec<i32> =
        sqlx::query_scalar("select number from page order by number").fetch_all(&db.pool()).await.unwrap();
    assert_eq!(pages, (0..=20).collect::<Vec<_>>(), "each page once");
    assert!(calls.load(Ordering::Relaxed) > 21, "some were tried again");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn too_many_repetitions_fail_the_step_or_skip_it() {
    let db = TestDb::new().await;
    let worker = db.worker().register(insatiable::Workflow).register(patient::Workflow).start().await.unwrap();
    let client = db.client();
    let run = insatiable::start(&client, ()).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert_eq!(error.failed_step(), Some("often"));
    assert!(error.to_string().contains("it has asked to be executed again more than 3 times"), "{error}");
    assert_eq!(db.value::<i32>("select count from pgflow.repeat").await, 3);
    // It goes on from where it was, with as many again.
    run.resume().await.unwrap();
    run.output().await.unwrap_err();
    assert_eq!(db.value::<i32>("select count from pgflow.repeat").await, 3);

    let run = patient::start(&client, ()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), None);
    let reason = run.steps().await.unwrap()[0].skip_reason.clone();
    assert_eq!(reason.as_deref(), Some("it has asked to be executed again for longer than 60ms"));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn items_repeat_themselves_wherever_they_are_executed() {
    let db = TestDb::new().await;
    let start = || db.worker().concurrency(4).register(items::Workflow).start();
    let workers = [start().await.unwrap(), start().await.unwrap()];
    let far = db.worker().queue(Queue::new("other")).register(items::Workflow).start().await.unwrap();
    db.until(
        "select count(*) filter (where beat_at > (select max(started_at) from pgflow.worker)) = 3 from pgflow.worker",
    )
    .await;
    let run = items::start(&db.client(), (0..400).collect()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "xxx");
    let each: Vec<u32> =
        serde_json::from_value(db.value("select pgflow.step_output(id, 0::smallint) from pgflow.run").await).unwrap();
    assert_eq!(each, (0..400).map(|item| item * 10 + item % 4).collect::<Vec<_>>());
    assert!(
        db.value::<i64>("select count(distinct worker_id) from pgflow.outcome where step = 0").await > 1,
        "it was shared"
    );
    for worker in workers {
        worker.stop().await.unwrap();
    }
    far.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_paused_run_goes_on_with_what_its_steps_remember() {
    let db = TestDb::new().await;
    let there = std::sync::Arc::new(AtomicU32::new(0));
    let worker = db.worker().register(polling::Workflow.with_state(there.clone())).start().await.unwrap();
    let run = polling::start(&db.client(), 1).await.unwrap();
    db.until("select exists (select from pgflow.repeat where count > 5)").await;
    run.pause().await.unwrap();
    db.until("select exists (select from pgflow.ready where paused)").await;
    sqlx::raw_sql("create table seen as select count from pgflow.repeat").execute(&db.pool()).await.unwrap();
    run.resume().await.unwrap();
    db.until("select r.count > s.count from pgflow.repeat r, seen s").await;
    there.store(1, Ordering::Relaxed);
    assert_eq!(run.output().await.unwrap(), 1);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_state_that_cannot_be_stored_fails_its_step_alone() {
    let db = TestDb::new().await;
    let worker = db.worker().register(unstorable::Workflow).register(counting::Workflow).start().await.unwrap();
    let client = db.client();
    let runs = futures_util::future::join_all((0..20).map(|_| counting::start(&client, 3))).await;
    let run = unstorable::start(&client, ()).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert!(error.to_string().contains("its state cannot be stored"), "{error}");
    for run in runs {
        assert_eq!(run.unwrap().output().await.unwrap().1, 3);
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.task").await, 0);
}
