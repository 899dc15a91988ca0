//! Steps that wait before their first attempt, and the deadline of a workflow.

use std::time::{Duration, Instant};

use pgflow::{Delay, Result, Run, RunStatus, State, StepContext, StepError, step, workflow};
use pgflow_tests::TestDb;

type Times = std::sync::Mutex<Vec<(&'static str, Instant)>>;

/// A long and a short delay, one that the input says, and one of a map step.
#[workflow(state = Times)]
pub(crate) mod patience {
    use super::*;

    #[step]
    pub(crate) async fn first(input: u64, times: State<Times>) -> Result<u64> {
        times.lock().unwrap().push(("first", Instant::now()));
        Ok(input * 2)
    }

    #[step(depends_on = [first], delay = "1200ms")]
    pub(crate) async fn long(ctx: StepContext, times: State<Times>) -> Result<u16> {
        times.lock().unwrap().push(("long", Instant::now()));
        Ok(ctx.attempt())
    }

    #[step(depends_on = [first], delay = |input, first| Duration::from_millis(input + first), max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn computed(ctx: StepContext, times: State<Times>) -> Result<u16> {
        times.lock().unwrap().push(("computed", Instant::now()));
        if ctx.attempt() == 1 { Err(StepError::retry("once more")) } else { Ok(ctx.attempt()) }
    }

    #[step(depends_on = [first])]
    pub(crate) async fn list(first: u64) -> Result<Vec<u64>> {
        Ok((0..first).collect())
    }

    #[step(map = list, delay = "50ms")]
    pub(crate) async fn each(item: u64, times: State<Times>) -> Result<u64> {
        times.lock().unwrap().push(("each", Instant::now()));
        Ok(item)
    }
}

/// Waits for an hour, or not at all, or panics when it is asked.
#[workflow]
pub(crate) mod asked {
    use super::*;

    #[step(delay = |input: &i64| if *input == 0 { Duration::ZERO } else { Duration::from_secs(u64::try_from(*input).unwrap()) })]
    pub(crate) async fn only(input: i64) -> Result<i64> {
        Ok(input)
    }
}

/// Never ends in time.
#[workflow(deadline = "300ms")]
pub(crate) mod hurried {
    use super::*;

    #[step]
    pub(crate) async fn dawdle() -> Result<()> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn steps_wait_before_their_first_attempt_and_take_no_slot_meanwhile() {
    let db = TestDb::new().await;
    let times = std::sync::Arc::new(Times::default());
    let worker =
        db.worker().concurrency(1).register(patience::Workflow.with_state(times.clone())).start().await.unwrap();
    let run = patience::start(&db.client(), 3).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    let steps = run.steps().await.unwrap();
    let long = &steps[1];
    assert_eq!((&*long.status, long.attempts, &long.error), ("waiting", Some(0), &None));
    let output = run.output().await.unwrap();
    assert_eq!((output.long, output.computed, output.each.len()), (1, 2, 6));
    let times = times.lock().unwrap().clone();
    let all_of = |name| times.iter().filter(move |(step, _)| *step == name).map(|(_, at)| *at).collect::<Vec<_>>();
    let first = all_of("first")[0];
    assert!(all_of("long")[0] >= first + Duration::from_millis(1_200));
    assert!(all_of("computed")[0] >= first + Duration::from_millis(9));
    assert!(all_of("each").iter().all(|at| *at >= first + Duration::from_millis(50)));
    assert_eq!((all_of("long").len(), all_of("computed").len(), all_of("each").len()), (1, 2, 6));
    let delays: Vec<i16> = sqlx::query_scalar("select step from pgflow.attempt where number = 0 order by step")
        .fetch_all(&db.pool())
        .await
        .unwrap();
    assert_eq!(delays, [1, 2, 4], "each is recorded once");
    let delayed = run.events().await.unwrap().into_iter().filter(|event| event.kind == "step_delayed");
    assert_eq!(delayed.filter(|event| event.reason.is_none()).count(), 3);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// What was said once counts, whoever has the run by then.
#[tokio::test]
async fn a_delay_outlives_its_worker() {
    let db = TestDb::new().await;
    let times = std::sync::Arc::new(Times::default());
    let worker = || db.worker().register(patience::Workflow.with_state(times.clone()));
    let first = worker().start().await.unwrap();
    let run = patience::start(&db.client(), 0).await.unwrap();
    db.until("select exists (select from pgflow.attempt where number = 0 and step = 1)").await;
    first.stop().await.unwrap();
    let second = worker().start().await.unwrap();
    let output = run.output().await.unwrap();
    assert_eq!((output.long, output.each.len()), (1, 0));
    let at = times.lock().unwrap().clone();
    let of = |name| at.iter().find(|(step, _)| *step == name).unwrap().1;
    assert!(of("long") >= of("first") + Duration::from_millis(1_200));
    assert_eq!(db.value::<i64>("select count(*) from pgflow.attempt where number = 0 and step = 1").await, 1);
    second.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_delay_is_cut_short_by_a_retry_and_a_panic_in_it_fails_the_step() {
    let db = TestDb::new().await;
    let worker = db.worker().register(asked::Workflow).start().await.unwrap();
    let client = db.client();
    assert_eq!(asked::start(&client, 0).await.unwrap().output().await.unwrap(), 0);
    let error = asked::start(&client, -1).await.unwrap().output().await.unwrap_err();
    assert_eq!(error.failed_step(), Some("only"));
    assert!(error.to_string().contains("the delay of the step panicked"), "{error}");
    let run: Run<asked::Workflow> = asked::start(&client, 3_600).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    assert_eq!(run.status().await.unwrap(), RunStatus::Running);
    run.retry("only").await.unwrap();
    assert_eq!(run.output().await.unwrap(), 3_600);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn the_deadline_of_a_workflow_is_that_of_its_runs_however_they_are_started() {
    let db = TestDb::new().await;
    let worker = db.worker().register(hurried::Workflow).start().await.unwrap();
    let client = db.client();
    let by_sql: uuid::Uuid = db.value("select pgflow.start_run('hurried', p_deadline => interval '250 ms')").await;
    let named: uuid::Uuid = db.value("select pgflow.start_run('hurried')").await;
    let mut runs: Vec<Run<hurried::Workflow>> =
        [by_sql, named].map(|id| client.run(hurried::Workflow, id.into())).to_vec();
    runs.push(hurried::start(&client, ()).await.unwrap());
    let mut tx = db.pool().begin().await.unwrap();
    let within = hurried::start_in(&mut tx, ()).await.unwrap();
    tx.commit().await.unwrap();
    runs.push(client.run(hurried::Workflow, within));
    for run in runs {
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.ends_with("the run had not ended by its deadline"), "{error}");
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[test]
fn delays_and_deadlines_are_told_by_the_definition_and_make_no_version() {
    let definition = patience::definition();
    let delays: Vec<Option<Delay>> = definition.steps.iter().map(|step| step.options.delay).collect();
    let fixed = |millis| Some(Delay::Fixed(Duration::from_millis(millis)));
    assert_eq!(delays, [None, fixed(1_200), Some(Delay::Computed), None, fixed(50)]);
    let json = serde_json::to_value(&definition).unwrap();
    assert_eq!(json["steps"][1]["options"]["delay_ms"], 1_200);
    assert_eq!(json["steps"][2]["options"]["delay_ms"], "computed");
    assert_eq!(serde_json::from_value::<pgflow::Definition>(json).unwrap(), definition);
    let hurried = hurried::definition();
    assert_eq!(hurried.deadline, Some(Duration::from_millis(300)));
    let mut other = hurried.clone();
    other.deadline = None;
    assert_eq!(hurried.hash(), other.hash());
}

/// A map that may have no items, an hour later, and a step beside it.
#[workflow]
mod late_list {
    use super::*;

    #[step(map = input, delay = "1h")]
    pub(crate) async fn each(item: u32) -> Result<u32> {
        Ok(item)
    }

    #[step]
    pub(crate) async fn other(input: Vec<u32>) -> Result<usize> {
        Ok(input.len())
    }
}

#[tokio::test]
async fn the_delay_of_a_map_without_items_is_not_waited_for_again_by_a_fork() {
    let db = TestDb::new().await;
    let worker = db.worker().register(late_list::Workflow).start().await.unwrap();
    let run = late_list::start(&db.client(), Vec::new()).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    run.retry("each").await.unwrap();
    run.output().await.unwrap();
    let fork = run.fork().from("other").await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), fork.output()).await.expect("it does not wait").unwrap();
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// A map without items, after a long delay, and a step that fails once.
#[workflow(state = std::sync::atomic::AtomicBool)]
pub(crate) mod nothing_late {
    use super::*;

    #[step]
    pub(crate) async fn list() -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    #[step(map = list, delay = "1h")]
    pub(crate) async fn each(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(depends_on = [each], max_attempts = 1)]
    pub(crate) async fn after(each: Vec<u8>, failed: State<std::sync::atomic::AtomicBool>) -> Result<usize> {
        if failed.swap(true, std::sync::atomic::Ordering::SeqCst) {
            Ok(each.len())
        } else {
            Err(StepError::fatal("once"))
        }
    }
}

#[tokio::test]
async fn the_delay_of_a_map_without_items_that_was_cut_short_is_not_waited_for_by_the_next_owner() {
    let db = TestDb::new().await;
    let failed = std::sync::atomic::AtomicBool::new(false);
    let worker = db.worker().register(nothing_late::Workflow.with_state(failed)).start().await.unwrap();
    let run = nothing_late::start(&db.client(), ()).await.unwrap();
    db.until("select exists (select from pgflow.attempt where number = 0)").await;
    run.retry("each").await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_failed());
    // As where the retry had come a moment before the delay was recorded.
    sqlx::query("update pgflow.attempt set retry_at = now() + interval '1 h' where number = 0")
        .execute(&db.pool())
        .await
        .unwrap();
    run.resume().await.unwrap();
    db.until("select exists (select from pgflow.run_end where status = 'c')").await;
    assert_eq!(run.output().await.unwrap(), 0);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
