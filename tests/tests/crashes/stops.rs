//! SIGSTOP for longer than the silence limit, then SIGCONT: a worker that is dead to the others and does not know it. And SIGTERM.

use std::time::Duration;

use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, assert_exact, count};
use pgflow_tests::process::Pace;
use pgflow_tests::stress::{noted, slow_ledger};
use pgflow_tests::workflows::slow_chain;

use crate::worker;

const NOTHING_LATE: &str =
    "select count(*) from pgflow.outcome o join pgflow.worker w on w.id = o.worker_id where o.recorded_at > w.dead_at";

#[tokio::test]
async fn a_stopped_worker_that_goes_on_records_nothing_more_and_begins_again() {
    let db = TestDb::new().await;
    let stopped = worker(&db, "stopped", Pace::Fast, &[]).await;
    let client = db.client();
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(slow_chain::start(&client, 400).await.unwrap());
    }
    db.until("select count(*) >= 10 from pgflow.outcome").await;
    // Stopped before the other begins, however long a busy machine takes to start a process.
    stopped.stop();
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.run_end").await, 0, "stopped too late");
    let other = worker(&db, "other", Pace::Fast, &[]).await;
    for run in &runs {
        assert_eq!(run.output().await.unwrap(), 5);
    }
    assert_eq!(
        count(&db.pool(), "select count(*) from pgflow.worker where name = 'stopped' and dead_at is not null").await,
        1
    );

    stopped.go_on();
    db.until("select count(*) = 1 from pgflow.worker where name = 'stopped' and dead_at is null").await;
    db.assert_all_ended().await;
    assert_eq!(count(&db.pool(), NOTHING_LATE).await, 0, "a dead worker has recorded something");
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.outcome").await, 50);

    // It works again, under its new id.
    other.end().await;
    let run = slow_chain::start(&client, 1).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 5);
    stopped.end().await;
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_worker_stopped_for_less_than_the_silence_limit_goes_on_as_if_nothing_had_happened() {
    let db = TestDb::new().await;
    let stopped = worker(&db, "stopped", Pace::Fast, &["--silence", "20000"]).await;
    let other = worker(&db, "other", Pace::Fast, &["--silence", "20000"]).await;
    let client = db.client();
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(slow_chain::start(&client, 50).await.unwrap());
    }
    db.until("select count(*) > 5 from pgflow.outcome").await;
    stopped.stop();
    db.until("select now() - beat_at > interval '1 s' from pgflow.worker where name = 'stopped'").await;
    stopped.go_on();
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 5);
    }
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.worker where dead_at is not null").await, 0);
    assert_eq!(count(&db.pool(), "select sum(crashes)::bigint from pgflow.run").await, 0);
    stopped.end().await;
    other.end().await;
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_worker_stopped_inside_a_transaction_loses_its_locks_and_its_booking() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let stopped = worker(&db, "stopped", Pace::Fast, &[]).await;
    let run = slow_ledger::start(&db.client(), (7, 300)).await.unwrap();
    db.until(
        "select exists (select from pg_stat_activity where datname = current_database() and state = 'idle in transaction'
                                                       and query like 'update account%')",
    )
    .await;
    stopped.stop();
    let other = worker(&db, "other", Pace::Fast, &[]).await;
    assert_eq!(run.output().await.unwrap(), 7);
    stopped.go_on();
    db.until("select count(*) = 1 from pgflow.worker where name = 'stopped' and dead_at is null").await;
    assert_eq!(count(&db.pool(), NOTHING_LATE).await, 0, "a dead worker has recorded something");
    assert_eq!(count(&db.pool(), "select balance from account").await, 7);
    assert_eq!(count(&db.pool(), "select count(*) from ledger").await, 1);
    stopped.end().await;
    other.end().await;
    assert_exact(&db).await;
}

#[tokio::test]
async fn workers_that_are_stopped_in_turn_under_load_record_everything_once() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let slots = ["--concurrency", "20"];
    let workers = [worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
    let load = Load::start(&db.client(), 20).await;
    let total = load.outcomes();
    for (turn, worker) in (1..).zip(workers.iter().chain(&workers)) {
        let reached = i64::try_from(total * turn / 6).unwrap_or(0);
        while count(&db.pool(), "select count(*) from pgflow.outcome").await < reached {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let dead = count(&db.pool(), "select count(*) from pgflow.worker where dead_at is not null").await;
        worker.stop();
        while count(&db.pool(), "select count(*) from pgflow.worker where dead_at is not null").await == dead {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        worker.go_on();
        db.until("select count(*) = 2 from pgflow.worker where dead_at is null").await;
    }
    load.assert_right().await;
    for worker in workers {
        worker.end().await;
    }
    assert_exact(&db).await;
    assert_eq!(count(&db.pool(), NOTHING_LATE).await, 0, "a dead worker has recorded something");
}

#[tokio::test]
async fn a_worker_that_is_told_to_end_finishes_its_steps_and_hands_the_rest_back() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let ending = worker(&db, "ending", Pace::Fast, &["--concurrency", "10"]).await;
    let client = db.client();
    let mut runs = Vec::new();
    for _ in 0..30 {
        runs.push(noted::start(&client, 300).await.unwrap());
    }
    db.until("select count(*) > 0 from pgflow.outcome").await;
    ending.end().await;
    db.assert_sound().await;
    let claimed = "select coalesce(sum(cardinality(runs)), 0)::bigint from pgflow.claim";
    assert_eq!(count(&db.pool(), claimed).await, 0, "nothing is left claimed");
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.ready").await, 30, "all were handed back");
    let unfinished = "select (select count(*) from call) - (select count(*) from pgflow.outcome)";
    assert_eq!(count(&db.pool(), unfinished).await, 0, "the steps that ran were waited for");

    let next = worker(&db, "next", Pace::Fast, &[]).await;
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 300);
    }
    assert_eq!(count(&db.pool(), "select sum(crashes)::bigint from pgflow.run").await, 0, "a hand-back is no crash");
    assert_eq!(count(&db.pool(), "select count(*) from call").await, 90, "no step is called twice");
    next.end().await;
    assert_exact(&db).await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_end_waits_no_longer_than_its_grace_time() {
    let db = TestDb::new().await;
    let ending = worker(&db, "ending", Pace::Fast, &["--grace", "200"]).await;
    slow_chain::start(&db.client(), 600_000).await.unwrap();
    db.until("select count(*) > 0 from pgflow.claim where runs <> '{}'").await;
    ending.end().await;
    db.assert_sound().await;
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.ready").await, 1);
}

#[tokio::test]
async fn shared_work_that_a_worker_hands_back_is_done_elsewhere() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let slots = ["--concurrency", "10"];
    let owner = worker(&db, "owner", Pace::Fast, &slots).await;
    let executor = worker(&db, "executor", Pace::Fast, &slots).await;
    db.until(
        "select count(*) filter (where beat_at > (select max(started_at) from pgflow.worker)) = 2 from pgflow.worker",
    )
    .await;
    let run = pgflow_tests::stress::big_map::start(&db.client(), (1_000, 20)).await.unwrap();
    db.until("select count(distinct worker_id) = 2 from pgflow.outcome").await;
    executor.end().await;
    db.assert_sound().await;
    let held =
        "select count(*) from pgflow.task t join pgflow.worker w on w.id = t.worker_id where w.name = 'executor'";
    assert_eq!(count(&db.pool(), held).await, 0);
    assert_eq!(run.output().await.unwrap(), 1_000 * 999);
    owner.end().await;
    assert_exact(&db).await;
}
