//! A migrated database for each test, on the server that all test processes share.

use std::time::{Duration, Instant};

use pgflow::embedded::{Postgres, TestDatabase, test_cluster};
use pgflow::{Client, Worker, WorkerBuilder};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// How long a test waits for something that ought to happen at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A migrated database of a test's own.
#[derive(Debug)]
pub struct TestDb {
    database: TestDatabase,
    pool: PgPool,
}

impl TestDb {
    /// A fresh database on the shared server.
    pub async fn new() -> Self {
        Self::on(&test_cluster().await.expect("the shared server starts")).await
    }

    /// A fresh database on a server of the test's own.
    pub async fn on(postgres: &Postgres) -> Self {
        // Migrations are part of the program: a changed one makes a new template.
        let template = format!("pgflow_{}", &pgflow::__private::schema_digest()[..16]);
        postgres
            .template(&template, async |options: PgConnectOptions| {
                let pool = PgPool::connect_with(options).await?;
                pgflow::migrate(&pool).await?;
                pool.close().await;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
            .await
            .expect("the template is migrated");
        let database = postgres.test_database(Some(&template)).await.expect("the test's database is made");
        let pool = PgPoolOptions::new()
            .max_connections(20)
            .connect_with(database.connect_options())
            .await
            .expect("the test's database is reached");
        Self { database, pool }
    }

    /// A pool of twenty connections.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// The database's address, for other processes.
    #[must_use]
    pub fn url(&self) -> String {
        self.database.url()
    }

    /// A client on the pool.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.pool())
    }

    /// A worker that beats quickly, so that tests of recovery are short.
    pub fn worker(&self) -> WorkerBuilder {
        Worker::builder(self.pool())
            .beat(Duration::from_millis(100))
            .silence_limit(Duration::from_millis(1_000))
            .poll_interval(Duration::from_millis(100))
    }

    /// One value of a query.
    pub async fn value<T>(&self, sql: &'static str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("the query has a value")
    }

    /// Waits until a query gives true.
    pub async fn until(&self, sql: &'static str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.value::<bool>(sql).await {
            assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {sql}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The invariant over all runs: each that has not ended is queued or owned, by exactly one; nothing of an ended one is left.
    pub async fn assert_sound(&self) {
        let broken: Vec<(uuid::Uuid, String)> =
            sqlx::query_as("select run_id, problem from pgflow.broken_invariants()")
                .fetch_all(&self.pool)
                .await
                .expect("the invariant can be asked for");
        assert!(broken.is_empty(), "the invariant is broken: {broken:#?}");
    }

    /// The invariant, and that every run has ended and nothing is left of any.
    pub async fn assert_all_ended(&self) {
        self.assert_sound().await;
        let left: (i64, i64, i64, i64, i64) = sqlx::query_as(
            "select (select count(*) from pgflow.run r where not exists (select from pgflow.run_end e where e.run_id = r.id)),
                    (select count(*) from pgflow.ready), (select coalesce(sum(cardinality(runs)), 0)::bigint from pgflow.claim),
                    (select count(*) from pgflow.task), (select count(*) from pgflow.share)",
        )
        .fetch_one(&self.pool)
        .await
        .expect("what is left can be counted");
        assert_eq!(left, (0, 0, 0, 0, 0), "left: (runs that have not ended, ready, claimed, tasks, shares)");
    }
}
