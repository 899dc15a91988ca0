//! Families of runs, while those who execute them are killed and stopped.

use std::time::Duration;

use pgflow::Run;
use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, count};
use pgflow_tests::process::{Pace, Seeded};
use pgflow_tests::stress::parcels;

use crate::{seeds, worker};

const PARENTS: usize = 4;
const CHILDREN: u32 = 40;

async fn start(db: &TestDb, milliseconds: u64) -> Vec<Run<parcels::Workflow>> {
    let client = db.client();
    let mut runs = Vec::new();
    for _ in 0..PARENTS {
        runs.push(parcels::start(&client, (CHILDREN, milliseconds)).await.unwrap());
    }
    runs
}

/// Each child once, in the only attempt of its unit; each output right; and nothing left.
async fn assert_right(db: &TestDb, runs: Vec<Run<parcels::Workflow>>) {
    for run in runs {
        assert_eq!(run.output().await.unwrap(), (0..CHILDREN).map(|n| 2 * n + 1).sum::<u32>());
        assert_eq!(run.children().await.unwrap().len(), CHILDREN as usize);
    }
    let pool = db.pool();
    let all = i64::from(CHILDREN) * i64::try_from(PARENTS).unwrap();
    assert_eq!(
        count(&pool, "select count(*) from pgflow.child where number = 1").await,
        all,
        "each unit has one child"
    );
    assert_eq!(count(&pool, "select count(*) from pgflow.child").await, all, "no attempt has another one");
    assert_eq!(
        count(&pool, "select count(*) from pgflow.run where parent_id is not null").await,
        all,
        "runs that are children"
    );
    db.until("select not exists (select from pgflow.errand)").await;
}

#[tokio::test]
async fn each_child_is_started_once_while_workers_are_killed() {
    for seed in seeds(2) {
        eprintln!("PGFLOW_SEED={seed}");
        let mut seeded = Seeded::new(seed);
        let db = TestDb::new().await;
        Load::prepare(&db).await;
        let slots = ["--concurrency", "10"];
        let mut workers =
            vec![worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
        let runs = start(&db, 10).await;
        for kill in 0..3_u64 {
            let total = u64::from(CHILDREN) * PARENTS as u64;
            let reached = i64::try_from(total * kill / 4 + seeded.below(total / 4)).unwrap();
            while count(&db.pool(), "select count(*) from pgflow.run_end").await < reached {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let victim = workers.swap_remove(usize::try_from(seeded.below(2)).unwrap());
            victim.kill().await;
            workers.push(worker(&db, &format!("w{}", kill + 2), Pace::Fast, &slots).await);
        }
        assert_right(&db, runs).await;
        for worker in workers {
            worker.end().await;
        }
        db.assert_all_ended().await;
    }
}

#[tokio::test]
async fn a_stopped_worker_that_goes_on_starts_and_ends_no_child_twice() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let slots = ["--concurrency", "10"];
    let stopped = worker(&db, "stopped", Pace::Fast, &slots).await;
    let runs = start(&db, 30).await;
    db.until("select count(*) > 20 from pgflow.run_end").await;
    stopped.stop();
    assert!(count(&db.pool(), "select count(*) from pgflow.live").await > 0, "stopped too late");
    let other = worker(&db, "other", Pace::Fast, &slots).await;
    db.until("select exists (select from pgflow.worker where name = 'stopped' and dead_at is not null)").await;
    stopped.go_on();
    assert_right(&db, runs).await;
    other.end().await;
    stopped.end().await;
    db.assert_all_ended().await;
}
