//! What a worker does for all of them now and then: months of partitions, retention, what is left of the dead.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::database::{Link, statements};

/// How long the dead are remembered.
const MEMORY: Duration = Duration::from_secs(24 * 3600);
/// How many months of partitions are kept ready.
const MONTHS: i32 = 3;
const HOUSEKEEPING: Duration = Duration::from_secs(3600);
const HOUSEKEEPING_AGAIN: Duration = Duration::from_secs(60);
/// Where a lock was not to be had: it is waited for 100 ms at most, and others wait behind that.
const HOUSEKEEPING_BUSY: Duration = Duration::from_secs(5);
/// Between batches of what is removed: beats go on, and so does everything else.
const HOUSEKEEPING_GOES_ON: Duration = Duration::from_millis(50);
/// How long one batch may take, or the look whether a month can go.
const HOUSEKEEPING_DEADLINE: Duration = Duration::from_secs(600);
/// How many ended runs one batch looks at, and how many keys.
const PRUNING_ROUND: i32 = 500;

/// The state of an error of the database: a lock was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Does what is to be done now and then, over a connection that lasts as long as there is something.
pub(super) async fn keep_house(options: Arc<PgConnectOptions>, bucket: i32, worker: i32) {
    loop {
        let mut link = Link::new(Arc::clone(&options)).with_deadline(HOUSEKEEPING_DEADLINE);
        let pause = loop {
            match tidy(&mut link, bucket, worker).await {
                Tidied { more: true, .. } => tokio::time::sleep(HOUSEKEEPING_GOES_ON).await,
                Tidied { failed: true, .. } => break HOUSEKEEPING_AGAIN,
                Tidied { busy: true, .. } => break HOUSEKEEPING_BUSY,
                Tidied { .. } => break HOUSEKEEPING,
            }
        };
        link.close().await;
        tokio::time::sleep(pause).await;
    }
}

/// What came of a round of housekeeping.
#[derive(Default)]
struct Tidied {
    /// More is to be done at once.
    more: bool,
    /// Some of it did not succeed.
    failed: bool,
    /// Somebody else had what it needs.
    busy: bool,
}

/// One round. What fails keeps nothing else from being done: it is tried again with the next one.
async fn tidy(link: &mut Link, bucket: i32, worker: i32) -> Tidied {
    let mut tidied = Tidied::default();
    let workers = link.call(|connection| Box::pin(forget_workers(connection, bucket))).await;
    tidied.take(worker, "the dead were not forgotten", workers);
    let months = link.call(|connection| Box::pin(ensure_partitions(connection))).await;
    tidied.take(worker, "no months were made for what is to come", months);
    let keys = link.call(|connection| Box::pin(forget_keys(connection, bucket))).await;
    tidied.more |=
        tidied.take(worker, "keys of runs that are gone were not forgotten", keys).is_some_and(|keys| keys > 0);
    let pruned = link.call(|connection| Box::pin(prune_expired(connection, bucket))).await;
    if let Some((removed, more)) = tidied.take(worker, "ended runs were not removed", pruned) {
        if removed > 0 {
            tracing::debug!(removed, "removed ended runs that were kept for long enough");
        }
        tidied.more |= more;
    }
    if tidied.more {
        return tidied;
    }
    match link.call(|connection| Box::pin(drop_month(connection))).await {
        // Somebody reads what is to go: another time.
        Err(error)
            if error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(LOCK_NOT_AVAILABLE)) =>
        {
            tracing::debug!(%error, "a month of ended runs could not be dropped");
        }
        dropped => {
            if let Some(Some(month)) = tidied.take(worker, "a month of ended runs could not be dropped", dropped) {
                tracing::info!(month, "dropped a month of ended runs");
                tidied.more = true;
            }
        }
    }
    tidied
}

impl Tidied {
    /// What a task of the round gives; none where it has failed, of which people are told.
    fn take<T>(&mut self, worker: i32, what: &'static str, done: sqlx::Result<T>) -> Option<T> {
        done.map_err(|error| {
            // That somebody else has it just now is nothing to look after.
            if error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(LOCK_NOT_AVAILABLE)) {
                self.busy = true;
                tracing::debug!(worker, %error, "{what}; it is tried again in some seconds");
            } else {
                self.failed = true;
                tracing::warn!(worker, %error, "{what}; it is tried again in a minute");
            }
        })
        .ok()
    }
}

async fn forget_workers(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar(statements::FORGET_WORKERS).bind(bucket).bind(MEMORY).fetch_one(connection).await
}

async fn ensure_partitions(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar(statements::ENSURE_PARTITIONS).bind(MONTHS).fetch_one(connection).await
}

async fn forget_keys(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar(statements::FORGET_KEYS).bind(bucket).bind(PRUNING_ROUND).fetch_one(connection).await
}

async fn prune_expired(connection: &mut PgConnection, bucket: i32) -> sqlx::Result<(i32, bool)> {
    sqlx::query_as(statements::PRUNE_EXPIRED).bind(bucket).bind(PRUNING_ROUND).fetch_one(connection).await
}

async fn drop_month(connection: &mut PgConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(statements::DROP_MONTH).fetch_one(connection).await
}
