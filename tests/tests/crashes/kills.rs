//! SIGKILL, at any moment.

use std::time::{Duration, Instant};

use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, assert_exact, count};
use pgflow_tests::process::{Pace, Seeded};
use pgflow_tests::stress::{pages, slow_ledger};
use pgflow_tests::workflows::slow_chain;

use crate::{seeds, worker};

/// A worker that is killed has at most this long to be missed, by default.
const TAKEN_OVER: Duration = Duration::from_secs(10);

#[tokio::test]
async fn runs_end_right_while_workers_are_killed_at_random_moments() {
    for seed in seeds(3) {
        eprintln!("PGFLOW_SEED={seed}");
        let mut seeded = Seeded::new(seed);
        let db = TestDb::new().await;
        Load::prepare(&db).await;
        let slots = ["--concurrency", "20"];
        let mut workers =
            vec![worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
        let load = Load::start(&db.client(), 20).await;
        let total = load.outcomes();
        for kill in 0..4_u64 {
            // Somewhere in the next fifth of the work, and then a little later, in the middle of whatever that is.
            let reached = i64::try_from(total * kill / 5 + seeded.below(total / 5)).unwrap_or(0);
            let deadline = Instant::now() + Duration::from_secs(30);
            while count(&db.pool(), "select count(*) from pgflow.outcome").await < reached {
                assert!(Instant::now() < deadline, "the work stands still at less than {reached} of {total} outcomes");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(seeded.time(Duration::from_millis(10))).await;
            let victim = workers.swap_remove(usize::try_from(seeded.below(2)).unwrap_or(0));
            victim.kill().await;
            workers.push(worker(&db, &format!("w{}", kill + 2), Pace::Fast, &slots).await);
        }
        load.assert_right().await;
        for worker in workers {
            worker.end().await;
        }
        assert_exact(&db).await;
    }
}

#[tokio::test]
async fn with_default_options_the_other_worker_ends_what_a_killed_one_had_within_ten_seconds() {
    let db = TestDb::new().await;
    let killed = worker(&db, "killed", Pace::Default, &["--concurrency", "10"]).await;
    let other = worker(&db, "other", Pace::Default, &["--concurrency", "10"]).await;
    let client = db.client();
    let mut runs = Vec::new();
    for _ in 0..16 {
        runs.push(slow_chain::start(&client, 100).await.unwrap());
    }
    db.until("select count(*) > 0 from pgflow.claim c join pgflow.worker w on w.id = c.worker_id where w.name = 'killed' and c.runs <> '{}'").await;
    db.until("select count(*) > 5 from pgflow.outcome").await;
    let at = Instant::now();
    killed.kill().await;
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 5);
    }
    let took = at.elapsed();
    let work = Duration::from_millis(2 * 500);
    assert!(took < TAKEN_OVER + work, "all ended {took:?} after the kill");
    assert!(count(&db.pool(), "select sum(crashes)::bigint from pgflow.run").await > 0, "the killed worker had runs");
    other.end().await;
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_worker_that_is_started_when_nobody_is_left_takes_over() {
    let db = TestDb::new().await;
    let killed = worker(&db, "killed", Pace::Fast, &[]).await;
    let client = db.client();
    let run = slow_chain::start(&client, 100).await.unwrap();
    db.until("select count(*) > 0 from pgflow.outcome").await;
    killed.kill().await;
    let next = worker(&db, "next", Pace::Fast, &[]).await;
    assert_eq!(run.output().await.unwrap(), 5);
    let summary = run.summary().await.unwrap();
    assert!(summary.status.is_final());
    assert_eq!(count(&db.pool(), "select sum(crashes)::bigint from pgflow.run").await, 1);
    next.end().await;
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_transaction_that_dies_with_its_worker_leaves_nothing() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let killed = worker(&db, "killed", Pace::Fast, &[]).await;
    let client = db.client();
    let run = slow_ledger::start(&client, (7, 500)).await.unwrap();
    db.until(IN_TRANSACTION).await;
    killed.kill().await;
    let other = worker(&db, "other", Pace::Fast, &[]).await;
    assert_eq!(run.output().await.unwrap(), 7);
    assert_eq!(count(&db.pool(), "select balance from account").await, 7);
    other.end().await;
    assert_exact(&db).await;
}

#[tokio::test]
async fn shared_work_goes_on_when_its_owner_or_its_executor_is_killed() {
    for victim in ["owner", "executor"] {
        let db = TestDb::new().await;
        Load::prepare(&db).await;
        let slots = ["--concurrency", "10"];
        let owner = worker(&db, "owner", Pace::Fast, &slots).await;
        let run = pgflow_tests::stress::big_map::start(&db.client(), (600, 20)).await.unwrap();
        db.until("select count(*) > 0 from pgflow.claim where runs <> '{}'").await;
        let executor = worker(&db, "executor", Pace::Fast, &slots).await;
        db.until("select count(*) > 10 from pgflow.outcome o join pgflow.worker w on w.id = o.worker_id where w.name = 'executor'").await;
        let (victim, survivor) = if victim == "owner" { (owner, executor) } else { (executor, owner) };
        victim.kill().await;
        assert_eq!(run.output().await.unwrap(), 600 * 599);
        survivor.end().await;
        assert_exact(&db).await;
        assert_eq!(count(&db.pool(), "select count(*) from call where step = 'join'").await, 1, "the join fires once");
    }
}

#[tokio::test]
async fn pages_are_written_once_while_workers_are_killed_between_them() {
    for seed in seeds(1) {
        eprintln!("PGFLOW_SEED={seed}");
        let mut seeded = Seeded::new(seed);
        let db = TestDb::new().await;
        Load::prepare(&db).await;
        let slots = ["--concurrency", "8"];
        let mut workers =
            vec![worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
        let client = db.client();
        let mut runs = Vec::new();
        for _ in 0..2 {
            runs.push(pages::start(&client, PAGES).await.unwrap());
        }
        // All pages of all steps: of `each`, 40 items with a quarter as many, and up to two more.
        let items: i64 = (0..40).map(|n| PAGES / 4 + n % 3).sum();
        let total = 2 * (PAGES + 1 + items + 40);
        for kill in 0..4 {
            let reached = total * kill / 6 + i64::try_from(seeded.below(50)).unwrap_or(0);
            let deadline = Instant::now() + Duration::from_secs(60);
            while count(&db.pool(), "select count(*) from page").await < reached {
                assert!(Instant::now() < deadline, "the work stands still at less than {reached} of {total} pages");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let victim = workers.swap_remove(usize::try_from(seeded.below(2)).unwrap_or(0));
            victim.kill().await;
            workers.push(worker(&db, &format!("w{}", kill + 2), Pace::Fast, &slots).await);
        }
        for run in runs {
            assert_eq!(run.output().await.unwrap(), PAGES + items);
        }
        assert_eq!(count(&db.pool(), "select count(*) from page").await, total, "each page is there");
        let distinct = "select count(*) from (select distinct run_id, step, index, number from page) p";
        assert_eq!(count(&db.pool(), distinct).await, total, "and once");
        for worker in workers {
            worker.end().await;
        }
        db.assert_all_ended().await;
    }
}

/// How many pages there are.
const PAGES: i64 = 40;

/// A step of `slow_ledger` has written and not committed.
const IN_TRANSACTION: &str = "select exists (
    select from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and query like 'update account%')";
