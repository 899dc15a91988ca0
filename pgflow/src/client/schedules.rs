//! Schedules: made at run time, listed, and acted upon.

use std::any::TypeId;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::SystemTime;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Client;
use super::control::{By, who_and_why};
use super::start::encode;
use crate::database::{Jsonb, statements};
use crate::encoded::Encoded;
use crate::error::Error;
use crate::schedule::times::{Times, next_times};
use crate::schedule::{CatchUp, Scheduled};
use crate::step::RunId;
use crate::workflow::Workflow;

/// A schedule that is made at run time, once it is [created](Self::create): see [`Client::schedule`].
#[derive(Debug)]
#[must_use = "nothing is done before it is created"]
pub struct NewSchedule<'a, W: Workflow> {
    client: &'a Client,
    name: String,
    cron: Option<String>,
    timezone: String,
    catch_up: CatchUp,
    input: Option<Result<Encoded, Error>>,
    queue: String,
    priority: i32,
    namespace: String,
    replace: bool,
    by: By,
    workflow: PhantomData<fn(W)>,
}

impl<W: Workflow> NewSchedule<'_, W> {
    /// When: a cron expression, as `schedule` of [`#[workflow]`](macro@crate::workflow) takes it. It has to be given.
    pub fn cron(mut self, expression: impl Into<String>) -> Self {
        self.cron = Some(expression.into());
        self
    }

    /// By the clocks of which time zone, by its name in the IANA database. Default: `UTC`.
    pub fn timezone(mut self, name: impl Into<String>) -> Self {
        self.timezone = name.into();
        self
    }

    /// What is done about times at which no worker was there. Default: [`CatchUp::One`].
    pub fn catch_up(mut self, policy: CatchUp) -> Self {
        self.catch_up = policy;
        self
    }

    /// The input of each of its runs. Without one, the workflow's function makes it (`scheduled_input` of
    /// [`#[workflow]`](macro@crate::workflow)), each time anew; a workflow whose input is `()` needs neither.
    pub fn input(mut self, input: &W::Input) -> Self {
        self.input = Some(encode::<W>(input));
        self
    }

    /// The queue whose workers take its runs. Default: `default`.
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = name.into();
        self
    }

    /// The priority of its runs: larger ones go first. Default: 0.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The project or tenant that its runs belong to.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = name.into();
        self
    }

    /// Takes the place of an earlier schedule of this name. Without, one that is not the same is left as it is, and this one refused.
    pub fn replace(mut self) -> Self {
        self.replace = true;
        self
    }

    who_and_why!();

    /// Makes the schedule. Where there is the same one already, nothing is done: programs may do this whenever they begin.
    ///
    /// Its first run is at the first of its times from now on, as soon as a worker is there.
    ///
    /// # Errors
    /// When the expression or the time zone makes no sense, or nothing makes the input; when there is another schedule of this name, or a workflow
    /// has it ([`is_refused`](Error::is_refused)); or the database fails.
    pub async fn create(self) -> Result<(), Error> {
        let name = &self.name;
        let Some(cron) = &self.cron else {
            return Err(Error::invalid(format!(
                "schedule `{name}` says nothing of when: give it `.cron(\"0 3 * * *\")`"
            )));
        };
        let wrong = |problem: String| Error::invalid(format!("schedule `{name}` makes no sense: {problem}"));
        Times::parse(cron, &self.timezone).map_err(wrong)?;
        let input = match self.input {
            Some(input) => Some(input?),
            None if TypeId::of::<W::Input>() == TypeId::of::<()>() => Some(Encoded::from("null")),
            None if W::handlers().scheduled_input.is_some() => None,
            None => {
                return Err(wrong(format!(
                    "nothing makes the input of workflow `{}`: give it `.input(..)`, or the workflow a function, `#[workflow(scheduled_input = path)]`",
                    W::NAME
                )));
            }
        };
        self.client.version::<W>().await?;
        sqlx::query_scalar::<_, String>(statements::CREATE_SCHEDULE)
            .bind(name)
            .bind(W::NAME)
            .bind(cron)
            .bind(&self.timezone)
            .bind(input.as_ref().map(|input| Jsonb(input.as_str())))
            .bind(self.catch_up.as_str())
            .bind(&self.queue)
            .bind(self.priority)
            .bind(&self.namespace)
            .bind(self.replace)
            .bind(&self.by.reason)
            .bind(&self.by.actor)
            .fetch_one(&self.client.pool)
            .await
            .map(drop)
            .map_err(|e| Error::refused("creating a schedule", e))
    }
}

/// Something that is done to a schedule once it is awaited. Who does it, and why, is kept with the schedule.
#[derive(Debug)]
#[must_use = "nothing is done before it is awaited"]
pub struct ScheduleAction<'a> {
    client: &'a Client,
    name: String,
    statement: &'static str,
    doing: &'static str,
    by: By,
}

impl ScheduleAction<'_> {
    who_and_why!();

    async fn carry_out(self) -> Result<(), Error> {
        sqlx::query(self.statement)
            .bind(&self.name)
            .bind(&self.by.reason)
            .bind(&self.by.actor)
            .execute(&self.client.pool)
            .await
            .map(drop)
            .map_err(|e| Error::refused(self.doing, e))
    }
}

impl<'a> IntoFuture for ScheduleAction<'a> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.carry_out().boxed()
    }
}

/// A schedule, as the database keeps it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScheduleSummary {
    /// Its name.
    pub name: String,
    /// The workflow that it starts.
    pub workflow: String,
    /// When: a cron expression.
    pub cron: String,
    /// By the clocks of this time zone.
    pub timezone: String,
    /// What is done about times at which no worker was there.
    pub catch_up: CatchUp,
    /// Whether the workflow declares it.
    pub declared: bool,
    /// Whether somebody has paused it.
    pub paused: bool,
    /// When it is due next: UTC, as in RFC 3339. None while it is paused, and until a worker has seen it.
    pub next_at: Option<String>,
    /// The latest time that it has started a run for: UTC, as in RFC 3339.
    pub last_at: Option<String>,
    /// The latest run that it has started.
    pub last_run: Option<RunId>,
    /// Why it starts nothing, where something is wrong.
    pub problem: Option<String>,
    /// The input of its runs; none where the program makes it.
    pub input: Option<Value>,
    /// The queue of its runs.
    pub queue: String,
    /// The priority of its runs.
    pub priority: i32,
    /// The namespace of its runs.
    pub namespace: String,
    /// When it was made: UTC, as in RFC 3339.
    pub created_at: String,
}

impl ScheduleSummary {
    /// The next times after this one by its expression, in order, whether it is paused or not.
    ///
    /// # Errors
    /// When the expression or the time zone makes no sense, as one that was made from SQL may.
    pub fn next_times(&self, after: SystemTime, count: usize) -> Result<Vec<Scheduled>, Error> {
        next_times(&self.name, &self.cron, &self.timezone, after, count)
    }
}

/// Something that was done to a schedule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScheduleEvent {
    /// When: UTC, as in RFC 3339.
    pub at: String,
    /// What: `create`, `change`, `pause`, `resume`, `trigger` or `delete`; or `skip`, for times that were missed and have no run.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// What else is known, as an object.
    pub detail: Value,
}

impl Client {
    /// A schedule that starts runs of a workflow: nothing is done before it is [created](NewSchedule::create).
    ///
    /// ```no_run
    /// # async fn example<W: pgflow::Workflow<Input = String>>(client: pgflow::Client, workflow: W) -> Result<(), pgflow::Error> {
    /// client
    ///     .schedule("nightly-eu", workflow)
    ///     .cron("0 3 * * *")
    ///     .timezone("Europe/Zurich")
    ///     .input(&"eu".to_owned())
    ///     .create()
    ///     .await
    /// # }
    /// ```
    pub fn schedule<W: Workflow>(&self, name: impl Into<String>, _: W) -> NewSchedule<'_, W> {
        NewSchedule {
            client: self,
            name: name.into(),
            cron: None,
            timezone: "UTC".to_owned(),
            catch_up: CatchUp::default(),
            input: None,
            queue: "default".to_owned(),
            priority: 0,
            namespace: String::new(),
            replace: false,
            by: By::default(),
            workflow: PhantomData,
        }
    }

    /// Pauses a schedule: it starts no runs until it is resumed. Those that it has started go on. Times that pass meanwhile have no run,
    /// whatever its policy to catch up.
    ///
    /// # Errors
    /// When there is no such schedule ([`is_refused`](Error::is_refused)), or the database fails.
    pub fn pause_schedule(&self, name: impl Into<String>) -> ScheduleAction<'_> {
        self.act(name, statements::PAUSE_SCHEDULE, "pausing a schedule")
    }

    /// Has a paused schedule go on, with the first of its times from now on.
    ///
    /// # Errors
    /// As [`pause_schedule`](Self::pause_schedule).
    pub fn resume_schedule(&self, name: impl Into<String>) -> ScheduleAction<'_> {
        self.act(name, statements::RESUME_SCHEDULE, "resuming a schedule")
    }

    /// Has a schedule start a run now, also while it is paused; its next time stays as it is. A worker does it with its next beat (1.5 s
    /// by default), once for each time that this is called.
    ///
    /// # Errors
    /// As [`pause_schedule`](Self::pause_schedule).
    pub fn trigger_schedule(&self, name: impl Into<String>) -> ScheduleAction<'_> {
        self.act(name, statements::TRIGGER_SCHEDULE, "triggering a schedule")
    }

    /// Deletes a schedule. Its runs stay, and what was done to it. One that a workflow declares is refused: it goes with the declaration.
    ///
    /// # Errors
    /// As [`pause_schedule`](Self::pause_schedule), and when a workflow declares it.
    pub fn delete_schedule(&self, name: impl Into<String>) -> ScheduleAction<'_> {
        self.act(name, statements::DELETE_SCHEDULE, "deleting a schedule")
    }

    fn act(&self, name: impl Into<String>, statement: &'static str, doing: &'static str) -> ScheduleAction<'_> {
        ScheduleAction { client: self, name: name.into(), statement, doing, by: By::default() }
    }

    /// All schedules, by name: those that workflows declare, and those that were made at run time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schedules(&self) -> Result<Vec<ScheduleSummary>, Error> {
        self.list_schedules(None).await
    }

    /// The schedule of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_schedule(&self, name: &str) -> Result<Option<ScheduleSummary>, Error> {
        Ok(self.list_schedules(Some(name)).await?.pop())
    }

    async fn list_schedules(&self, name: Option<&str>) -> Result<Vec<ScheduleSummary>, Error> {
        let doing = "listing schedules";
        let rows = sqlx::query(statements::LIST_SCHEDULES)
            .bind(name)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| summary(row).map_err(|e| Error::database(doing, e))).collect()
    }

    /// What was done to a schedule, who did it, and why, in order; also of one that is deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schedule_events(&self, name: &str) -> Result<Vec<ScheduleEvent>, Error> {
        let doing = "reading the events of a schedule";
        let rows = sqlx::query(statements::LIST_SCHEDULE_EVENTS)
            .bind(name)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| event(row).map_err(|e| Error::database(doing, e))).collect()
    }
}

fn summary(row: &PgRow) -> sqlx::Result<ScheduleSummary> {
    Ok(ScheduleSummary {
        name: row.try_get("name")?,
        workflow: row.try_get("workflow")?,
        cron: row.try_get("cron")?,
        timezone: row.try_get("timezone")?,
        catch_up: CatchUp::of_word(row.try_get("catch_up")?),
        declared: row.try_get("declared")?,
        paused: row.try_get("paused")?,
        next_at: row.try_get("next_at")?,
        last_at: row.try_get("last_at")?,
        last_run: row.try_get::<Option<Uuid>, _>("last_run")?.map(RunId::from),
        problem: row.try_get("problem")?,
        input: row.try_get::<Option<Encoded>, _>("input")?.map(|input| input.decode().unwrap_or_default()),
        queue: row.try_get("queue")?,
        priority: row.try_get("priority")?,
        namespace: row.try_get("namespace")?,
        created_at: row.try_get("created_at")?,
    })
}

fn event(row: &PgRow) -> sqlx::Result<ScheduleEvent> {
    Ok(ScheduleEvent {
        at: row.try_get("at")?,
        kind: row.try_get("kind")?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        detail: row.try_get::<Encoded, _>("detail")?.decode().unwrap_or_default(),
    })
}
