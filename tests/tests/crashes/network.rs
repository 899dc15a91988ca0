//! Connections that are cut between the worker and Postgres, of which the server hears nothing.

use std::time::Duration;

use pgflow::{Client, StartOptions};
use pgflow_tests::TestDb;
use pgflow_tests::load::{Load, assert_exact, count};
use pgflow_tests::process::{Pace, WorkerProcess};
use pgflow_tests::proxy::Proxy;
use pgflow_tests::stress::{noted, only_once, slow_ledger};

async fn worker(proxy: &Proxy, arguments: &[&str]) -> WorkerProcess {
    let program = env!("CARGO_BIN_EXE_worker");
    WorkerProcess::start_at(program, proxy.url(), "behind-proxy", Pace::Fast, arguments).await
}

/// Commits of bookings take a second.
const SLOW_COMMITS: &str = "
    create function slow_commit() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
    create constraint trigger slow_commit after insert on ledger deferrable initially deferred
        for each row execute function slow_commit();";

const COMMITTING: &str = "select exists (
    select from pg_stat_activity where datname = current_database() and state = 'active' and query = 'commit')";

#[tokio::test]
async fn a_step_that_commits_while_its_connection_dies_is_recorded_and_not_repeated() {
    for attempts in ["one", "several"] {
        let db = TestDb::new().await;
        Load::prepare(&db).await;
        sqlx::raw_sql(SLOW_COMMITS).execute(&db.pool()).await.unwrap();
        let proxy = Proxy::start(&db).await;
        let worker = worker(&proxy, &["--silence", "20000"]).await;
        let client = db.client();
        if attempts == "one" {
            let run = only_once::start(&client, 7).await.unwrap();
            db.until(COMMITTING).await;
            proxy.cut();
            assert_eq!(
                tokio::time::timeout(Duration::from_secs(20), run.output()).await.expect("the run ends").unwrap(),
                7
            );
        } else {
            let run = slow_ledger::start(&client, (7, 0)).await.unwrap();
            db.until(COMMITTING).await;
            proxy.cut();
            assert_eq!(
                tokio::time::timeout(Duration::from_secs(20), run.output()).await.expect("the run ends").unwrap(),
                7
            );
            assert_eq!(count(&db.pool(), "select balance from account").await, 7);
        }
        assert_eq!(
            count(&db.pool(), "select count(*) from pgflow.attempt").await,
            0,
            "its commit was no failed attempt"
        );
        proxy.let_go();
        worker.end().await;
        assert_exact(&db).await;
    }
}

/// Commits that add to a table take half a second.
const SLOW: &str = "
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return null; end $$;";
const SLOW_STARTS: &str = "create constraint trigger slow after insert on pgflow.ready deferrable initially deferred
    for each row when (new.fresh) execute function slow();";
const SLOW_OUTCOMES: &str =
    "create constraint trigger slow after insert on pgflow.outcome deferrable initially deferred
    for each row execute function slow();";

const SLEEPING: &str = "select exists (
    select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')";

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_found_again_by_its_key() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    sqlx::raw_sql(SLOW).execute(&db.pool()).await.unwrap();
    sqlx::raw_sql(SLOW_STARTS).execute(&db.pool()).await.unwrap();
    let proxy = Proxy::start(&db).await;
    let client = Client::connect(proxy.url()).await.unwrap();
    let key = || StartOptions::new().idempotency_key("order 7");

    let (lost, ()) = tokio::join!(noted::start_with(&client, 0, key()), async {
        db.until(SLEEPING).await;
        proxy.cut();
    });
    assert!(lost.unwrap_err().is_database(), "its answer has not come");
    let run = noted::start_with(&client, 0, key()).await.unwrap();
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.run").await, 1);

    let worker = worker(&proxy, &[]).await;
    assert_eq!(run.output().await.unwrap(), 0);
    worker.end().await;
    assert_exact(&db).await;
}

#[tokio::test]
async fn a_flush_whose_answer_is_lost_is_recognised_and_no_step_is_repeated() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    sqlx::raw_sql(SLOW).execute(&db.pool()).await.unwrap();
    sqlx::raw_sql(SLOW_OUTCOMES).execute(&db.pool()).await.unwrap();
    let proxy = Proxy::start(&db).await;
    let worker = worker(&proxy, &["--silence", "20000"]).await;
    let run = noted::start(&db.client(), 0).await.unwrap();
    for outcomes in 0..3 {
        // The next outcome is about to commit.
        while count(&db.pool(), "select count(*) from pgflow.outcome").await != outcomes
            || !db.value::<bool>(SLEEPING).await
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        proxy.cut();
    }
    assert_eq!(run.output().await.unwrap(), 0);
    assert_eq!(count(&db.pool(), "select count(*) from call").await, 3, "each step was called once");
    assert_eq!(count(&db.pool(), "select count(*) from pgflow.attempt").await, 0);
    proxy.let_go();
    worker.end().await;
    assert_exact(&db).await;
}

#[tokio::test]
async fn connections_that_are_cut_all_the_time_lose_and_double_nothing() {
    let db = TestDb::new().await;
    Load::prepare(&db).await;
    let proxy = Proxy::start(&db).await;
    let workers = [worker(&proxy, &["--silence", "10000"]).await, worker(&proxy, &["--silence", "10000"]).await];
    let load = Load::start(&db.client(), 20).await;
    let most = i64::try_from(load.outcomes() * 9 / 10).unwrap();
    let mut cuts = 0;
    while count(&db.pool(), "select count(*) from pgflow.outcome").await < most && cuts < 60 {
        proxy.cut();
        cuts += 1;
        tokio::time::sleep(Duration::from_millis(30)).await;
        // A server that never heard of it would keep the locks of what was open until its own limits.
        proxy.let_go();
    }
    assert!(cuts > 3, "the work was done before anything was cut");
    load.assert_right().await;
    for worker in workers {
        worker.end().await;
    }
    assert_exact(&db).await;
}
