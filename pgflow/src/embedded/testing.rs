//! A fresh database for each test, on one server for all.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::{Error, Postgres};

/// The server that all tests of this user share, in however many processes.
///
/// Its data is removed when it stops, which is 10 seconds after the last test: the processes of one test run, and runs
/// that follow each other closely, find it running. Nothing that is committed would survive a crash of it; a test that
/// stops its server needs a [temporary](super::Builder::temporary) one of its own.
///
/// # Errors
/// As [`Builder::start`](super::Builder::start).
pub async fn test_cluster() -> Result<Postgres, Error> {
    Postgres::builder()
        .shared("test-cluster", Duration::from_secs(10))
        .durable(false)
        .setting("max_connections", "300")
        .start()
        .await
}

impl Postgres {
    /// A database of a name that nobody else has, which is removed when the guard is dropped.
    ///
    /// # Errors
    /// If the server refuses, for example because it has no database `template`.
    pub async fn test_database(&self, template: Option<&str>) -> Result<TestDatabase, Error> {
        let name = format!("test_{:016x}", super::folders::random());
        self.create_database(&name, template).await?;
        Ok(TestDatabase { postgres: self.clone(), name })
    }
}

/// A database that goes when this is dropped, whoever is still connected. It holds the server, too.
#[derive(Debug)]
pub struct TestDatabase {
    postgres: Postgres,
    name: String,
}

impl TestDatabase {
    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server.
    #[must_use]
    pub fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    /// How to connect.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.postgres.connect_options(&self.name)
    }

    /// The same as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.postgres.url(&self.name)
    }
}

impl Drop for TestDatabase {
    /// Without this a long test run would fill the disk. It takes some 10 ms; a failure leaves the database to the end of
    /// the server.
    fn drop(&mut self) {
        let (postgres, name) = (self.postgres.clone(), self.name.clone());
        // The test's runtime may be gone, or have one thread, which is busy here.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(postgres.drop_database(&name)).map_err(std::io::Error::other)
        });
        let _ = thread.join();
    }
}
