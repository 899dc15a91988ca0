//! A running server.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::attach::{self, Attached, Plan};
use super::{Builder, Error};

/// A hold on a running server, which lives until the last hold in any process is gone.
///
/// To drop it, or to end the process in whatever way, lets go of the server. Clones are one hold.
#[derive(Clone, Debug)]
pub struct Postgres {
    attached: Arc<Attached>,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Rolls transactions back, disconnects and writes a checkpoint.
    Fast,
    /// Stops at once, as in a crash: the next start recovers from the log.
    Immediate,
}

impl Postgres {
    /// Describes a cluster; a temporary one if nothing else is said.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) async fn start(plan: Plan) -> Result<Self, Error> {
        let attached = blocking(move || attach::attach(&plan)).await?;
        let postgres = Self { attached: Arc::new(attached) };
        postgres.wait_until_ready().await?;
        Ok(postgres)
    }

    /// The folder of the cluster, with its `data` and `log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.attached.cluster
    }

    /// How to connect to a database of this server, as its superuser `postgres`.
    ///
    /// A cluster has a database `postgres` from the beginning. Of libpq's variables, sqlx takes `PGOPTIONS` and
    /// `PGAPPNAME` into account all the same.
    #[must_use]
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("localhost")
            .port(5432)
            .socket(&self.attached.sockets)
            .username("postgres")
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }

    /// The same as a URL, for sqlx, psql and everything else that uses libpq's form.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let sockets = encode(self.attached.sockets.as_os_str().as_encoded_bytes());
        let database = encode(database.as_bytes());
        format!("postgres://postgres@localhost:5432/{database}?host={sockets}&sslmode=disable")
    }

    /// Stops the server and starts it again, on the same socket, for all who use it.
    ///
    /// # Errors
    /// If the server does not come up again.
    pub async fn restart(&self, shutdown: Shutdown) -> Result<(), Error> {
        self.halt(shutdown).await?;
        self.resume().await
    }

    /// Stops the server until [`resume`](Self::resume), for all who use it.
    ///
    /// # Errors
    /// If the server's supervisor was killed.
    pub async fn halt(&self, shutdown: Shutdown) -> Result<(), Error> {
        let attached = Arc::clone(&self.attached);
        let mode = match shutdown {
            Shutdown::Fast => "fast",
            Shutdown::Immediate => "immediate",
        };
        blocking(move || attached.control.halt(mode)).await
    }

    /// Starts the server again after [`halt`](Self::halt), and waits until it accepts connections.
    ///
    /// # Errors
    /// If the server does not come up.
    pub async fn resume(&self) -> Result<(), Error> {
        let attached = Arc::clone(&self.attached);
        blocking(move || attached.control.resume()).await?;
        self.wait_until_ready().await
    }

    /// Lets go of the server, and waits until it has stopped and, if it is temporary, left nothing behind.
    ///
    /// It does not wait where a clone of this hold, or another process, keeps the server running, nor for a
    /// [`test_cluster`](super::test_cluster), which stays a while.
    ///
    /// # Errors
    /// If the server does not stop within a minute; its supervisor goes on trying.
    pub async fn stop(self) -> Result<(), Error> {
        let Some(attached) = Arc::into_inner(self.attached) else {
            return Ok(());
        };
        blocking(move || {
            let Attached { control, users, supervisor, cluster, lingers, .. } = attached;
            drop(control);
            // Succeeds only if nobody else has it locked for sharing.
            if lingers || users.try_lock().is_err() {
                return Ok(());
            }
            // Whoever comes now must not find the lock held while the old server stops.
            drop(users);
            let lock = cluster.join("supervisor.lock");
            super::folders::lock(&supervisor, &lock, READY, "the supervisor of the server")
        })
        .await
    }

    /// Tries to connect until it works: only that shows that the server accepts connections.
    async fn wait_until_ready(&self) -> Result<(), Error> {
        let cluster = &self.attached.cluster;
        let options = self.connect_options("postgres").disable_statement_logging();
        let start = Instant::now();
        loop {
            let error = match options.connect().await {
                Ok(connection) => {
                    // A goodbye; the server does not need it.
                    let _ = connection.close().await;
                    return Ok(());
                }
                Err(error) => error,
            };
            if cluster.join("exited").exists() {
                return Err(attach::failure(cluster, "ended while it started"));
            }
            if !is_passing(&error) {
                let hint = if std::env::var_os("PGOPTIONS").is_some() { " (PGOPTIONS is set: unset it)" } else { "" };
                return Err(attach::failure(cluster, &format!("refuses a connection: {error}{hint}")));
            }
            if start.elapsed() > READY {
                return Err(attach::failure(cluster, &format!("did not come up within a minute: {error}")));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// How long a server may take to start or to stop.
const READY: Duration = Duration::from_secs(60);

/// Whether the server may accept a connection later: it starts, stops, or all its connections are taken.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("57P03" | "57P01" | "53300")),
        _ => false,
    }
}

/// Runs what would block the runtime. A panic in there is passed on.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and this future with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Percent-encodes what is not a letter, a digit or one of `-._~/`.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
