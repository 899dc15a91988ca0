//! A connection of the engine's own: reopened after a loss, with a deadline on every call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

/// How long one call may take before its connection is given up: a socket whose other end has vanished would block for ever.
const DEADLINE: Duration = Duration::from_secs(30);

/// After how long without a call a connection is tried before it is relied on.
const STALE: Duration = Duration::from_secs(1);

/// A connection that is opened at the first use and after each loss.
pub(crate) struct Link {
    options: Arc<PgConnectOptions>,
    connection: Option<PgConnection>,
    deadline: Duration,
    used_at: Instant,
}

impl Link {
    pub(crate) fn new(options: Arc<PgConnectOptions>) -> Self {
        Self { options, connection: None, deadline: DEADLINE, used_at: Instant::now() }
    }

    /// The same with another deadline on every call.
    pub(crate) fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether there is a connection, so that a call need not make one.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Opens the connection, unless there is one that was in order a moment ago or still is: what fails now has done nothing.
    pub(crate) async fn ready(&mut self) -> sqlx::Result<()> {
        if self.is_open() && self.used_at.elapsed() < STALE {
            return Ok(());
        }
        let was_open = self.is_open();
        let tried = self.call(|connection| Box::pin(connection.ping())).await;
        match tried {
            // Another one, for one that was lost.
            Err(_) if was_open => self.call(|connection| Box::pin(connection.ping())).await,
            tried => tried,
        }
    }

    /// Runs one call on the connection. After an error that is not the database's answer, the connection is dropped, and the next
    /// call opens another one.
    pub(crate) async fn call<T, F>(&mut self, call: F) -> sqlx::Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        // Taken out: a call that is dropped half-way takes its connection along.
        let connection = self.connection.take();
        let attempt = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => self.options.connect().await?,
            };
            let result = call(&mut connection).await;
            Ok::<_, sqlx::Error>((connection, result))
        };
        let (connection, result) =
            tokio::time::timeout(self.deadline, attempt).await.map_err(|_| timed_out(self.deadline))??;
        self.used_at = Instant::now();
        if result.as_ref().err().is_none_or(is_answer) {
            self.connection = Some(connection);
        }
        result
    }

    /// Closes the connection in order.
    pub(crate) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            // The server closes its side by itself when this does not arrive.
            let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("open", &self.connection.is_some()).finish_non_exhaustive()
    }
}

fn timed_out(deadline: Duration) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {deadline:?}")))
}

/// Whether the error is the server's answer to a statement, after which the connection is in order.
fn is_answer(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            // 57P: the server goes away or ends the session; 08: connection exceptions; FATAL and PANIC end it as well.
            error.code().is_none_or(|code| !code.starts_with("57P") && !code.starts_with("08"))
                && error
                    .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                    .is_none_or(|e| matches!(e.severity(), sqlx::postgres::PgSeverity::Error))
        }
        _ => false,
    }
}
