//! Many that look at one schedule at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use pgflow::__private::LoneScheduler;
use pgflow::{Result, Scheduled, step, workflow};
use pgflow_tests::TestDb;
use sqlx::PgPool;

/// Comes every six hours, by clocks that are put forward on 29 March and back on 25 October.
#[workflow(schedule = "30 2,8,14,20 * * *", timezone = "Europe/Zurich", catch_up = all, scheduled_input = when)]
mod rounds {
    use super::*;

    pub(crate) fn when(scheduled: Scheduled) -> String {
        scheduled.local().to_owned()
    }

    #[step]
    pub(crate) async fn walk(input: String) -> Result<String> {
        Ok(input)
    }
}

const SCHEDULERS: u64 = 20;
const WORKERS: usize = 3;
/// The first of March 2026, and how many days pass.
const FROM: u64 = 1_772_323_200;
const DAYS: u64 = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_time_of_many_days_has_one_run_whoever_looks_and_whoever_dies() {
    let db = TestDb::new().await;
    db.stop_clock("2026-03-01T00:00:00Z").await;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        let worker = db.worker().beat(Duration::from_millis(50)).register(rounds::Workflow);
        workers.push(worker.start().await.unwrap());
    }
    let over = Arc::new(AtomicBool::new(false));
    let (fired, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let schedulers: Vec<_> = (1..=SCHEDULERS)
        .map(|number| {
            tokio::spawn(scheduler(db.pool(), number, Arc::clone(&over), Arc::clone(&fired), Arc::clone(&cut)))
        })
        .collect();
    db.until("select count(next_at) = 1 from pgflow.schedules").await;

    let (mut hour, mut jump) = (0, 1);
    while hour < DAYS * 24 {
        jump = jump * 31 % 37;
        hour = (hour + 2 * jump).min(DAYS * 24);
        let now = i64::try_from(FROM + hour * 3_600).unwrap();
        db.set_clock(&jiff::Timestamp::from_second(now).unwrap().to_string()).await;
        db.until("select min(next_at) > pgflow.now() from pgflow.schedules").await;
    }
    over.store(true, Ordering::Relaxed);
    for scheduler in schedulers {
        scheduler.await.unwrap();
    }

    let until = UNIX_EPOCH + Duration::from_secs(FROM + DAYS * 24 * 3_600);
    let expected = rounds::definition().next_times(UNIX_EPOCH + Duration::from_secs(FROM), 2_000).unwrap();
    let expected: Vec<String> =
        expected.iter().take_while(|time| time.at() <= until).map(|time| time.local().to_owned()).collect();
    db.until("select count(*) = (select count(*) from pgflow.run_end) from pgflow.run").await;
    let mut found: Vec<String> =
        sqlx::query_scalar("select input #>> '{}' from pgflow.run").fetch_all(&db.pool()).await.unwrap();
    found.sort();
    let mut sorted = expected.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    assert_eq!(found.len(), DAYS as usize * 4);
    for worker in workers {
        worker.stop().await.unwrap();
    }
    assert!(fired.load(Ordering::Relaxed) > 100, "the schedulers had their share");
    assert!(cut.load(Ordering::Relaxed) > 10, "and some of them died over it");
    db.assert_all_ended().await;
}

/// Looks again and again, over a connection of its own; every tenth time it is cut off in the middle, connection and all.
async fn scheduler(pool: PgPool, number: u64, over: Arc<AtomicBool>, fired: Arc<AtomicUsize>, cut: Arc<AtomicUsize>) {
    let mut scheduler = LoneScheduler::new(&pool, &[rounds::Workflow.into()]).await.unwrap();
    let mut dice = number;
    while !over.load(Ordering::Relaxed) {
        dice = dice * 31 % 997;
        let patience = Duration::from_micros(if dice.is_multiple_of(10) { dice * 5 } else { 60_000_000 });
        match tokio::time::timeout(patience, scheduler.look()).await {
            Ok(count) => drop(fired.fetch_add(count, Ordering::Relaxed)),
            Err(_) => drop(cut.fetch_add(1, Ordering::Relaxed)),
        }
        tokio::task::yield_now().await;
    }
}
