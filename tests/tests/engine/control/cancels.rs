//! Cancelling runs and attempts.

use super::*;

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
