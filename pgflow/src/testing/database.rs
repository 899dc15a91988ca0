//! A fresh database for each test.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::client::Client;
use crate::database::schema_digest;
use crate::embedded::{Error, Postgres, TestDatabase, test_cluster};
use crate::worker::{Worker, WorkerBuilder};

/// A database of a test's own, with the schema `pgflow` in it. It goes when this is dropped.
///
/// ```
/// use pgflow::testing::TestDb;
/// use pgflow::{Result, step, workflow};
///
/// #[workflow]
/// mod double {
///     use super::*;
///
///     #[step]
///     pub async fn twice(input: u32) -> Result<u32> {
///         Ok(input * 2)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let db = TestDb::new().await?;
/// let worker = db.worker().register(double::Workflow).start().await?;
/// assert_eq!(double::start(&db.client(), 21).await?.output().await?, 42);
/// worker.stop().await?;
/// # Ok(())
/// # }
/// ```

#[derive(Debug)]
pub struct TestDb {
    database: TestDatabase,
    pool: PgPool,
}

impl TestDb {
    /// A fresh database on the server that all tests share ([`test_cluster`]): a copy of a template, in tens of milliseconds. The
    /// first test of all starts the server and makes the template, in some seconds.
    ///
    /// # Errors
    /// When no Postgres is installed, or the server cannot be started.
    pub async fn new() -> Result<Self, Error> {
        Self::on(&test_cluster().await?).await
    }

    /// A fresh database on a server of your choice.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn on(postgres: &Postgres) -> Result<Self, Error> {
        // Migrations are part of the program: a changed one makes a new template.
        let template = format!("pgflow_{}", &schema_digest()[..16]);
        postgres
            .template(&template, async |options: PgConnectOptions| {
                let pool = PgPool::connect_with(options).await?;
                crate::migrate(&pool).await?;
                pool.close().await;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
            .await?;
        let database = postgres.test_database(Some(&template)).await?;
        let pool = PgPoolOptions::new().max_connections(20).connect_lazy_with(database.connect_options());
        Ok(Self { database, pool })
    }

    /// A pool of up to twenty connections.
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

    /// A worker that beats every 100 ms and takes others for dead after a second, so that tests of crashes are short.
    pub fn worker(&self) -> WorkerBuilder {
        Worker::builder(self.pool())
            .beat(Duration::from_millis(100))
            .silence_limit(Duration::from_millis(1_000))
            .poll_interval(Duration::from_millis(100))
    }
}
