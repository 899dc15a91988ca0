//! The runs that steps of a run have started.

use sqlx::Row as _;
use uuid::Uuid;

use super::{Client, Run, RunStatus};
use crate::database::statements;
use crate::error::Error;
use crate::step::RunId;
use crate::workflow::Workflow;

/// A run that is a step of another one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunChild {
    /// The run.
    pub id: RunId,
    /// The step of the parent.
    pub step: String,
    /// The item, in a map step.
    pub index: Option<i32>,
    /// Which attempt of the step has started it.
    pub attempt: i32,
    /// When: UTC, as in RFC 3339.
    pub started_at: String,
    /// How it stands.
    pub status: RunStatus,
}

impl Client {
    /// The runs that steps of a run of any workflow have started, in the order of their start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn children(&self, run: RunId) -> Result<Vec<RunChild>, Error> {
        let doing = "listing the children of a run";
        let fail = |e| Error::database(doing, e);
        let rows =
            sqlx::query(statements::RUN_CHILDREN).bind(run.as_uuid()).fetch_all(&self.pool).await.map_err(fail)?;
        rows.iter()
            .map(|row| {
                Ok(RunChild {
                    id: RunId::from(row.try_get::<Uuid, _>("run_id").map_err(fail)?),
                    step: row.try_get("step").map_err(fail)?,
                    index: row.try_get("index").map_err(fail)?,
                    attempt: row.try_get("attempt").map_err(fail)?,
                    started_at: row.try_get("started_at").map_err(fail)?,
                    status: RunStatus::parse(row.try_get("status").map_err(fail)?)?,
                })
            })
            .collect()
    }
}

impl<W: Workflow> Run<W> {
    /// The runs that its steps have started, in the order of their start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn children(&self) -> Result<Vec<RunChild>, Error> {
        self.client.children(self.id).await
    }
}
