//! The trail of a run.

use sqlx::Row as _;

use super::{Client, Run};
use crate::database::statements;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::step::RunId;
use crate::workflow::Workflow;

/// Something that happened to a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunEvent {
    /// When: UTC, as in RFC 3339.
    pub at: String,
    /// What: `started`; `cancel`, `cancel_attempt`, `pause`, `resume`, `retry` or `fork` by somebody; `step_delayed`,
    /// `attempt_failed`, `step_completed`, `step_failed` or `step_skipped` by a worker; `run_completed`, `run_failed` or `run_cancelled`.
    pub kind: String,
    /// The step that it is about.
    pub step: Option<String>,
    /// The item of a map step.
    pub index: Option<i32>,
    /// Which attempt of the step it was; for an outcome, how many there were.
    pub attempt: Option<i32>,
    /// The worker.
    pub worker: Option<i32>,
    /// Who did it.
    pub actor: Option<String>,
    /// Why; or what the failure was.
    pub reason: Option<String>,
    /// What else is known, as an object.
    pub detail: serde_json::Value,
}

impl Client {
    /// What happened to a run of any workflow; see [`Run::events`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&self, run: RunId) -> Result<Vec<RunEvent>, Error> {
        let doing = "reading the events of a run";
        let rows = sqlx::query(statements::RUN_EVENTS)
            .bind(run.as_uuid())
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| event(row).map_err(|e| Error::database(doing, e))).collect()
    }
}

impl<W: Workflow> Run<W> {
    /// What happened to the run, and who did it, in order: its start, each failed attempt and each outcome, what people did and why,
    /// and its end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&self) -> Result<Vec<RunEvent>, Error> {
        self.client.events(self.id).await
    }
}

fn event(row: &sqlx::postgres::PgRow) -> sqlx::Result<RunEvent> {
    Ok(RunEvent {
        at: row.try_get("at")?,
        kind: row.try_get("kind")?,
        step: row.try_get("step")?,
        index: row.try_get("index")?,
        attempt: row.try_get("attempt")?,
        worker: row.try_get("worker_id")?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        detail: row.try_get::<Encoded, _>("detail")?.decode().unwrap_or_default(),
    })
}
