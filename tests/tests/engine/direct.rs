//! Starts next to a worker of the same process.

use std::time::Duration;

use pgflow::{Client, StartOptions, Worker};
use pgflow_tests::TestDb;
use pgflow_tests::proxy::Proxy;
use pgflow_tests::workflows::double;
use sqlx::PgPool;

/// Counts the runs that were ever queued.
const QUEUED: &str = "
    create table queued (run_id uuid);
    create function queued() returns trigger language plpgsql as $$ begin insert into public.queued values (new.run_id); return null; end $$;
    create trigger queued after insert on pgflow.ready for each row execute function queued();";
/// Starts take half a second to commit.
const SLOW: &str = "
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return null; end $$;
    create constraint trigger slow after insert on pgflow.run deferrable initially deferred for each row execute function slow();";
const COMMITTING: &str = "select exists (
    select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')";

/// A worker that is idle, and has seen that nothing is queued.
async fn idle(db: &TestDb, pool: PgPool) -> Worker {
    let worker = Worker::builder(pool).register(double::Workflow).concurrency(4).start().await.unwrap();
    db.client().start(double::Workflow, 1).await.unwrap().output().await.unwrap();
    worker
}

async fn queued(db: &TestDb) -> i64 {
    db.value("select count(*) from queued").await
}

#[tokio::test]
async fn a_run_that_is_started_next_to_an_idle_worker_is_never_queued() {
    let db = TestDb::new().await;
    let worker = idle(&db, db.pool()).await;
    sqlx::raw_sql(QUEUED).execute(&db.pool()).await.unwrap();
    let client = db.client();
    for number in 0..3 {
        assert_eq!(double::start(&client, number).await.unwrap().output().await.unwrap(), 2 * number);
    }
    assert_eq!(queued(&db).await, 0);

    // With a key it may be an old one; for another queue it is another worker's.
    let run = double::start_with(&client, 5, StartOptions::new().idempotency_key("five")).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 10);
    double::start_with(&client, 5, StartOptions::new().queue("other")).await.unwrap();
    assert_eq!(queued(&db).await, 2);
    worker.stop().await.unwrap();
    double::start(&client, 7).await.unwrap();
    assert_eq!(queued(&db).await, 3, "a worker that has stopped takes nothing");
    db.assert_sound().await;
}

#[tokio::test]
async fn a_start_that_is_given_up_half_way_is_executed_all_the_same_if_it_happened() {
    let db = TestDb::new().await;
    let worker = idle(&db, db.pool()).await;
    let client = db.client();
    // The version is known by now.
    double::start(&client, 1).await.unwrap().output().await.unwrap();
    sqlx::raw_sql(SLOW).execute(&db.pool()).await.unwrap();
    tokio::select! {
        run = double::start(&client, 2) => panic!("it is slow, and has started {run:?}"),
        () = db.until(COMMITTING) => {}
    }
    all_ended(&db, 3).await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_executed_and_reported_as_unknown() {
    let db = TestDb::new().await;
    let proxy = Proxy::start(&db).await;
    let client = Client::connect(proxy.url()).await.unwrap();
    let worker = idle(&db, client.pool().clone()).await;
    double::start(&client, 1).await.unwrap().output().await.unwrap();
    sqlx::raw_sql(SLOW).execute(&db.pool()).await.unwrap();
    let (lost, ()) = tokio::join!(double::start(&client, 2), async {
        db.until(COMMITTING).await;
        proxy.cut();
    });
    assert!(lost.unwrap_err().is_database(), "its answer has not come");
    all_ended(&db, 3).await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

async fn all_ended(db: &TestDb, runs: i64) {
    let ended = async {
        while db.value::<i64>("select count(*) from pgflow.run_end").await < runs {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), ended).await.expect("the run that was started ends");
}
