//! Attempts that fail, and what becomes of their runs.

use std::time::{Duration, Instant};

use pgflow::RunStatus;
use pgflow_tests::TestDb;
use pgflow_tests::workflows::*;

async fn outcome_of(input: Trouble) -> (TestDb, Result<String, pgflow::Error>) {
    let db = TestDb::new().await;
    let worker = db.worker().register(trouble::Workflow).start().await.unwrap();
    let result = trouble::start(&db.client(), input).await.unwrap().output().await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
    (db, result)
}

#[tokio::test]
async fn a_failed_attempt_is_tried_again() {
    let (db, result) = outcome_of(Trouble::FailUntil(3)).await;
    assert_eq!(result.unwrap(), "after 3");
    let attempts: Vec<(i16, String)> =
        sqlx::query_as("select number, error from pgflow.attempt order by number").fetch_all(&db.pool()).await.unwrap();
    assert_eq!(attempts, [(1, "attempt 1".to_owned()), (2, "attempt 2".to_owned())]);
    assert_eq!(db.value::<i16>("select attempts from pgflow.outcome where step = 1").await, 3);
}

#[tokio::test]
async fn a_step_fails_after_its_last_attempt_and_the_run_with_it() {
    let (db, result) = outcome_of(Trouble::FailUntil(9)).await;
    let error = result.unwrap_err();
    assert!(error.is_run_failed());
    assert_eq!(error.failed_step(), Some("risky"));
    assert!(error.to_string().ends_with("failed at step `risky`: attempt 3"), "{error}");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.attempt").await, 2);
    assert_eq!(
        db.value::<i64>("select count(*) from pgflow.outcome where step = 2").await,
        0,
        "what follows never ran"
    );
}

#[tokio::test]
async fn a_fatal_error_is_not_tried_again() {
    let (db, result) = outcome_of(Trouble::Fatal).await;
    assert!(result.unwrap_err().to_string().ends_with("`risky`: no use"));
    assert_eq!(db.value::<i64>("select count(*) from pgflow.attempt").await, 0);
}

#[tokio::test]
async fn an_error_that_the_database_has_no_place_for_is_recorded_as_near_as_can_be() {
    let (_, result) = outcome_of(Trouble::NulError).await;
    assert!(result.unwrap_err().to_string().ends_with("`risky`: c\u{fffd}d"));
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt() {
    let (_, result) = outcome_of(Trouble::Panic).await;
    assert!(result.unwrap_err().to_string().ends_with("the step panicked: at the disco"));
}

#[tokio::test]
async fn an_attempt_is_cut_at_its_timeout() {
    let (db, result) = outcome_of(Trouble::Hang).await;
    assert!(result.unwrap_err().to_string().ends_with("the attempt took longer than its timeout of 300ms"));
    assert!(db.value::<bool>("select bool_and(duration_ms between 300 and 10000) from pgflow.attempt").await);
}

#[tokio::test]
async fn an_output_that_the_database_refuses_fails_its_step_and_nothing_else() {
    let db = TestDb::new().await;
    let worker = db.worker().register(trouble::Workflow).start().await.unwrap();
    let client = db.client();
    let inputs = (0..40).map(|n| if n % 13 == 5 { Trouble::Nul } else { Trouble::Fine });
    let runs = client.start_many(trouble::Workflow, inputs).await.unwrap();
    for (n, run) in runs.iter().enumerate() {
        let result = run.output().await;
        if n % 13 == 5 {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("`risky`: the output cannot be stored: "), "{error}");
        } else {
            assert_eq!(result.unwrap(), "after 1");
        }
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_run_that_waits_long_for_a_retry_is_parked_meanwhile() {
    let db = TestDb::new().await;
    let worker = db.worker().register(patient::Workflow).start().await.unwrap();
    let started = Instant::now();
    let run = patient::start(&db.client(), 1_500).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    db.assert_sound().await;
    let steps = run.steps().await.unwrap();
    assert_eq!((steps[0].status.as_str(), steps[0].attempts), ("waiting", Some(1)));
    assert_eq!(run.status().await.unwrap(), RunStatus::Running);
    assert_eq!(run.output().await.unwrap(), 2);
    assert!(started.elapsed() >= Duration::from_millis(1_500));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_parked_run_outlives_its_worker() {
    let db = TestDb::new().await;
    let first = db.worker().register(patient::Workflow).start().await.unwrap();
    let run = patient::start(&db.client(), 1_200).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    first.stop().await.unwrap();
    let second = db.worker().register(patient::Workflow).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2, "the first attempt counts");
    second.stop().await.unwrap();
    db.assert_all_ended().await;
}
