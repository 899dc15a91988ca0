//! Workflows that are made at run time: created, looked at, updated, deleted; and runs of theirs.

use std::time::Duration;

use serde::Serialize;
use sqlx::Row as _;
use uuid::Uuid;

use super::options::{Key, StartOptions};
use super::{Client, Run};
use crate::database::{Jsonb, statements};
use crate::definition::Definition;
use crate::dynamic::Dynamic;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::step::RunId;

/// How many runs are removed at a time with a workflow that is deleted.
const REMOVED_AT_ONCE: i32 = 1_000;
/// How long a deletion waits before it looks again whether runs that workers have are over.
const WAIT: Duration = Duration::from_millis(50);

/// Which workflows to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct WorkflowFilter {
    after: Option<i32>,
    limit: Option<u32>,
}

impl WorkflowFilter {
    /// All workflows, a hundred at a time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those that were made before this one ([`WorkflowDetail::id`]): the next page, after the last one of the page before.
    #[must_use]
    pub fn after(mut self, id: i32) -> Self {
        self.after = Some(id);
        self
    }

    /// At most this many, up to 1,000. Default: 100.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// A workflow, as the database keeps it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkflowDetail {
    /// Its id: larger for one that was made later.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Whether it was made at run time; otherwise a program declares it.
    pub dynamic: bool,
    /// The id of its current version.
    pub version: i32,
    /// The SHA-256 of that version's [canonical definition](Definition::canonical).
    pub hash: String,
    /// How many versions it has.
    pub versions: i64,
    /// How many of its runs have not ended; counted for one that is asked for by its name.
    pub live_runs: Option<i64>,
    /// When it was made: UTC, as in RFC 3339.
    pub created_at: String,
    /// When its current version was made.
    pub updated_at: String,
    /// What it is: its steps, with what each depends on.
    pub definition: Definition,
}

/// A handler of a version that no living worker can run, since none has all of its handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingHandler {
    /// The workflow's name.
    pub workflow: String,
    /// The id of the version.
    pub version: i32,
    /// Whether it is the current one.
    pub current: bool,
    /// How many of its runs have not ended, and wait for this.
    pub live_runs: i64,
    /// The handler's name.
    pub handler: String,
    /// The steps that it executes.
    pub steps: Vec<String>,
    /// How many living workers have it: 0 where it is missing everywhere. Otherwise none has all that the version needs.
    pub workers: i64,
}

impl Client {
    /// Creates a workflow, and gives the id of its version. The same definition again changes nothing.
    ///
    /// # Errors
    /// When it breaks a rule, or there is another workflow of that name ([`Error::is_refused`]); or the database fails.
    pub async fn create_workflow(&self, definition: &Definition) -> Result<i32, Error> {
        self.store(statements::CREATE_WORKFLOW, "creating a workflow", definition).await
    }

    /// Makes this definition the current one of its workflow, and gives the id of the version: a new one, or one that it had before. Runs
    /// under way keep theirs. Where only options and descriptions differ it is the same version, and they hold for runs under way too.
    ///
    /// # Errors
    /// When it breaks a rule, there is no such workflow, or a program declares it ([`Error::is_refused`]); or the database fails.
    pub async fn update_workflow(&self, definition: &Definition) -> Result<i32, Error> {
        self.store(statements::UPDATE_WORKFLOW, "updating a workflow", definition).await
    }

    async fn store(&self, sql: &'static str, doing: &'static str, definition: &Definition) -> Result<i32, Error> {
        definition.check()?;
        let text = Encoded::new(definition).map_err(|source| {
            let what = format!("the definition of `{}` cannot be encoded", definition.name);
            Error::new(Kind::Payload { what, source })
        })?;
        let stored = sqlx::query_scalar(sql).bind(Jsonb(text.as_str())).fetch_one(&self.pool).await;
        stored.map_err(|e| Error::refused(doing, e))
    }

    /// The workflow of this name; none where there is no such one. One that a program declares is given as well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workflow(&self, name: &str) -> Result<Option<WorkflowDetail>, Error> {
        Ok(self.list(Some(name), WorkflowFilter::new()).await?.into_iter().next())
    }

    /// Workflows, the newest first; those that programs declare as well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workflows(&self, filter: WorkflowFilter) -> Result<Vec<WorkflowDetail>, Error> {
        self.list(None, filter).await
    }

    async fn list(&self, name: Option<&str>, filter: WorkflowFilter) -> Result<Vec<WorkflowDetail>, Error> {
        let doing = "listing workflows";
        let rows = sqlx::query(statements::LIST_WORKFLOWS)
            .bind(name)
            .bind(filter.after)
            .bind(i32::try_from(filter.limit.unwrap_or(100).clamp(1, 1_000)).unwrap_or(1_000))
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| detail(row).map_err(|e| Error::database(doing, e))).collect()
    }

    /// Deletes a workflow that was made at run time, with all its versions. Whether there was one: to delete what is not there is no error.
    ///
    /// # Errors
    /// When it has runs, ended or not: the message says how many; when a program declares it ([`Error::is_refused`]); or the database fails.
    pub async fn delete_workflow(&self, name: &str) -> Result<bool, Error> {
        let was_there = self.workflow(name).await?.is_some();
        self.delete(name, false).await?;
        Ok(was_there)
    }

    /// Deletes a workflow together with all its runs, and gives how many these were. From the first moment on it cannot be started any
    /// more; what has not ended is cancelled. This waits for handlers that workers are in the middle of; dropped or failed, it may be
    /// called again, and goes on.
    ///
    /// # Errors
    /// When a program declares it ([`Error::is_refused`]); or the database fails.
    pub async fn delete_workflow_and_runs(&self, name: &str) -> Result<u64, Error> {
        let mut runs = 0;
        loop {
            let (deleted, removed, ending) = self.delete(name, true).await?;
            runs += u64::try_from(removed).unwrap_or(0);
            if deleted {
                return Ok(runs);
            }
            // Workers are told with their beat that runs of theirs are to end.
            if removed == 0 && ending > 0 {
                tokio::time::sleep(WAIT).await;
            }
        }
    }

    async fn delete(&self, name: &str, cascade: bool) -> Result<(bool, i64, i64), Error> {
        let (deleted, removed, ending, _): (bool, i64, i64, bool) = sqlx::query_as(statements::DELETE_WORKFLOW)
            .bind(name)
            .bind(cascade)
            .bind(REMOVED_AT_ONCE)
            .bind(None::<String>)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| Error::refused("deleting a workflow", e))?;
        Ok((deleted, removed, ending))
    }

    /// Starts a run of the current version of a workflow, by its name. The input is checked against the workflow's schema.
    ///
    /// # Errors
    /// When there is no such workflow or the input does not fit ([`Error::is_refused`]), it has no JSON form, or the database fails.
    pub async fn start_by_name<T: Serialize + ?Sized>(&self, workflow: &str, input: &T) -> Result<Run<Dynamic>, Error> {
        self.start_by_name_with(workflow, input, StartOptions::new()).await
    }

    /// The same with options. What waits for room ([`StartOptions::wait_for_room`]) does not, here.
    ///
    /// # Errors
    /// As [`start_by_name`](Self::start_by_name).
    pub async fn start_by_name_with<T: Serialize + ?Sized>(
        &self,
        workflow: &str,
        input: &T,
        options: StartOptions,
    ) -> Result<Run<Dynamic>, Error> {
        let runs = self.start_all_by_name(workflow, &[encode(workflow, input)?], &options).await?;
        runs.into_iter().next().ok_or_else(|| Error::invalid("the database gave no run id"))
    }

    /// Starts a run for each input, all or none of them, and gives their handles in the same order.
    ///
    /// # Errors
    /// As [`start_by_name`](Self::start_by_name), and when the options hold a key: it would make all of them one run.
    pub async fn start_many_by_name<T: Serialize>(
        &self,
        workflow: &str,
        inputs: impl IntoIterator<Item = T>,
        options: StartOptions,
    ) -> Result<Vec<Run<Dynamic>>, Error> {
        let inputs = inputs.into_iter().map(|input| encode(workflow, &input)).collect::<Result<Vec<_>, _>>()?;
        if options.key.is_some() && inputs.len() > 1 {
            return Err(Error::invalid("one key cannot start several runs: start them one by one, each with its key"));
        }
        self.start_all_by_name(workflow, &inputs, &options).await
    }

    async fn start_all_by_name(
        &self,
        workflow: &str,
        inputs: &[Encoded],
        options: &StartOptions,
    ) -> Result<Vec<Run<Dynamic>>, Error> {
        let (at, after) = options.begin.micros()?;
        let (key, supersede, quiet) = match &options.key {
            None => (None, None, None),
            Some(Key::Idempotency(key)) => (Some(key), None, None),
            Some(Key::Supersede(key)) => (None, Some(key), None),
            Some(Key::Debounce(key, quiet)) => {
                (None, Some(key), Some(i64::try_from(quiet.as_micros()).unwrap_or(i64::MAX)))
            }
        };
        let ids: Vec<Uuid> = sqlx::query_scalar(statements::START_BY_NAME)
            .bind(workflow)
            .bind(inputs.iter().map(|text| Jsonb(text.as_str())).collect::<Vec<_>>())
            .bind(key)
            .bind(&options.queue)
            .bind(options.priority)
            .bind(&options.namespace)
            .bind(at)
            .bind(after)
            .bind(options.deadline_micros()?)
            .bind(supersede)
            .bind(quiet)
            .bind(options.max_backlog.map(|runs| i32::try_from(runs).unwrap_or(i32::MAX)))
            .bind(&options.actor)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| Error::refused("starting a run", e))?;
        self.shared.announcer.announce(&self.pool);
        Ok(ids.into_iter().map(|id| Run::new(self.clone(), RunId::from(id))).collect())
    }

    /// Handlers of versions that no living worker can run: of those that are current, or have runs that have not ended. Nothing is
    /// missing where there are none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missing_handlers(&self) -> Result<Vec<MissingHandler>, Error> {
        let rows: Vec<Missing> = sqlx::query_as(statements::MISSING_HANDLERS)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database("looking for missing handlers", e))?;
        let missing = |(workflow, version, current, live_runs, handler, steps, workers)| MissingHandler {
            workflow,
            version,
            current,
            live_runs,
            handler,
            steps,
            workers,
        };
        Ok(rows.into_iter().map(missing).collect())
    }
}

/// Workflow, version, whether it is current, runs, handler, steps, workers that have it.
type Missing = (String, i32, bool, i64, String, Vec<String>, i64);

fn encode<T: Serialize + ?Sized>(workflow: &str, input: &T) -> Result<Encoded, Error> {
    Encoded::new(input).map_err(|source| {
        Error::new(Kind::Payload { what: format!("the input of workflow `{workflow}` cannot be encoded"), source })
    })
}

fn detail(row: &sqlx::postgres::PgRow) -> sqlx::Result<WorkflowDetail> {
    let definition: Encoded = row.try_get(9)?;
    Ok(WorkflowDetail {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        dynamic: row.try_get(2)?,
        version: row.try_get(3)?,
        hash: row.try_get(4)?,
        versions: row.try_get(5)?,
        live_runs: row.try_get(6)?,
        created_at: row.try_get(7)?,
        updated_at: row.try_get(8)?,
        definition: definition.decode().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
    })
}
