//! A clock for a test's database that stands still until the test moves it, for all sessions at once.

use sqlx::AssertSqlSafe;

use crate::TestDb;

const STAND_STILL: &str = "
    create table public.clock (at timestamptz not null);
    create or replace function pgflow.now() returns timestamptz language sql volatile parallel safe as $$ select at from public.clock $$;";

impl TestDb {
    /// Has the database's clock stand at this time.
    pub async fn stop_clock(&self, at: &str) {
        sqlx::raw_sql(STAND_STILL).execute(&self.pool()).await.expect("the clock is replaced");
        let insert = "insert into public.clock values ($1::text::timestamptz)";
        sqlx::query(insert).bind(at).execute(&self.pool()).await.expect("the clock is set");
    }

    /// Moves the clock to this time.
    pub async fn set_clock(&self, at: &str) {
        let update = "update public.clock set at = $1::text::timestamptz";
        sqlx::query(update).bind(at).execute(&self.pool()).await.expect("the clock is moved");
    }

    /// Waits until a query that the test has written gives true.
    pub async fn until_it(&self, sql: String) {
        let deadline = std::time::Instant::now() + crate::database::PATIENCE;
        loop {
            let is: bool = sqlx::query_scalar(AssertSqlSafe(sql.clone()))
                .fetch_one(&self.pool())
                .await
                .expect("the query has a value");
            if is {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "not in time: {sql}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
