//! Listing runs and their steps.

use sqlx::Row as _;
use uuid::Uuid;

use super::start::BUCKET;
use super::{Client, RunStatus};
use crate::database::statements;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::step::RunId;

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    pub(super) workflow: Option<String>,
    pub(super) status: Option<RunStatus>,
    pub(super) namespace: Option<String>,
    pub(super) after: Option<RunId>,
    pub(super) limit: Option<u32>,
}

impl RunFilter {
    /// All runs, a hundred at a time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs of this workflow.
    #[must_use]
    pub fn workflow(mut self, name: impl Into<String>) -> Self {
        self.workflow = Some(name.into());
        self
    }

    /// Runs that stand like this.
    #[must_use]
    pub fn status(mut self, status: RunStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Runs of this namespace.
    #[must_use]
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = Some(name.into());
        self
    }

    /// Runs that were started before this one: the next page, after the last run of the page before.
    #[must_use]
    pub fn after(mut self, run: RunId) -> Self {
        self.after = Some(run);
        self
    }

    /// At most this many, up to 1,000. Default: 100.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// A run in a listing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// The workflow's name.
    pub workflow: String,
    /// The id of the workflow's version.
    pub version: i32,
    /// The run of which it is a step.
    pub parent: Option<RunId>,
    /// The namespace; empty for none.
    pub namespace: String,
    /// How it stands.
    pub status: RunStatus,
    /// When it was started: UTC, as in RFC 3339.
    pub created_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
    /// How often it has lost its worker to a crash.
    pub crashes: i16,
    /// What its steps have said last ([`StepContext::message`](crate::StepContext::message)).
    pub last_message: Option<String>,
}

/// A step of a run in a listing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepSummary {
    /// The step's name.
    pub step: String,
    /// How it stands: `blocked`, `ready`, `running`, `waiting`, `completed`, `failed`, `skipped` or `cancelled`.
    pub status: String,
    /// For a map step that has begun: how many items it has.
    pub items: Option<i32>,
    /// For a map step: how many of them are done, or were skipped.
    pub items_done: Option<i64>,
    /// For a map step: how many of them were skipped.
    pub items_skipped: Option<i64>,
    /// How many attempts there were (of the item with the most); 0 where the step was skipped before the first one.
    pub attempts: Option<i32>,
    /// The steps that it still waits for.
    pub waits_for: Vec<String>,
    /// The output of a plain step that has completed, as JSON.
    pub output: Option<serde_json::Value>,
    /// The error of the failure, or of the last failed attempt.
    pub error: Option<String>,
    /// For a step that was skipped: why.
    pub skip_reason: Option<String>,
    /// How far it is, from 0 to 1, as it has said last ([`StepContext::progress`](crate::StepContext::progress)).
    pub progress: Option<f32>,
    /// What it has said last.
    pub message: Option<String>,
    /// The signal that it waits for.
    pub signal: Option<String>,
    /// How often it has asked to be executed again (of the items, the one with the most).
    pub repeats: Option<i32>,
}

impl Client {
    /// Runs, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let doing = "listing runs";
        let rows = sqlx::query(statements::LIST_RUNS)
            .bind(BUCKET)
            .bind(&filter.workflow)
            .bind(filter.status.map(RunStatus::as_str))
            .bind(&filter.namespace)
            .bind(filter.after.map(Uuid::from))
            .bind(i32::try_from(filter.limit.unwrap_or(100).clamp(1, 1_000)).unwrap_or(1_000))
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| summary(row).map_err(|e| Error::database(doing, e))?).collect()
    }

    pub(super) async fn summary(&self, id: RunId) -> Result<RunSummary, Error> {
        let doing = "looking for a run";
        let row = sqlx::query(statements::DESCRIBE_RUN)
            .bind(id.as_uuid())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        let row = row.ok_or_else(|| Error::new(Kind::UnknownRun(id)))?;
        summary(&row).map_err(|e| Error::database(doing, e))?
    }

    pub(super) async fn steps(&self, id: RunId) -> Result<Vec<StepSummary>, Error> {
        let doing = "listing the steps of a run";
        let rows = sqlx::query(statements::LIST_STEPS)
            .bind(id.as_uuid())
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| step(row).map_err(|e| Error::database(doing, e))).collect()
    }
}

fn summary(row: &sqlx::postgres::PgRow) -> sqlx::Result<Result<RunSummary, Error>> {
    let status = match RunStatus::parse(row.try_get("status")?) {
        Ok(status) => status,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(RunSummary {
        id: RunId::from(row.try_get::<Uuid, _>("run_id")?),
        workflow: row.try_get("workflow")?,
        version: row.try_get("version_id")?,
        parent: row.try_get::<Option<Uuid>, _>("parent_id")?.map(RunId::from),
        namespace: row.try_get("namespace")?,
        status,
        created_at: row.try_get("created_at")?,
        ended_at: row.try_get("ended_at")?,
        crashes: row.try_get("crashes")?,
        last_message: row.try_get("last_message")?,
    }))
}

fn step(row: &sqlx::postgres::PgRow) -> sqlx::Result<StepSummary> {
    Ok(StepSummary {
        step: row.try_get("step")?,
        status: row.try_get("status")?,
        items: row.try_get("items")?,
        items_done: row.try_get("items_done")?,
        items_skipped: row.try_get("items_skipped")?,
        attempts: row.try_get("attempts")?,
        waits_for: row.try_get("waits_for")?,
        output: row.try_get::<Option<Encoded>, _>("output")?.and_then(|output| output.decode().ok()),
        error: row.try_get("error")?,
        skip_reason: row.try_get("skip_reason")?,
        progress: row.try_get("progress")?,
        message: row.try_get("message")?,
        signal: row.try_get("signal")?,
        repeats: row.try_get("repeats")?,
    })
}
