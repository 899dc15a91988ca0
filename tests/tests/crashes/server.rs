//! Postgres restarted under load, away for long, and its sessions ended.

use std::time::{Duration, Instant};

use pgflow::embedded::{Postgres, Shutdown};
use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, assert_exact, count};
use pgflow_tests::process::{Pace, Seeded, WorkerProcess};
use pgflow_tests::stress::slow_ledger;
use pgflow_tests::workflows::slow_chain;

use crate::{seeds, worker};

async fn own_server() -> Postgres {
    Postgres::builder().temporary().durable(true).start().await.expect("a server of the test's own starts")
}

/// Queries that may meet a server that is away.
async fn eventually(db: &TestDb, sql: &'static str, wanted: i64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let found = sqlx::query_scalar::<_, i64>(sql).fetch_one(&db.pool()).await;
        if matches!(found, Ok(found) if found >= wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "not {wanted} of `{sql}`, but {found:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn end(db: &TestDb, workers: impl IntoIterator<Item = WorkerProcess>) {
    for worker in workers {
        worker.end().await;
    }
    assert_exact(db).await;
}

#[tokio::test]
async fn a_crash_of_postgres_under_load_loses_and_doubles_nothing() {
    let postgres = own_server().await;
    for seed in seeds(1) {
        eprintln!("PGFLOW_SEED={seed}");
        let mut seeded = Seeded::new(seed);
        let db = TestDb::on(&postgres).await;
        Load::prepare(&db).await;
        let slots = ["--concurrency", "20", "--silence", "5000"];
        let workers = [worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
        let load = Load::start(&db.client(), 20).await;
        let total = load.outcomes();
        for crash in 0..3 {
            let reached = i64::try_from(total * crash / 4 + seeded.below(total / 4)).unwrap_or(0);
            eventually(&db, "select count(*) from pgflow.outcome", reached).await;
            tokio::time::sleep(seeded.time(Duration::from_millis(10))).await;
            postgres.restart(Shutdown::Immediate).await.expect("the server is restarted");
        }
        load.assert_right().await;
        assert_eq!(count(&db.pool(), "select sum(crashes)::bigint from pgflow.run").await, 0, "no worker has crashed");
        end(&db, workers).await;
    }
}

#[tokio::test]
async fn an_outage_of_postgres_beyond_the_silence_limit_blames_nobody() {
    let postgres = own_server().await;
    let db = TestDb::on(&postgres).await;
    Load::prepare(&db).await;
    // While the server is away, a worker tries each two seconds, or more often, to begin again.
    let slots = ["--silence", "2500"];
    let workers = [worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
    let client = db.client();
    let mut runs = Vec::new();
    for _ in 0..40 {
        runs.push(slow_chain::start(&client, 300).await.unwrap());
    }
    let load = Load::start(&client, 10).await;
    db.until("select count(*) > 20 from pgflow.outcome").await;

    postgres.halt(Shutdown::Immediate).await.expect("the server is stopped");
    // Twice as long as a worker may be silent.
    tokio::time::sleep(Duration::from_secs(5)).await;
    postgres.resume().await.expect("the server comes back");

    load.assert_right().await;
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 5);
    }
    assert_eq!(
        count(&db.pool(), "select sum(crashes)::bigint from pgflow.run").await,
        0,
        "runs that are blamed for an outage"
    );
    let blamed = "select count(*) from pgflow.worker where dead_at is not null and not stopped";
    assert_eq!(count(&db.pool(), blamed).await, 0, "workers that are blamed for an outage");
    end(&db, workers).await;
}

#[tokio::test]
async fn an_outage_uses_up_one_attempt_of_a_step_with_a_transaction_at_most() {
    let postgres = own_server().await;
    let db = TestDb::on(&postgres).await;
    Load::prepare(&db).await;
    let worker = worker(&db, "w0", Pace::Fast, &["--silence", "30000"]).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(slow_ledger::start(&db.client(), (7, 500)).await.unwrap());
    }
    db.until(
        "select count(*) = 3 from pg_stat_activity where datname = current_database() and query like 'update account%'",
    )
    .await;
    postgres.halt(Shutdown::Immediate).await.expect("the server is stopped");
    // Longer than three attempts with the waits between them.
    tokio::time::sleep(Duration::from_secs(5)).await;
    postgres.resume().await.expect("the server comes back");
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 7);
    }
    assert_eq!(count(&db.pool(), "select max(attempts)::bigint from pgflow.outcome").await, 2);
    end(&db, [worker]).await;
}

#[tokio::test]
async fn sessions_that_are_ended_all_the_time_lose_and_double_nothing() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let slots = ["--concurrency", "20", "--silence", "10000"];
    let workers = [worker(&db, "w0", Pace::Fast, &slots).await, worker(&db, "w1", Pace::Fast, &slots).await];
    let load = Load::start(&db.client(), 20).await;
    let pool = db.pool();
    let total = i64::try_from(load.outcomes()).unwrap_or(0);
    let cut = async {
        let mut cuts = 0;
        // Failed attempts come on top of these; the runs are awaited below.
        while count(&pool, "select count(*) from pgflow.outcome").await < total * 9 / 10 && cuts < 60 {
            sqlx::query(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and query ~ 'pgflow|ledger|commit|rollback|begin' and pid <> pg_backend_pid()
                   and query !~ 'run_results|^listen|pg_stat_activity|count'",
            )
            .execute(&pool)
            .await
            .expect("sessions can be ended");
            cuts += 1;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        cuts
    };
    let cuts = cut.await;
    assert!(cuts > 3, "the work was done before anything was cut");
    load.assert_right().await;
    end(&db, workers).await;
}
