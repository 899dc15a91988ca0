//! Programs with several versions of one workflow, on one database.

use pgflow_tests::TestDb;
use pgflow_tests::deploy::{new, old, other};
use pgflow_tests::process::{Pace, WorkerProcess};

const OLD: &str = env!("CARGO_BIN_EXE_deploy-old");
const NEW: &str = env!("CARGO_BIN_EXE_deploy-new");
const OTHER: &str = env!("CARGO_BIN_EXE_deploy-other");

async fn start(program: &str, db: &TestDb, name: &str) -> WorkerProcess {
    WorkerProcess::start(program, db, name, Pace::Fast, &[]).await
}

#[tokio::test]
async fn a_new_program_goes_on_with_the_runs_of_the_old_one_that_was_killed() {
    let db = TestDb::new().await;
    let client = db.client();
    let former = start(OLD, &db, "old").await;
    let mut runs = Vec::new();
    for n in 0..20 {
        runs.push(old::deploy::start(&client, n * 20).await.unwrap());
    }
    db.until("select count(*) > 10 from pgflow.outcome").await;
    let latter = start(NEW, &db, "new").await;
    former.kill().await;
    let mut outputs = Vec::new();
    for run in &runs {
        outputs.push(run.output().await.unwrap());
    }
    assert!(
        outputs.iter().any(|output| output == "new") && outputs.iter().all(|output| output == "old" || output == "new")
    );
    // They stay with their version: nothing is told of them.
    let outcomes: i64 = db.value("select count(*) from pgflow.outcome").await;
    assert_eq!(outcomes, 40);
    assert_eq!(new::deploy::start(&client, 1).await.unwrap().output().await.unwrap(), "told: new");
    latter.end().await;
    db.assert_all_ended().await;
}

#[tokio::test]
async fn programs_of_several_versions_work_side_by_side_on_what_each_knows() {
    let db = TestDb::new().await;
    let client = db.client();
    let programs = [start(OLD, &db, "old").await, start(OTHER, &db, "other").await];
    let (mut olds, mut others) = (Vec::new(), Vec::new());
    for n in 0..20 {
        olds.push(old::deploy::start(&client, n).await.unwrap());
        others.push(other::deploy::start(&client, n).await.unwrap());
    }
    for (n, (old, other)) in olds.iter().zip(&others).enumerate() {
        assert_eq!(old.output().await.unwrap(), "old");
        assert_eq!(other.output().await.unwrap(), format!("other {n}"));
    }
    // The old one ends: its runs wait for a program that has their steps.
    let [former, other] = programs;
    former.end().await;
    let waiting = old::deploy::start(&client, 1).await.unwrap();
    other::deploy::start(&client, 1).await.unwrap().output().await.unwrap();
    db.until("select count(*) = 1 from pgflow.ready").await;
    let latter = start(NEW, &db, "new").await;
    assert_eq!(waiting.output().await.unwrap(), "new");
    for program in [other, latter] {
        program.end().await;
    }
    db.assert_all_ended().await;
}
