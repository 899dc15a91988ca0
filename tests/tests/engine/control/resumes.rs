//! Failed runs that go on, and steps that are tried at once.

use super::*;

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
