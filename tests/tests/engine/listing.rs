//! What can be seen of runs and steps.

use pgflow::{RunFilter, RunStatus};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::*;

#[tokio::test]
async fn runs_are_listed_newest_first_in_pages() {
    let db = TestDb::new().await;
    let client = db.client();
    let mut started = Vec::new();
    for n in 0..7 {
        started.push(double::start(&client, n).await.unwrap().id());
    }
    chain3::start(&client, 1).await.unwrap();
    let mut seen = Vec::new();
    let mut filter = RunFilter::new().workflow("double").limit(3);
    loop {
        let page = client.runs(&filter).await.unwrap();
        assert!(page.iter().all(|run| run.workflow == "double" && run.status == RunStatus::Scheduled));
        let Some(last) = page.last() else { break };
        filter = filter.after(last.id);
        seen.extend(page.iter().map(|run| run.id));
    }
    started.sort_unstable();
    started.reverse();
    assert_eq!(seen, started);
}

#[tokio::test]
async fn the_steps_of_a_run_say_how_they_stand() {
    let db = TestDb::new().await;
    let client = db.client();
    let run = squares::start(&client, 5).await.unwrap();
    let states = async || -> Vec<(String, String, Vec<String>)> {
        run.steps().await.unwrap().into_iter().map(|step| (step.step, step.status, step.waits_for)).collect()
    };
    let owned = |step: &str, status: &str, waits_for: &[&str]| {
        (step.to_owned(), status.to_owned(), waits_for.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        states().await,
        [
            owned("numbers", "ready", &[]),
            owned("square", "blocked", &["numbers"]),
            owned("sum", "blocked", &["square"])
        ]
    );
    let worker = db.worker().register(squares::Workflow).start().await.unwrap();
    run.output().await.unwrap();
    assert_eq!(
        states().await,
        [owned("numbers", "completed", &[]), owned("square", "completed", &[]), owned("sum", "completed", &[])]
    );
    let steps = run.steps().await.unwrap();
    assert_eq!((steps[1].items, steps[1].items_done), (Some(5), Some(5)));
    assert_eq!(steps[2].output, Some(serde_json::json!({"count": 5, "sum": 30, "in_order": true})));
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn the_steps_behind_a_failure_are_cancelled() {
    let db = TestDb::new().await;
    let worker = db.worker().register(trouble::Workflow).start().await.unwrap();
    let run = trouble::start(&db.client(), Trouble::Fatal).await.unwrap();
    run.output().await.unwrap_err();
    let states: Vec<(String, Option<String>)> =
        run.steps().await.unwrap().into_iter().map(|step| (step.status, step.error)).collect();
    assert_eq!(
        states,
        [
            ("completed".to_owned(), None),
            ("failed".to_owned(), Some("no use".to_owned())),
            ("cancelled".to_owned(), None)
        ]
    );
    worker.stop().await.unwrap();
}
