//! The client: starts runs, awaits and lists them.

mod announce;
mod children;
mod control;
mod definitions;
mod deploy;
mod events;
mod fork;
mod import;
mod list;
mod notes;
mod options;
mod retention;
mod run;
mod schedules;
mod signals;
mod start;
mod versions;
mod wait;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::database;
use crate::definition::Definition;
use crate::error::Error;
use crate::step::RunId;
use crate::workflow::{RunOf, Workflow};

pub use children::RunChild;
pub use control::{Action, BulkAction};
pub use definitions::{MissingHandler, WorkflowDetail, WorkflowFilter};
pub use deploy::{DeployCheck, VersionCheck};
pub use events::RunEvent;
pub use fork::Fork;
pub use import::{ImportReport, ImportedRun, ImportedWorkflow};
pub use list::{RunFilter, RunSummary, StepSummary};
pub use notes::StepNote;
pub use options::StartOptions;
pub use run::{Run, RunStatus};
pub use schedules::{NewSchedule, ScheduleAction, ScheduleEvent, ScheduleSummary};
pub use signals::{RunSignal, SendSignal};
pub(crate) use start::{register, register_aside};
pub use start::{start_in, start_many_in};
pub use versions::{Comparison, VersionSummary};

/// Starts runs and awaits them. Cheap to clone; all clones share a pool and one connection for notifications.
#[derive(Clone, Debug)]
pub struct Client {
    pool: PgPool,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The version of each workflow that was started, with its deadline, by its type: two of one name are two versions.
    versions: Mutex<HashMap<TypeId, Known>>,
    waiting: wait::Waiting,
    announcer: announce::Announcer,
}

/// What a client knows of a workflow.
#[derive(Clone, Copy, Debug)]
struct Known {
    version: i32,
    deadline: Option<Duration>,
}

impl Client {
    /// Connects to the database at `url` (`postgres://user@host/database`), with a pool of up to ten connections.
    ///
    /// # Errors
    /// When the database cannot be reached, or its schema `pgflow` is missing or of another version.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse().map_err(|e| Error::database("reading the database's URL", e))?;
        let pool = PgPoolOptions::new().max_connections(10).connect_lazy_with(options);
        database::reach(&pool).await?;
        database::check(&pool).await?;
        Ok(Self::new(pool))
    }

    /// A client on an existing pool. Touches the database at its first use only.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let shared = Shared {
            versions: Mutex::default(),
            waiting: wait::Waiting::default(),
            announcer: announce::Announcer::new(&pool),
        };
        Self { pool, shared: Arc::new(shared) }
    }

    /// The pool that the client uses.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A handle to a run that was started earlier; [`Dynamic`](crate::dynamic::Dynamic) stands for a workflow that was made at run time.
    #[must_use]
    pub fn run<W: RunOf>(&self, _: W, id: RunId) -> Run<W> {
        Run::new(self.clone(), id)
    }

    /// The version of a workflow in this database; it is registered if need be.
    async fn version<W: Workflow>(&self) -> Result<Known, Error> {
        let known =
            self.shared.versions.lock().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<W>()).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let definition: Definition = W::definition();
        let version = register(&self.pool, &definition).await?;
        let known = Known { version, deadline: definition.deadline };
        self.shared.versions.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<W>(), known);
        Ok(known)
    }
}
