//! The transaction of a step, which commits together with its outcome.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{PgPool, Postgres};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::database::statements;
use crate::extract::{Context, FromContext};
use crate::step::{Result, StepError};

/// A database transaction that commits together with the step's outcome, so that what the step writes through it happens exactly
/// once.
///
/// A step takes it as a parameter and uses it as a connection of sqlx:
///
/// ```
/// use pgflow::{Result, Tx, sqlx};
///
/// async fn book(mut tx: Tx) -> Result<()> {
///     sqlx::query("insert into booking default values").execute(&mut *tx).await?;
///     Ok(())
/// }
/// ```
///
/// When the step returns `Ok`, pgflow records the outcome in the same transaction and commits. When it returns an error, panics,
/// is cut by its timeout or loses its connection, everything is rolled back, and the attempt has failed. A step that ends the
/// transaction by SQL of its own fails as well: its commit could no longer be one with the outcome.
///
/// Its locks are held until the step returns: do slow things elsewhere.
pub struct Tx(OwnedMappedMutexGuard<Option<StepTransaction>, StepTransaction>);

/// Where a step's transaction begins, and where it stays when the step lets go of it.
#[derive(Clone)]
pub(crate) struct TxSlot {
    pool: PgPool,
    /// The bucket and the worker whose attempt it is; none in a test without a worker.
    worker: Option<(i32, i32)>,
    transaction: Arc<Mutex<Option<StepTransaction>>>,
}

/// An open transaction. Dropped before its end is known, it takes its connection along.
pub(crate) struct StepTransaction {
    connection: PoolConnection<Postgres>,
    settled: bool,
}

/// What a transaction of a step is marked with: a setting that is local to it.
pub(crate) const MARK: &str = "open";

impl TxSlot {
    pub(crate) fn new(pool: PgPool, bucket: i32, worker: i32) -> Self {
        Self { pool, worker: Some((bucket, worker)), transaction: Arc::default() }
    }

    /// One that is no worker's.
    pub(crate) fn plain(pool: PgPool) -> Self {
        Self { pool, worker: None, transaction: Arc::default() }
    }

    /// The transaction that the step used: none if it took no [`Tx`].
    ///
    /// # Errors
    /// When the step has returned and its `Tx` lives on elsewhere.
    pub(crate) fn take(&self) -> Result<Option<StepTransaction>> {
        match self.transaction.try_lock() {
            Ok(mut transaction) => Ok(transaction.take()),
            Err(_) => Err(StepError::fatal(
                "the step returned while its `Tx` was still in use elsewhere: it must be dropped by then",
            )),
        }
    }

    /// Whether the step has taken a [`Tx`].
    pub(crate) fn is_used(&self) -> bool {
        self.transaction.try_lock().is_ok_and(|transaction| transaction.is_some())
    }

    async fn begin(&self) -> Result<Tx> {
        let mut place = Arc::clone(&self.transaction).try_lock_owned().map_err(|_| twice())?;
        if place.is_some() {
            return Err(twice());
        }
        // Nothing of the step has happened yet: a database that is away uses up none of its attempts.
        let mut wait = Duration::from_millis(20);
        let transaction = loop {
            match self.open().await {
                Ok(transaction) => break transaction,
                Err(error) if is_away(&error) => {
                    tracing::debug!(worker = ?self.worker, %error, "a step's transaction could not be begun; trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(1));
                }
                Err(error) => return Err(error.into()),
            }
        };
        *place = Some(transaction);
        OwnedMutexGuard::try_map(place, Option::as_mut).map(Tx).map_err(|_| twice())
    }

    async fn open(&self) -> sqlx::Result<StepTransaction> {
        let mut transaction = StepTransaction { connection: self.pool.acquire().await?, settled: false };
        sqlx::query("begin").execute(&mut *transaction.connection).await?;
        if let Some((bucket, worker)) = self.worker {
            sqlx::query(statements::BEGIN_STEP)
                .bind(bucket)
                .bind(worker)
                .bind(MARK)
                .execute(&mut *transaction.connection)
                .await?;
        }
        Ok(transaction)
    }
}

impl StepTransaction {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Commits; afterwards the connection goes back to its pool.
    pub(crate) async fn commit(mut self) -> sqlx::Result<()> {
        sqlx::query("commit").execute(&mut *self.connection).await?;
        self.settled = true;
        Ok(())
    }

    /// Rolls back; afterwards the connection goes back to its pool.
    pub(crate) async fn roll_back(mut self) -> sqlx::Result<()> {
        sqlx::query("rollback").execute(&mut *self.connection).await?;
        self.settled = true;
        Ok(())
    }
}

impl Drop for StepTransaction {
    fn drop(&mut self) {
        if !self.settled {
            self.connection.close_on_drop();
        }
    }
}

/// Whether the database cannot be reached, or has no connection to spare: which passes.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["57P", "53", "08"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

fn twice() -> StepError {
    StepError::fatal("a step can take one `Tx`")
}

impl<S: Send + Sync> FromContext<S> for Tx {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        match &context.tx {
            Some(slot) => slot.begin().await,
            None => Err(StepError::fatal("a `Tx` needs a database: give the runner one, `with_pool`")),
        }
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0.connection
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tx")
    }
}

impl fmt::Debug for TxSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TxSlot")
    }
}
