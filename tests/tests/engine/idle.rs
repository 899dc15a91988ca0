//! A worker without work leaves the database alone.

use std::time::Duration;

use pgflow::Worker;
use pgflow_tests::TestDb;
use pgflow_tests::workflows::double;

/// How long an idle worker is watched: its idleness is what is tested.
const WATCHED: Duration = Duration::from_secs(3);

/// Transactions of other sessions on this database, as far as they have told.
const TRANSACTIONS: &str =
    "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()";

#[tokio::test]
async fn an_idle_worker_beats_and_polls_and_does_nothing_else() {
    let db = TestDb::new().await;
    let worker = Worker::builder(db.pool()).register(double::Workflow).start().await.unwrap();
    double::start(&db.client(), 1).await.unwrap().output().await.unwrap();
    let before = db.value::<i64>(TRANSACTIONS).await;
    tokio::time::sleep(WATCHED).await;
    let after = db.value::<i64>(TRANSACTIONS).await;
    // Two or three beats and as many polls; some of before are counted late; the client has polled, too.
    assert!(after - before < 60, "{} transactions in {WATCHED:?}", after - before);
    worker.stop().await.unwrap();
}
