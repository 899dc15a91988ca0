//! Workflows that are made at run time: which of them the worker can run, and which are new.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;

use super::hand::Hand;
use super::plan::Plan;
use crate::database::{Link, statements};
use crate::definition::Definition;
use crate::dynamic::{DynamicHandle, Handlers};
use crate::encoded::Encoded;
use crate::error::Error;

/// How many looks apart it asks what no worker can run, where nothing has changed.
const LOOKS: u32 = 40;
/// How long a look may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a worker knows of workflows that are made at run time. It outlives the worker's ids.
pub(crate) struct Dynamics {
    handlers: Handlers,
    queues: Vec<String>,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    plans: HashMap<i32, Arc<Plan>>,
    /// The number of the last change that was seen.
    known: i64,
}

/// A version, with the number of its change.
type Row = (i32, i64, Encoded);

impl Dynamics {
    pub(crate) fn new(handlers: Handlers, queues: Vec<String>) -> Self {
        Self { handlers, queues, found: Mutex::default() }
    }

    /// Whether there is anything that it could run.
    pub(crate) fn is_idle(&self) -> bool {
        self.handlers.is_empty()
    }

    /// The names of the handlers.
    pub(crate) fn handlers(&self) -> Vec<String> {
        self.handlers.names().map(str::to_owned).collect()
    }

    /// The versions that the worker can run, as far as it has seen them.
    pub(crate) fn plans(&self) -> HashMap<i32, Arc<Plan>> {
        self.lock().plans.clone()
    }

    /// Looks for the first time, before the worker begins.
    pub(crate) async fn begin(&self, connection: &mut PgConnection) -> Result<(), Error> {
        let rows = new_versions(connection, 0).await;
        let rows = rows.map_err(|e| Error::database("looking for workflows that were made at run time", e))?;
        self.take(rows);
        Ok(())
    }

    /// Takes in what has changed, and gives what of it the worker can run.
    fn take(&self, rows: Vec<Row>) -> Vec<Arc<Plan>> {
        let mut plans = Vec::new();
        for (version, changed, text) in rows {
            let plan = self.plan(version, &text);
            let mut found = self.lock();
            found.known = found.known.max(changed);
            if let Some(plan) = plan {
                found.plans.insert(version, Arc::clone(&plan));
                plans.push(plan);
            }
        }
        plans
    }

    fn plan(&self, version: i32, text: &Encoded) -> Option<Arc<Plan>> {
        let definition: Definition = match text.decode() {
            Ok(definition) => definition,
            Err(error) => {
                tracing::warn!(version, %error, "the definition of a version cannot be read: its runs are left to other workers");
                return None;
            }
        };
        let workflow = definition.name.as_str();
        let handle = match DynamicHandle::new(&definition, &self.handlers) {
            Ok(handle) => handle,
            Err(missing) => {
                tracing::debug!(
                    workflow,
                    version,
                    ?missing,
                    "the worker lacks handlers of a workflow, and leaves it to others"
                );
                return None;
            }
        };
        match Plan::of(version, &definition, Arc::new(handle), &self.queues) {
            Ok(plan) => {
                tracing::info!(workflow, version, "the worker runs a workflow that was made at run time");
                Some(Arc::new(plan))
            }
            Err(error) => {
                tracing::warn!(workflow, version, %error, "a workflow that was made at run time cannot be run");
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What looks for new workflows while the worker lives.
pub(crate) struct Scout {
    pub(crate) connect: Arc<PgConnectOptions>,
    pub(crate) bucket: i32,
    pub(crate) worker: i32,
    pub(crate) every: Duration,
    pub(crate) dynamics: Arc<Dynamics>,
    pub(crate) hand: Arc<Hand>,
    /// The driver's end.
    pub(crate) found: mpsc::UnboundedSender<Vec<Arc<Plan>>>,
}

impl Scout {
    /// Goes on until it is dropped.
    pub(crate) async fn look_out(self) {
        let mut link = Link::new(Arc::clone(&self.connect)).with_deadline(DEADLINE);
        let mut warned: HashSet<(i32, String)> = HashSet::new();
        let mut looks = 0;
        loop {
            match self.look(&mut link).await {
                Ok(changed) => {
                    if changed || looks % LOOKS == 0 {
                        self.warn(&mut link, &mut warned).await;
                    }
                    looks += 1;
                }
                Err(error) => {
                    tracing::debug!(worker = self.worker, %error, "new workflows could not be looked for; trying again");
                }
            }
            tokio::time::sleep(self.every).await;
        }
    }

    /// Looks once. Whether something has changed.
    async fn look(&self, link: &mut Link) -> sqlx::Result<bool> {
        let known = self.dynamics.lock().known;
        let rows = link.call(|connection| Box::pin(new_versions(connection, known))).await?;
        let changed = !rows.is_empty();
        let plans = self.dynamics.take(rows);
        if plans.is_empty() {
            return Ok(changed);
        }
        let versions: Vec<i32> = plans.iter().map(|plan| plan.version).collect();
        self.hand.take_versions(&versions);
        let _ = self.found.send(plans);
        let (bucket, worker) = (self.bucket, self.worker);
        link.call(|connection| Box::pin(take_versions(connection, bucket, worker, versions))).await?;
        Ok(changed)
    }

    /// Tells of handlers that are missing, once of each.
    async fn warn(&self, link: &mut Link, warned: &mut HashSet<(i32, String)>) {
        let missing = match link.call(|connection| Box::pin(missing(connection))).await {
            Ok(missing) => missing,
            Err(error) => {
                tracing::debug!(worker = self.worker, %error, "what handlers are missing could not be asked for");
                return;
            }
        };
        warned.retain(|(version, handler)| missing.iter().any(|row| (row.1, &row.4) == (*version, handler)));
        for (workflow, version, _, runs, handler, _, workers) in missing {
            if !warned.insert((version, handler.clone())) {
                continue;
            }
            if workers == 0 {
                tracing::warn!(
                    workflow,
                    version,
                    handler,
                    runs,
                    "a handler is missing on all workers: runs of the workflow wait for it"
                );
            } else {
                tracing::warn!(
                    workflow,
                    version,
                    handler,
                    runs,
                    "no worker has all handlers of a workflow, though some have this one: its runs wait"
                );
            }
        }
    }
}

async fn new_versions(connection: &mut PgConnection, known: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(statements::DYNAMIC_VERSIONS).bind(known).fetch_all(connection).await
}

async fn take_versions(
    connection: &mut PgConnection,
    bucket: i32,
    worker: i32,
    versions: Vec<i32>,
) -> sqlx::Result<()> {
    sqlx::query(statements::TAKE_VERSIONS).bind(bucket).bind(worker).bind(versions).execute(connection).await.map(drop)
}

/// Workflow, version, whether it is current, runs, handler, steps, workers that have it.
type Missing = (String, i32, bool, i64, String, Vec<String>, i64);

async fn missing(connection: &mut PgConnection) -> sqlx::Result<Vec<Missing>> {
    sqlx::query_as(statements::MISSING_HANDLERS).fetch_all(connection).await
}

impl std::fmt::Debug for Dynamics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dynamics").field("handlers", &self.handlers).finish_non_exhaustive()
    }
}
