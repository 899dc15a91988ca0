//! The handle of a run.

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::{Client, RunSummary, StepSummary};
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::step::RunId;
use crate::workflow::RunOf;

/// A run of the workflow `W`: ask how it stands, or await its output. Dropping the handle changes nothing for the run.
pub struct Run<W> {
    pub(super) client: Client,
    pub(super) id: RunId,
    /// When this handle started the run, if it did.
    started: Option<Instant>,
    workflow: PhantomData<fn() -> W>,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunStatus {
    /// No worker has had it yet.
    Scheduled,
    /// It is under way, or waits for something.
    Running,
    /// Somebody has paused it.
    Paused,
    /// It has ended with an output.
    Completed,
    /// A step has failed for good.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl RunStatus {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The status in one word, as in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        [Self::Scheduled, Self::Running, Self::Paused, Self::Completed, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                Error::invalid(format!("the database gave the status `{text}`, which this program does not know"))
            })
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a run has ended, as it stands in the database.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) status: String,
    pub(super) output: Option<Encoded>,
    pub(super) failed_step: Option<String>,
    pub(super) error: Option<String>,
}

impl Ending {
    pub(super) fn completed(output: Encoded) -> Self {
        Self { status: RunStatus::Completed.as_str().to_owned(), output: Some(output), failed_step: None, error: None }
    }
}

impl<W: RunOf> Run<W> {
    pub(super) fn new(client: Client, id: RunId) -> Self {
        Self { client, id, started: None, workflow: PhantomData }
    }

    /// The handle of a run that was started just now.
    pub(super) fn started(client: Client, id: RunId) -> Self {
        Self { started: Some(Instant::now()), ..Self::new(client, id) }
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Waits for the run to end, and gives its output. Wakes by notification, with polling as the net; a database that is away for
    /// a while is waited for.
    ///
    /// # Errors
    /// When the run has failed ([`is_run_failed`](Error::is_run_failed)) or was cancelled, when there is no such run, or when its
    /// output is no `W::Output`.
    pub async fn output(&self) -> Result<W::Output, Error> {
        let fresh = self.started.is_some_and(|started| started.elapsed() < Duration::from_secs(1));
        let ending = self.client.shared.waiting.wait(&self.client.pool, self.id, fresh).await?;
        match RunStatus::parse(&ending.status) {
            Ok(RunStatus::Completed) => {}
            Ok(RunStatus::Cancelled) => {
                return Err(Error::new(Kind::RunCancelled { run: self.id, reason: ending.error }));
            }
            Ok(_) => {
                let error = ending.error.unwrap_or_else(|| "no error is recorded".to_owned());
                return Err(Error::new(Kind::RunFailed { run: self.id, step: ending.failed_step, error }));
            }
            Err(_) => return Err(Error::new(Kind::UnknownRun(self.id))),
        }
        W::decode(ending.output.as_ref()).map_err(|source| {
            Error::new(Kind::Payload {
                what: format!("the output of run {} is not what workflow `{}` declares", self.id, W::name()),
                source,
            })
        })
    }

    /// How the run stands now.
    ///
    /// # Errors
    /// When there is no such run, or the database fails.
    pub async fn status(&self) -> Result<RunStatus, Error> {
        Ok(self.summary().await?.status)
    }

    /// What is known of the run as a whole.
    ///
    /// # Errors
    /// When there is no such run, or the database fails.
    pub async fn summary(&self) -> Result<RunSummary, Error> {
        self.client.summary(self.id).await
    }

    /// How each step stands, in the order of the declaration.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn steps(&self) -> Result<Vec<StepSummary>, Error> {
        self.client.steps(self.id).await
    }
}

impl<W> Clone for Run<W> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), ..*self }
    }
}

impl<W> fmt::Debug for Run<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}
