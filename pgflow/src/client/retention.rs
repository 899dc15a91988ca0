//! How long ended runs are kept.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::start::BUCKET;
use super::{Client, RunFilter, RunStatus};
use crate::database::statements;
use crate::error::Error;

impl Client {
    /// Says how long the runs of a workflow are kept after they have ended with this status; those of every workflow that has no entry
    /// of its own, where none is named. `None` takes the entry back; without any, runs are kept for ever.
    ///
    /// The workers see to it, within about an hour: months of which nothing is to be kept are dropped as a whole, the rest goes in
    /// batches. Runs that have not ended always stay.
    ///
    /// # Errors
    /// When the status is none that runs end with, there is no such workflow, or the database fails.
    pub async fn set_retention(
        &self,
        workflow: Option<&str>,
        status: RunStatus,
        keep: Option<Duration>,
    ) -> Result<(), Error> {
        if !status.is_final() {
            return Err(Error::invalid(format!("runs do not end as {}: they have no retention", status.as_str())));
        }
        let keep = keep.map(|keep| i64::try_from(keep.min(LONGEST).as_micros()).unwrap_or(i64::MAX));
        sqlx::query(statements::SET_RETENTION)
            .bind(workflow)
            .bind(status.as_str())
            .bind(keep)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|e| Error::refused("setting a retention", e))
    }

    /// Removes the runs of a filter that ended before `before`, whatever their retention, and gives how many. The filter has a status
    /// that runs end with, or none for all three; its limit does not count.
    ///
    /// # Errors
    /// When the status is none that runs end with, or the database fails; what was removed until then is gone.
    pub async fn prune(&self, filter: &RunFilter, before: SystemTime) -> Result<u64, Error> {
        let statuses = match filter.status {
            None => vec![RunStatus::Completed, RunStatus::Failed, RunStatus::Cancelled],
            Some(status) if status.is_final() => vec![status],
            Some(status) => {
                return Err(Error::invalid(format!(
                    "only runs that have ended are removed, and not {} ones",
                    status.as_str()
                )));
            }
        };
        let before = before.duration_since(UNIX_EPOCH).unwrap_or_default();
        let before = i64::try_from(before.as_micros()).unwrap_or(i64::MAX);
        let mut removed = 0;
        for status in statuses {
            let mut page = filter.clone().status(status).limit(PAGE);
            loop {
                let runs = self.runs(&page).await?;
                let Some(last) = runs.last() else { break };
                page = page.after(last.id);
                let ids: Vec<Uuid> = runs.iter().map(|run| run.id.as_uuid()).collect();
                let count: i32 = sqlx::query_scalar(statements::REMOVE_RUNS)
                    .bind(BUCKET)
                    .bind(ids)
                    .bind(before)
                    .fetch_one(&self.pool)
                    .await
                    .map_err(|e| Error::database("removing runs", e))?;
                removed += u64::try_from(count).unwrap_or(0);
            }
        }
        Ok(removed)
    }
}

/// The longest retention: a thousand years.
const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 3600);

/// How many runs go at a time.
const PAGE: u32 = 500;
