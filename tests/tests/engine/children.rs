//! Steps that are runs of other workflows.

use std::time::Duration;

use pgflow::{Failure, Result, RunStatus, Signal, State, StepError, step, workflow};
use pgflow_tests::TestDb;

/// Fails where it is told to, and waits where it is told to.
#[workflow]
pub(crate) mod parcel {
    use super::*;

    #[step]
    pub(crate) async fn pack(input: u32) -> Result<u32> {
        if input == 13 { Err(StepError::fatal("it does not fit")) } else { Ok(input * 10) }
    }

    #[step(depends_on = [pack], when = |input| *input == 99)]
    pub(crate) async fn hold(go: Signal<()>) -> Result<()> {
        drop(go);
        Ok(())
    }

    #[step(depends_on = [pack, hold])]
    pub(crate) async fn ship(pack: u32) -> Result<String> {
        Ok(format!("parcel {pack}"))
    }
}

/// One parcel, and many.
#[workflow]
pub(crate) mod order {
    use super::*;

    #[step(child = parcel)]
    pub(crate) async fn first(input: Vec<u32>) -> Result<u32> {
        input.first().copied().ok_or_else(|| StepError::fatal("an order has a line"))
    }

    #[step(map = input, child = parcel, depends_on = [first])]
    pub(crate) async fn each(item: u32) -> Result<u32> {
        Ok(item + 1)
    }

    #[step(depends_on = [first, each])]
    pub(crate) async fn done(first: String, each: Vec<String>) -> Result<String> {
        Ok(format!("{first}; {}", each.join(", ")))
    }
}

/// Goes on without.
#[workflow]
pub(crate) mod lenient {
    use super::*;

    #[step(child = parcel, on_exhausted = skip)]
    pub(crate) async fn perhaps(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(depends_on = [perhaps])]
    pub(crate) async fn done(perhaps: Option<String>) -> Result<String> {
        Ok(perhaps.unwrap_or_else(|| "nothing".to_owned()))
    }
}

/// Families of any depth: each level is a run of the same workflow with one level less.
#[workflow]
pub(crate) mod level3 {
    use super::*;

    #[step(child = parcel)]
    pub(crate) async fn down(input: u32) -> Result<u32> {
        Ok(input)
    }
}

#[workflow]
pub(crate) mod level2 {
    use super::*;

    #[step(child = level3)]
    pub(crate) async fn down(input: u32) -> Result<u32> {
        Ok(input)
    }
}

type Log = std::sync::Mutex<Vec<String>>;

#[workflow(state = Log)]
pub(crate) mod level1 {
    use super::*;

    #[step(child = level2)]
    pub(crate) async fn down(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(on_failure)]
    pub(crate) async fn note(failure: Failure, log: State<Log>) -> Result<()> {
        log.lock().unwrap().push(failure.error);
        Ok(())
    }
}

/// What it gives may be nothing, or several things.
#[workflow]
pub(crate) mod pair {
    use super::*;

    #[step(when = |input| *input > 0)]
    pub(crate) async fn positive(input: i32) -> Result<i32> {
        Ok(input)
    }

    #[step]
    pub(crate) async fn text(input: i32) -> Result<String> {
        Ok(input.to_string())
    }
}

#[workflow(input = Vec<i32>)]
pub(crate) mod pairs {
    use super::*;

    #[step(map = input, child = pair)]
    pub(crate) async fn each(item: i32) -> Result<i32> {
        Ok(item)
    }

    #[step(depends_on = [each])]
    pub(crate) async fn done(each: Vec<pair::WorkflowOutput>) -> Result<Vec<(Option<i32>, String)>> {
        Ok(each.into_iter().map(|pair| (pair.positive, pair.text)).collect())
    }
}

fn all(db: &TestDb) -> pgflow::WorkerBuilder {
    let log = std::sync::Arc::new(Log::default());
    db.worker()
        .register(order::Workflow)
        .register(parcel::Workflow)
        .register(lenient::Workflow)
        .register(level1::Workflow.with_state(log))
        .register(level2::Workflow)
        .register(level3::Workflow)
        .register(pair::Workflow)
        .register(pairs::Workflow)
}

async fn statuses(db: &TestDb) -> Vec<(String, String)> {
    sqlx::query_as("select workflow, status from pgflow.runs order by run_id").fetch_all(&db.pool()).await.unwrap()
}

#[tokio::test]
async fn a_step_gives_what_its_run_gives_and_a_map_step_what_each_of_its_runs_gives() {
    let db = TestDb::new().await;
    let worker = all(&db).concurrency(4).start().await.unwrap();
    let client = db.client();
    let run = order::start(&client, vec![1, 2, 3]).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "parcel 10; parcel 20, parcel 30, parcel 40");
    let children = run.children().await.unwrap();
    let told: Vec<_> = children.iter().map(|child| (&*child.step, child.index, child.status)).collect();
    assert_eq!(told.len(), 4);
    assert_eq!(told[0], ("first", None, RunStatus::Completed));
    assert_eq!(told[1], ("each", Some(0), RunStatus::Completed));
    let child = client.run(parcel::Workflow, children[1].id).summary().await.unwrap();
    assert_eq!((child.parent, &*child.workflow), (Some(run.id()), "parcel"));
    let run = pairs::start(&client, vec![-1, 5]).await.unwrap();
    assert_eq!(run.output().await.unwrap(), [(None, "-1".to_owned()), (Some(5), "5".to_owned())]);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.errand").await, 0);
}

#[tokio::test]
async fn a_hundred_children_of_each_of_several_runs_on_two_workers() {
    let db = TestDb::new().await;
    let workers = [all(&db).concurrency(8).start().await.unwrap(), all(&db).concurrency(8).start().await.unwrap()];
    let client = db.client();
    let runs = futures_util::future::join_all((0..5).map(|_| order::start(&client, (100..200).collect()))).await;
    for run in runs {
        let output = run.unwrap().output().await.unwrap();
        assert!(output.starts_with("parcel 1000; parcel 1010, ") && output.ends_with(", parcel 2000"), "{output}");
    }
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn the_wait_takes_no_slot_and_a_parent_that_nobody_has_is_woken() {
    let db = TestDb::new().await;
    let worker = all(&db).concurrency(1).start().await.unwrap();
    let client = db.client();
    let run = order::start(&client, vec![99]).await.unwrap();
    db.until("select count(*) = 2 from pgflow.ready where not due").await;
    let child = run.children().await.unwrap()[0].id;
    assert_eq!(run.steps().await.unwrap()[0].status, "waiting");
    // The only slot is free.
    assert_eq!(lenient::start(&client, 1).await.unwrap().output().await.unwrap(), "parcel 10");
    client.signal(child, "go", ()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "parcel 990; parcel 1000");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_failure_goes_up_and_a_step_may_be_skipped_for_it() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let run = level1::start(&client, 13).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert_eq!(error.failed_step(), Some("down"));
    let said = error.to_string();
    assert!(
        said.contains("failed at step `down`: run") && said.contains("failed at step `pack`: it does not fit"),
        "{said}"
    );
    assert!(statuses(&db).await.iter().all(|(_, status)| status == "failed"));
    let run = lenient::start(&client, 13).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "nothing");
    let reason = run.steps().await.unwrap()[0].skip_reason.clone().unwrap();
    assert!(reason.contains("failed at step `pack`: it does not fit"), "{reason}");
    // One that fails takes its siblings with it.
    let run = order::start(&client, vec![98, 12, 98, 98]).await.unwrap();
    assert_eq!(run.output().await.unwrap_err().failed_step(), Some("each"));
    worker.stop().await.unwrap();
    db.until("select not exists (select from pgflow.live)").await;
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_failed_parent_that_is_resumed_starts_the_child_anew() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let run = order::start(&client, vec![99]).await.unwrap();
    db.until("select exists (select from pgflow.runs where workflow = 'parcel' and status = 'running' and waits)")
        .await;
    let child = run.children().await.unwrap()[0].id;
    client.cancel(child).reason("no").await.unwrap();
    let error = run.output().await.unwrap_err();
    assert!(error.to_string().contains("was cancelled: no"), "{error}");
    run.resume().await.unwrap();
    db.until("select count(*) = 2 from pgflow.child").await;
    let again = run.children().await.unwrap()[1].clone();
    assert_eq!((again.attempt, again.id != child), (2, true));
    client.signal(again.id, "go", ()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "parcel 990; parcel 1000");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// What was cancelled with its parent is not what that fails of when somebody has it go on.
#[tokio::test]
async fn a_resumed_parent_starts_those_children_anew_that_were_not_completed() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let run = order::start(&client, vec![1, 98, 12, 98]).await.unwrap();
    for time in 1..4 {
        let error = run.output().await.unwrap_err();
        assert!(error.to_string().contains("it does not fit"), "{error}");
        // Whether or not the siblings are cancelled by now.
        if time != 2 {
            db.until("select not exists (select from pgflow.live)").await;
        }
        run.resume().await.unwrap();
    }
    let error = run.output().await.unwrap_err();
    assert!(error.to_string().contains("it does not fit"), "{error}");
    db.until("select not exists (select from pgflow.live)").await;
    let of = async |index: i32| {
        let children = run.children().await.unwrap();
        children.into_iter().filter(|child| child.index == Some(index)).map(|child| child.status).collect::<Vec<_>>()
    };
    assert_eq!(of(2).await, [RunStatus::Failed; 4]);
    assert_eq!(run.children().await.unwrap().iter().filter(|child| &*child.step == "first").count(), 1);
    assert!(of(1).await.iter().all(|status| *status == RunStatus::Cancelled));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// It is nobody's step any more.
#[tokio::test]
async fn a_child_of_an_ended_parent_may_be_resumed_alone() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let run = level1::start(&client, 13).await.unwrap();
    run.output().await.unwrap_err();
    let child = run.children().await.unwrap()[0].id;
    client.resume(child).await.unwrap();
    db.assert_sound().await;
    db.until("select not exists (select from pgflow.live)").await;
    assert_eq!(run.status().await.unwrap(), RunStatus::Failed);
    assert_eq!(client.children(child).await.unwrap().len(), 2);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Whatever crosses what: in the end all of a family has ended, and nothing is left to be said of it.
#[tokio::test]
async fn a_parent_may_be_cancelled_at_any_moment() {
    let db = TestDb::new().await;
    let workers = [all(&db).concurrency(6).start().await.unwrap(), all(&db).concurrency(6).start().await.unwrap()];
    let client = db.client();
    let work = (0..60_u64).map(|n| {
        let client = client.clone();
        async move {
            let run = order::start(&client, (100..106).collect()).await.unwrap();
            tokio::time::sleep(Duration::from_micros(n * 700)).await;
            if let Err(error) = run.cancel().await {
                assert!(error.to_string().contains("completed"), "{error}");
            }
        }
    });
    futures_util::future::join_all(work).await;
    db.until("select not exists (select from pgflow.live) and not exists (select from pgflow.errand)").await;
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
    let wrong: i64 = db
        .value("select count(*) from pgflow.child c join pgflow.runs p on p.run_id = c.run_id join pgflow.runs r on r.run_id = c.child_id
                where p.status = 'completed' and r.status <> 'completed'")
        .await;
    assert_eq!(wrong, 0, "children of completed parents that were not completed");
}

/// Down to the last generation, whoever has which of them.
#[tokio::test]
async fn a_cancelled_family_is_cancelled_down_to_its_last_generation() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let family = || async {
        let run = level1::start(&client, 99).await.unwrap();
        db.until("select count(*) = 4 from pgflow.live").await;
        db.until("select count(*) = 4 from pgflow.ready where not due and not fresh").await;
        run
    };
    let run = family().await;
    run.cancel().reason("enough").await.unwrap();
    db.until("select not exists (select from pgflow.live)").await;
    assert!(statuses(&db).await.iter().all(|(_, status)| status == "cancelled"));
    let reason: String = db.value("select end_error from pgflow.runs where workflow = 'parcel'").await;
    assert_eq!(reason, "its parent has ended");
    // From SQL alone: a worker does it with its next beat.
    let run = family().await;
    sqlx::query("select pgflow.cancel_run($1)").bind(run.id().as_uuid()).execute(&db.pool()).await.unwrap();
    db.until("select not exists (select from pgflow.live)").await;
    // While a worker has the parent.
    let run = level1::start(&client, 99).await.unwrap();
    run.cancel().await.unwrap();
    db.until("select not exists (select from pgflow.live)").await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Workers come and go all the time: nothing of a family is lost, and no child is started twice.
#[tokio::test]
async fn families_outlive_their_workers() {
    let db = TestDb::new().await;
    let client = db.client();
    let runs = futures_util::future::join_all((0..20).map(|_| order::start(&client, (0..10).collect()))).await;
    let runs: Vec<_> = runs.into_iter().map(std::result::Result::unwrap).collect();
    for _ in 0..6 {
        let worker = all(&db).concurrency(6).start().await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        // Declared dead, it drops what it executes, and begins again under another id.
        sqlx::query("update pgflow.worker set dead_at = now() where dead_at is null")
            .execute(&db.pool())
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        worker.stop().await.unwrap();
    }
    let worker = all(&db).start().await.unwrap();
    for run in runs {
        assert!(run.output().await.unwrap().ends_with("parcel 80, parcel 90, parcel 100"));
    }
    assert_eq!(db.value::<i64>("select count(*) from pgflow.child").await, 20 * 11, "each child once");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// What is removed, and what stays: families together.
#[tokio::test]
async fn retention_keeps_families_together() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let run = level1::start(&client, 1).await.unwrap();
    run.output().await.unwrap();
    let other = level1::start(&client, 99).await.unwrap();
    db.until("select count(*) = 4 from pgflow.live").await;
    worker.stop().await.unwrap();
    let ids: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from pgflow.run order by id").fetch_all(&db.pool()).await.unwrap();
    let remove = |ids: Vec<uuid::Uuid>| {
        let pool = db.pool();
        async move {
            sqlx::query_scalar::<_, i32>("select pgflow.remove_runs(0, $1, null)")
                .bind(ids)
                .fetch_one(&pool)
                .await
                .unwrap()
        }
    };
    // A child stays while its parent is there.
    assert_eq!(remove(ids[1..4].to_vec()).await, 0);
    // And a parent while a descendant has not ended.
    assert_eq!(remove(vec![other.id().as_uuid()]).await, 0);
    assert_eq!(remove(vec![run.id().as_uuid()]).await, 4);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 4);
    other.cancel().await.unwrap();
    db.until("select count(*) = 8 - 4 from pgflow.run_end").await;
    assert_eq!(remove(vec![other.id().as_uuid()]).await, 4);
    db.assert_sound().await;
}

/// A child, and a step that fails at first.
#[workflow(state = Log)]
pub(crate) mod beside {
    use super::*;

    #[step(child = parcel)]
    pub(crate) async fn send(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(backoff = "1h")]
    pub(crate) async fn call(log: State<Log>) -> Result<()> {
        log.lock().unwrap().push("called".to_owned());
        Err(StepError::retry("nobody answers"))
    }
}

/// Whoever takes it finds that it has failed, and something else of it that is due.
#[tokio::test]
async fn a_parent_that_finds_its_child_failed_begins_nothing_else() {
    let db = TestDb::new().await;
    let log = std::sync::Arc::new(Log::default());
    let worker = all(&db).register(beside::Workflow.with_state(log.clone())).start().await.unwrap();
    let client = db.client();
    let run = beside::start(&client, 99).await.unwrap();
    db.until("select exists (select from pgflow.attempt where number = 1)").await;
    db.until("select count(*) = 2 from pgflow.ready where not due and not fresh").await;
    run.pause().await.unwrap();
    client.cancel(run.children().await.unwrap()[0].id).await.unwrap();
    db.until("select not exists (select from pgflow.errand)").await;
    run.retry("call").await.unwrap();
    run.resume().await.unwrap();
    let said = run.output().await.unwrap_err().to_string();
    assert!(said.ends_with("was cancelled"), "{said}");
    assert_eq!(log.lock().unwrap().len(), 1);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_fork_starts_children_of_its_own_and_one_of_a_child_has_no_parent() {
    let db = TestDb::new().await;
    let worker = all(&db).start().await.unwrap();
    let client = db.client();
    let run = order::start(&client, vec![1, 2]).await.unwrap();
    let output = run.output().await.unwrap();
    let fork = run.fork().from("each").await.unwrap();
    assert_eq!(fork.output().await.unwrap(), output);
    let children = fork.children().await.unwrap();
    assert_eq!(children.iter().map(|child| &*child.step).collect::<Vec<_>>(), ["each"; 2]);
    let alone = client.run(parcel::Workflow, children[0].id).fork().await.unwrap();
    assert_eq!(alone.output().await.unwrap(), "parcel 20");
    assert_eq!(alone.summary().await.unwrap().parent, None);
    assert_eq!(fork.children().await.unwrap().len(), 2);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
