//! Several migrators at once, on a database without the schema and on one that is at work.

use pgflow::embedded::test_cluster;
use pgflow_tests::TestDb;
use pgflow_tests::workflows::slow_chain;
use sqlx::postgres::PgPoolOptions;

#[tokio::test]
async fn many_migrators_of_an_empty_database_apply_each_migration_once() {
    let database = test_cluster().await.unwrap().test_database(None).await.unwrap();
    let pool = PgPoolOptions::new().max_connections(12).connect_with(database.connect_options()).await.unwrap();
    let migrators: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn({
                let pool = pool.clone();
                async move { pgflow::migrate(&pool).await }
            })
        })
        .collect();
    for migrator in migrators {
        migrator.await.unwrap().expect("each of them succeeds");
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from pgflow.migration").fetch_one(&pool).await.unwrap();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations")).unwrap().count();
    assert_eq!(usize::try_from(rows).unwrap(), files);
}

#[tokio::test]
async fn a_migrator_that_dies_leaves_the_database_to_the_next() {
    let database = test_cluster().await.unwrap().test_database(None).await.unwrap();
    let pool = PgPoolOptions::new().max_connections(12).connect_with(database.connect_options()).await.unwrap();
    // Somebody holds what migrators wait behind, until the first of them waits.
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("create schema pgflow").execute(&mut *holder).await.unwrap();
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { pgflow::migrate(&pool).await }
    });
    let waits =
        "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&pool).await.unwrap() {
        assert!(!first.is_finished(), "it ought to wait");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    first.abort();
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    sqlx::query(kill).execute(&pool).await.unwrap();
    holder.rollback().await.unwrap();
    pgflow::migrate(&pool).await.unwrap();
    assert!(sqlx::query_scalar::<_, i64>("select count(*) from pgflow.migration").fetch_one(&pool).await.unwrap() > 10);
}

#[tokio::test]
async fn migrators_disturb_no_worker() {
    let db = TestDb::new().await;
    let worker = db.worker().register(slow_chain::Workflow).start().await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..50 {
        runs.push(slow_chain::start(&db.client(), 10).await.unwrap());
    }
    let migrators: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let pool = db.pool();
                async move {
                    for _ in 0..10 {
                        pgflow::migrate(&pool).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for migrator in migrators {
        migrator.await.unwrap();
    }
    for run in runs {
        assert_eq!(run.output().await.unwrap(), 5);
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
