//! A migrated database for each test, on the server that all test processes share.

use std::ops::Deref;
use std::time::{Duration, Instant};

use pgflow::embedded::Postgres;
use pgflow::testing;

/// How long a test waits for something that ought to happen at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A migrated database of a test's own, which knows what must hold in it.
#[derive(Debug)]
pub struct TestDb(testing::TestDb);

impl Deref for TestDb {
    type Target = testing::TestDb;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl TestDb {
    /// A fresh database on the shared server.
    pub async fn new() -> Self {
        Self(testing::TestDb::new().await.expect("the test's database is made"))
    }

    /// A fresh database on a server of the test's own.
    pub async fn on(postgres: &Postgres) -> Self {
        Self(testing::TestDb::on(postgres).await.expect("the test's database is made"))
    }

    /// One value of a query.
    pub async fn value<T>(&self, sql: &'static str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(sql).fetch_one(&self.pool()).await.expect("the query has a value")
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
                .fetch_all(&self.pool())
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
        .fetch_one(&self.pool())
        .await
        .expect("what is left can be counted");
        assert_eq!(left, (0, 0, 0, 0, 0), "left: (runs that have not ended, ready, claimed, tasks, shares)");
    }
}
