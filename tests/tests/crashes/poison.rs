//! A step that ends its process each time is found, alone, and fails by policy; what ran beside it goes on.

use std::process::Stdio;

use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, assert_exact, count};
use pgflow_tests::poison::{abort, abort_item, abort_on_failure};
use pgflow_tests::stress::noted;
use tokio::process::Command;
use tokio::task::JoinSet;

/// Worker processes each of which is replaced when it has ended, until this is dropped.
fn replaced_when_they_end(db: &TestDb, workers: u32) -> JoinSet<()> {
    let mut supervisors = JoinSet::new();
    for number in 0..workers {
        let url = db.url();
        supervisors.spawn(async move {
            loop {
                let mut worker = Command::new(env!("CARGO_BIN_EXE_worker"))
                    .arg(&url)
                    .args(["--name", &format!("w{number}"), "--concurrency", "20"])
                    .args(["--beat", "100", "--silence", "1000", "--poll", "100"])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .kill_on_drop(true)
                    .spawn()
                    .expect("a worker's process starts");
                // Its input stays open, or it would end by itself.
                let _input = worker.stdin.take();
                let _ = worker.wait().await;
            }
        });
    }
    supervisors
}

#[tokio::test]
async fn a_step_that_aborts_its_process_each_time_fails_by_policy_and_innocents_go_on() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let client = db.client();
    let guilty = abort::start(&client, 5).await.unwrap();
    let mut innocent = Vec::new();
    for _ in 0..30 {
        innocent.push(noted::start(&client, 30).await.unwrap());
    }
    let workers = replaced_when_they_end(&db, 2);

    for run in innocent {
        assert_eq!(run.output().await.expect("an innocent run completes"), 30);
    }
    let error = guilty.output().await.expect_err("the guilty one fails").to_string();
    assert!(error.contains("`aborts`") && error.contains("ended its worker's process 3 times"), "{error}");
    // Once unknown, once among others, and three times alone; a machine under load may take a slow worker for a dead one.
    let executed = count(&db.pool(), "select count(*) from call where step = 'aborts'").await;
    assert!((5..=8).contains(&executed), "executed {executed} times");
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.run_end where status = 'f'").await, 1);
    assert_exact(&db).await;
    drop(workers);
}

#[tokio::test]
async fn an_item_of_a_shared_map_that_aborts_its_process_fails_its_run_and_nothing_else() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let client = db.client();
    let guilty = abort_item::start(&client, (400, 2)).await.unwrap();
    let innocent = noted::start(&client, 50).await.unwrap();
    let workers = replaced_when_they_end(&db, 2);

    let error = guilty.output().await.expect_err("the run with the guilty item fails").to_string();
    assert!(error.contains("`work`") && error.contains("ended its worker's process 3 times"), "{error}");
    assert_eq!(innocent.output().await.expect("the innocent run completes"), 50);
    let executed = count(&db.pool(), "select count(*) from call where step = 'work'").await;
    assert!((5..=8).contains(&executed), "executed {executed} times");
    assert_exact(&db).await;
    drop(workers);
}

#[tokio::test]
async fn a_step_for_failures_that_aborts_its_process_each_time_fails_by_policy_too() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let guilty = abort_on_failure::start(&db.client(), ()).await.unwrap();
    let workers = replaced_when_they_end(&db, 2);
    let error = guilty.output().await.expect_err("it fails").to_string();
    assert!(error.contains("`fails`") && error.contains("as it is told to"), "{error}");
    let hook = guilty.steps().await.unwrap().pop().unwrap();
    assert!(hook.error.is_some_and(|error| error.contains("ended its worker's process 3 times")), "{}", hook.status);
    drop(workers);
}
