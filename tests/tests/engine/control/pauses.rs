//! Pausing and resuming.

use super::*;

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
