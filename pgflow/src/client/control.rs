//! What is done to runs: cancel, pause, resume, retry, fork.

use std::future::IntoFuture;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::start::BUCKET;
use super::{Client, Run, RunFilter, RunStatus};
use crate::database::statements;
use crate::error::{Error, Kind};
use crate::news::{Ended, News};
use crate::step::RunId;
use crate::worker::ERRANDS_ROUND;
use crate::workflow::RunOf;

/// Something that is done to a run, or to a step of it, once it is awaited. Who does it, and why, is kept with the run.
///
/// A run that no worker has is acted upon at once. Otherwise its worker is told, and does it within milliseconds; where it cannot be
/// told, with its next beat.
#[derive(Debug)]
#[must_use = "nothing is done before it is awaited"]
pub struct Action<'a> {
    client: &'a Client,
    run: RunId,
    what: What,
    by: By,
}

#[derive(Debug)]
enum What {
    Cancel,
    Pause,
    Resume,
    Retry(String, Option<u32>),
    CancelAttempt(String, Option<u32>),
}

/// Who does it, and why.
#[derive(Clone, Debug, Default)]
pub(super) struct By {
    pub(super) actor: Option<String>,
    pub(super) reason: Option<String>,
}

/// The methods of whatever keeps a [`By`].
macro_rules! who_and_why {
    () => {
        /// Who does it. Default: the role that is logged in to the database.
        pub fn actor(mut self, name: impl Into<String>) -> Self {
            self.by.actor = Some(name.into());
            self
        }

        /// Why.
        pub fn reason(mut self, text: impl Into<String>) -> Self {
            self.by.reason = Some(text.into());
            self
        }
    };
}
pub(super) use who_and_why;

impl<'a> Action<'a> {
    fn new(client: &'a Client, run: RunId, what: What) -> Self {
        Self { client, run, what, by: By::default() }
    }

    who_and_why!();

    /// In a map step, the item that is meant. Of a plain step it is refused.
    pub fn item(mut self, index: u32) -> Self {
        if let What::Retry(_, item) | What::CancelAttempt(_, item) = &mut self.what {
            *item = Some(index);
        }
        self
    }

    async fn carry_out(self) -> Result<(), Error> {
        let Self { client, run, what, by } = self;
        let id = run.as_uuid();
        let (statement, doing, step) = match &what {
            What::Cancel => (statements::CANCEL_RUN, "cancelling a run", None),
            What::Pause => (statements::PAUSE_RUN, "pausing a run", None),
            What::Resume => (statements::RESUME_RUN, "resuming a run", None),
            What::Retry(step, item) => (statements::RETRY_STEP, "retrying a step", Some((step, item))),
            What::CancelAttempt(step, item) => {
                (statements::CANCEL_ATTEMPT, "cancelling an attempt", Some((step, item)))
            }
        };
        let mut query = sqlx::query_scalar::<_, String>(statement).bind(id);
        if let Some((step, item)) = step {
            query = query.bind(step).bind(item.map(|item| i32::try_from(item).unwrap_or(i32::MAX)));
        }
        let result = query.bind(&by.reason).bind(&by.actor).fetch_one(&client.pool).await;
        let result = result.map_err(|e| refused(run, doing, e))?;
        client.announce_control(&what, &[id], result == "done").await;
        Ok(())
    }
}

impl<'a> IntoFuture for Action<'a> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.carry_out().boxed()
    }
}

/// The same for all runs that a filter selects, once it is awaited: gives how many there were.
#[derive(Debug)]
#[must_use = "nothing is done before it is awaited"]
pub struct BulkAction<'a> {
    client: &'a Client,
    filter: RunFilter,
    what: What,
    by: By,
}

/// How many runs one transaction of a bulk action is about.
const PORTION: i32 = 500;

impl BulkAction<'_> {
    who_and_why!();

    async fn carry_out(self) -> Result<u64, Error> {
        let Self { client, filter, what, by } = self;
        let (statement, doing) = match what {
            What::Cancel => (statements::CANCEL_RUNS, "cancelling runs"),
            What::Pause => (statements::PAUSE_RUNS, "pausing runs"),
            _ => (statements::RESUME_RUNS, "resuming runs"),
        };
        let mut count = 0;
        let mut after: Option<Uuid> = None;
        loop {
            let runs = client.portion(&filter, after, doing).await?;
            let Some(last) = runs.last().copied() else { return Ok(count) };
            let results: Vec<(Uuid, String)> = sqlx::query_as(statement)
                .bind(BUCKET)
                .bind(&runs)
                .bind(&by.reason)
                .bind(&by.actor)
                .fetch_all(&client.pool)
                .await
                .map_err(|e| Error::database(doing, e))?;
            let with = |wanted: &str| -> Vec<Uuid> {
                results.iter().filter(|(_, result)| result == wanted).map(|(run, _)| *run).collect()
            };
            let (done, asked) = (with("done"), with("asked"));
            count += done.len() as u64 + asked.len() as u64;
            client.announce_control(&what, &done, true).await;
            client.announce_control(&what, &asked, false).await;
            after = Some(last);
        }
    }
}

impl<'a> IntoFuture for BulkAction<'a> {
    type Output = Result<u64, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.carry_out().boxed()
    }
}

impl<W: RunOf> Run<W> {
    /// Cancels the run: what of it is under way is dropped ([`StepContext::cancelled`](crate::StepContext::cancelled)), nothing more
    /// begins, and it ends as [`Cancelled`](RunStatus::Cancelled). What is recorded stays. A cancelled run stays cancelled.
    ///
    /// ```no_run
    /// # async fn example<W: pgflow::Workflow>(run: pgflow::Run<W>) -> Result<(), pgflow::Error> {
    /// run.cancel().actor("ann").reason("the customer has called").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such run, or it has completed or failed ([`is_refused`](Error::is_refused)); or the database fails.
    pub fn cancel(&self) -> Action<'_> {
        self.client.cancel(self.id)
    }

    /// Pauses the run: nothing more of it begins until it is resumed. What is under way goes on to its end, and is recorded; then the
    /// run is [`Paused`](RunStatus::Paused).
    ///
    /// # Errors
    /// As [`cancel`](Self::cancel).
    pub fn pause(&self) -> Action<'_> {
        self.client.pause(self.id)
    }

    /// Has a paused run go on, or a failed one: from what it failed of, each with all its attempts again, and without a deadline.
    ///
    /// # Errors
    /// When there is no such run, or it is neither paused nor has failed ([`is_refused`](Error::is_refused)); or the database fails.
    pub fn resume(&self) -> Action<'_> {
        self.client.resume(self.id)
    }

    /// Has a step tried again at once: one that waits for its next attempt; or, of a run that has failed of it and of nothing else,
    /// the one that has failed, with all its attempts again. [`item`](Action::item) names one item of a map step.
    ///
    /// # Errors
    /// When there is no such run or step, the run has ended otherwise, or it has failed of other steps as well: then
    /// [`resume`](Self::resume) it; or the database fails.
    pub fn retry(&self, step: impl Into<String>) -> Action<'_> {
        self.client.retry(self.id, step)
    }

    /// Cancels the attempt of a step that is under way, if one is. It counts as a failed one: the step is tried again if it has
    /// attempts left. For a map step, [`item`](Action::item) says which one is meant.
    ///
    /// # Errors
    /// When there is no such run or step, or the run has ended; or the database fails.
    pub fn cancel_attempt(&self, step: impl Into<String>) -> Action<'_> {
        self.client.cancel_attempt(self.id, step)
    }
}

impl Client {
    /// Cancels a run of any workflow; see [`Run::cancel`].
    pub fn cancel(&self, run: RunId) -> Action<'_> {
        Action::new(self, run, What::Cancel)
    }

    /// Pauses a run of any workflow; see [`Run::pause`].
    pub fn pause(&self, run: RunId) -> Action<'_> {
        Action::new(self, run, What::Pause)
    }

    /// Resumes a run of any workflow; see [`Run::resume`].
    pub fn resume(&self, run: RunId) -> Action<'_> {
        Action::new(self, run, What::Resume)
    }

    /// Retries a step of a run of any workflow; see [`Run::retry`].
    pub fn retry(&self, run: RunId, step: impl Into<String>) -> Action<'_> {
        Action::new(self, run, What::Retry(step.into(), None))
    }

    /// Cancels the attempt of a step of a run of any workflow; see [`Run::cancel_attempt`].
    pub fn cancel_attempt(&self, run: RunId, step: impl Into<String>) -> Action<'_> {
        Action::new(self, run, What::CancelAttempt(step.into(), None))
    }

    /// Cancels all runs that have not ended and that the filter selects (its page and limit aside), in portions.
    ///
    /// # Errors
    /// When the database fails: what was done before stays done.
    pub fn cancel_all(&self, filter: RunFilter) -> BulkAction<'_> {
        BulkAction { client: self, filter, what: What::Cancel, by: By::default() }
    }

    /// Pauses all runs that have not ended and that the filter selects, in portions.
    ///
    /// # Errors
    /// As [`cancel_all`](Self::cancel_all).
    pub fn pause_all(&self, filter: RunFilter) -> BulkAction<'_> {
        BulkAction { client: self, filter, what: What::Pause, by: By::default() }
    }

    /// Resumes all runs that the filter selects, in portions: those that have failed, where that is the filter's status; otherwise
    /// those that are paused or about to be.
    ///
    /// # Errors
    /// As [`cancel_all`](Self::cancel_all).
    pub fn resume_all(&self, filter: RunFilter) -> BulkAction<'_> {
        BulkAction { client: self, filter, what: What::Resume, by: By::default() }
    }

    /// The next runs of a bulk action.
    async fn portion(&self, filter: &RunFilter, after: Option<Uuid>, doing: &'static str) -> Result<Vec<Uuid>, Error> {
        sqlx::query_scalar(statements::PAGE_OF_RUNS)
            .bind(BUCKET)
            .bind(&filter.workflow)
            .bind(filter.status.map_or("live", RunStatus::as_str))
            .bind(&filter.namespace)
            .bind(after)
            .bind(PORTION)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))
    }

    /// Tells whoever it concerns, after the commit: the owners of runs, those who wait for their end, or workers that may take them.
    async fn announce_control(&self, what: &What, runs: &[Uuid], done: bool) {
        if runs.is_empty() {
            return;
        }
        let ended = || runs.iter().map(|run| Ended { run: *run, output: None, ours: false }).collect();
        let news = match (what, done) {
            (_, false) => News { messages: runs.to_vec(), work: true, ..News::default() },
            (What::Cancel, true) => News { ended: ended(), ..News::default() },
            (What::Pause, true) => return,
            _ => News::work(),
        };
        self.shared.announcer.tell(&self.pool, &news).await;
        if matches!((what, done), (What::Cancel, true)) {
            self.tell_families().await;
        }
    }

    /// Has the children of runs cancelled that have ended, and their parents told. Workers do it as well, with their next beat.
    async fn tell_families(&self) {
        loop {
            let told =
                sqlx::query_as(statements::RUN_ERRANDS).bind(BUCKET).bind(ERRANDS_ROUND).fetch_one(&self.pool).await;
            let (ended, called, more): (Vec<Uuid>, Vec<Uuid>, bool) = match told {
                Ok(told) => told,
                Err(error) => {
                    tracing::debug!(%error, "the families of cancelled runs were not told; workers do it");
                    return;
                }
            };
            let ended = ended.into_iter().map(|run| Ended { run, output: None, ours: false }).collect();
            let news = News { work: !called.is_empty(), messages: called, ended };
            if !news.is_empty() {
                self.shared.announcer.tell(&self.pool, &news).await;
            }
            if !more {
                return;
            }
        }
    }
}

/// What the database says of an action that is not possible.
pub(super) fn refused(run: RunId, doing: &'static str, error: sqlx::Error) -> Error {
    let Some(database) = error.as_database_error() else { return Error::database(doing, error) };
    match database.code().unwrap_or_default().as_ref() {
        "PF404" if !database.message().contains("step") => Error::new(Kind::UnknownRun(run)),
        _ => Error::refused(doing, error),
    }
}
