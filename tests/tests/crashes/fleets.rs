//! Long chains, wide levels and big maps, with one worker process and with several.

use std::time::Duration;

use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, assert_exact, count};
use pgflow_tests::process::{Pace, Seeded, WorkerProcess};
use pgflow_tests::stress::{Item, big_map, noted, rough_map};
use pgflow_tests::wide::wide300;
use pgflow_tests::workflows::chain40;

use crate::{seeds, worker};

async fn fleet(db: &TestDb, size: usize, arguments: &[&str]) -> Vec<WorkerProcess> {
    Load::prepare(db).await;
    let mut workers = Vec::new();
    for n in 0..size {
        workers.push(worker(db, &format!("w{n}"), Pace::Fast, arguments).await);
    }
    // Every worker knows of the others from its next beat on.
    let known =
        "select count(*) filter (where beat_at > (select max(started_at) from pgflow.worker)) from pgflow.worker";
    while count(&db.pool(), known).await < i64::try_from(size).unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    workers
}

async fn end(db: &TestDb, workers: Vec<WorkerProcess>) {
    for worker in workers {
        worker.end().await;
    }
    assert_exact(db).await;
}

const SIZES: [usize; 3] = [1, 2, 4];

#[tokio::test]
async fn a_chain_of_forty_steps_runs_to_the_right_answer() {
    for size in SIZES {
        let db = TestDb::new().await;
        let workers = fleet(&db, size, &[]).await;
        let mut runs = Vec::new();
        for n in 0..25 {
            runs.push(chain40::start(&db.client(), n).await.unwrap());
        }
        for (n, run) in (0..).zip(runs) {
            assert_eq!(run.output().await.unwrap(), n + 40);
        }
        end(&db, workers).await;
        assert_eq!(count(&db.pool(), "select count(*) from pgflow.outcome").await, 25 * 40);
    }
}

#[tokio::test]
async fn a_level_of_three_hundred_steps_joins_once() {
    for size in SIZES {
        let db = TestDb::new().await;
        let workers = fleet(&db, size, &["--concurrency", "20"]).await;
        let mut runs = Vec::new();
        for n in 0..5 {
            runs.push(wide300::start(&db.client(), n).await.unwrap());
        }
        for (n, run) in (0..).zip(runs) {
            assert_eq!(run.output().await.unwrap(), [n, n + 99, n + 199, n + 299]);
        }
        end(&db, workers).await;
        assert_eq!(count(&db.pool(), "select count(*) from pgflow.outcome").await, 5 * 301);
        assert_eq!(count(&db.pool(), "select count(*) from call").await, 5, "each join fires once");
    }
}

#[tokio::test]
async fn a_map_of_ten_thousand_items_runs_to_the_right_answer() {
    for size in SIZES {
        let db = TestDb::new().await;
        let workers = fleet(&db, size, &[]).await;
        let run = big_map::start(&db.client(), (10_000, 0)).await.unwrap();
        assert_eq!(run.output().await.unwrap(), 10_000 * 9_999);
        end(&db, workers).await;
        assert_eq!(count(&db.pool(), "select count(*) from pgflow.outcome").await, 10_002);
        assert_eq!(count(&db.pool(), "select count(*) from call").await, 1, "the join fires once");
    }
}

#[tokio::test]
async fn a_slow_map_is_shared_by_all_workers() {
    let db = TestDb::new().await;
    let workers = fleet(&db, 4, &["--concurrency", "20"]).await;
    let run = big_map::start(&db.client(), (2_000, 20)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2_000 * 1_999);
    end(&db, workers).await;
    assert_eq!(count(&db.pool(), "select count(*) from call").await, 1, "the join fires once");
    let least = "select coalesce(min(n), 0) from (
        select count(o.run_id) as n from pgflow.worker w left join pgflow.outcome o on o.worker_id = w.id and o.index >= 0 group by w.id) x";
    assert!(count(&db.pool(), least).await >= 200, "each of four workers has a fair part of 2,000 items");
}

#[tokio::test]
async fn without_a_fault_every_step_is_called_once() {
    let db = TestDb::new().await;
    let workers = fleet(&db, 4, &["--concurrency", "20"]).await;
    let runs = db.client().start_many(noted::Workflow, (0..500).map(|n| n % 5)).await.unwrap();
    for (n, run) in (0..).zip(runs) {
        assert_eq!(run.output().await.unwrap(), n % 5);
    }
    end(&db, workers).await;
    assert_eq!(count(&db.pool(), "select count(*) from call").await, 1_500);
    assert_eq!(count(&db.pool(), "select count(distinct (run_id, step)) from call").await, 1_500);
}

#[tokio::test]
async fn retries_of_shared_work_end_right() {
    let db = TestDb::new().await;
    let workers = fleet(&db, 3, &["--concurrency", "10"]).await;
    let mut runs = Vec::new();
    for _ in 0..5 {
        let items = (0..400).map(|n| if n % 5 == 0 { Item::FailsFirst(3) } else { Item::Takes(2) });
        runs.push(rough_map::start(&db.client(), items.collect()).await.unwrap());
    }
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 400);
    }
    end(&db, workers).await;
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.attempt").await, 5 * 80 * 3);
}

#[tokio::test]
async fn a_run_whose_shared_work_fails_ends_and_leaves_nothing() {
    for (trouble, what) in [(Item::Fails, "for good"), (Item::Nul, "cannot be stored")] {
        let db = TestDb::new().await;
        let workers = fleet(&db, 3, &["--concurrency", "10"]).await;
        let mut runs = Vec::new();
        for n in 0..12_usize {
            let item = |place| match place {
                _ if place == n * 30 => trouble,
                _ if place % 9 == 0 => Item::FailsFirst(2),
                _ => Item::Takes(1),
            };
            runs.push(rough_map::start(&db.client(), (0..400).map(item).collect()).await.unwrap());
        }
        for run in runs {
            let error = run.output().await.unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        end(&db, workers).await;
    }
}

/// Twenty places for workers; at random one is killed, told to end, or filled again: PGFLOW_EVENTS times, in minutes with 1,000.
#[tokio::test]
async fn twenty_workers_that_come_and_go_lose_and_double_nothing() {
    let events: u32 = std::env::var("PGFLOW_EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    for seed in seeds(1) {
        eprintln!("PGFLOW_SEED={seed} PGFLOW_EVENTS={events}");
        let mut seeded = Seeded::new(seed);
        let db = TestDb::new().await;
        Load::prepare(&db).await;
        let name = |number: u32| format!("w{number}");
        let slots = ["--concurrency", "5"];
        let mut places: Vec<Option<WorkerProcess>> = Vec::new();
        for number in 0..20 {
            places.push(Some(worker(&db, &name(number), Pace::Fast, &slots).await));
        }
        let (mut loads, mut ended) = (Vec::new(), Vec::new());
        for event in 0..events {
            if event % 10 == 0 {
                loads.push(Load::start(&db.client(), 10).await);
            }
            let place = usize::try_from(seeded.below(20)).unwrap();
            match places[place].take() {
                None => places[place] = Some(worker(&db, &name(20 + event), Pace::Fast, &slots).await),
                Some(worker) if seeded.below(2) == 0 => worker.kill().await,
                Some(worker) => {
                    worker.terminate();
                    ended.push(tokio::spawn(worker.wait()));
                }
            }
        }
        for worker in ended {
            assert!(worker.await.unwrap().success());
        }
        let last = worker(&db, "last", Pace::Fast, &[]).await;
        for load in loads {
            load.assert_right().await;
        }
        end(&db, places.into_iter().flatten().chain([last]).collect()).await;
    }
}
