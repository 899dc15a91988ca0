//! The error of clients, workers and migrations.

use std::fmt;

use crate::step::RunId;

/// What went wrong outside of a step: the database, the schema, a run that did not end well.
///
/// Ask it with the `is_*` methods; its message says what failed, on what, and what to do.
#[derive(Debug)]
pub struct Error(Box<Kind>);

#[derive(Debug)]
pub(crate) enum Kind {
    Database { doing: &'static str, source: sqlx::Error },
    ServerTooOld { version: u32 },
    NotMigrated,
    SchemaOlder { found: i32, known: i32 },
    SchemaNewer { found: i32, known: i32 },
    ChangedMigration { number: i32, name: String },
    Privilege { doing: &'static str, source: sqlx::Error },
    UnknownRun(RunId),
    RunFailed { run: RunId, step: Option<String>, error: String },
    RunCancelled { run: RunId, reason: Option<String> },
    Refused(String),
    Backlogged(String),
    Payload { what: String, source: serde_json::Error },
    Invalid(String),
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(kind))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid(message.into()))
    }

    /// An error of the database, while `doing` (as in "while starting a run").
    pub(crate) fn database(doing: &'static str, source: sqlx::Error) -> Self {
        let code = source.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
        match code.as_str() {
            // No such schema, table or function.
            "3F000" | "42P01" | "42883" => Self::new(Kind::NotMigrated),
            "42501" => Self::new(Kind::Privilege { doing, source }),
            "PF429" => {
                let message = source.as_database_error().map(|error| error.message().to_owned());
                Self::new(Kind::Backlogged(message.unwrap_or_default()))
            }
            _ => Self::new(Kind::Database { doing, source }),
        }
    }

    /// An error of the database that may be its word that something cannot be done as things stand.
    pub(crate) fn refused(doing: &'static str, source: sqlx::Error) -> Self {
        let Some(error) = source.as_database_error() else { return Self::database(doing, source) };
        match error.code().unwrap_or_default().as_ref() {
            "PF404" | "PF409" | "PF422" => {
                let hint = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|e| e.hint());
                let message = error.message();
                let message = hint.map_or_else(|| message.to_owned(), |hint| format!("{message}. {hint}"));
                Self::new(Kind::Refused(message))
            }
            _ => Self::database(doing, source),
        }
    }

    /// Whether the database could not be reached or refused; the call may be repeated.
    #[must_use]
    pub fn is_database(&self) -> bool {
        matches!(*self.0, Kind::Database { .. })
    }

    /// Whether the database lacks pgflow's schema, or has one that this program is too old or too new for.
    #[must_use]
    pub fn is_schema(&self) -> bool {
        matches!(
            *self.0,
            Kind::NotMigrated
                | Kind::SchemaOlder { .. }
                | Kind::SchemaNewer { .. }
                | Kind::ChangedMigration { .. }
                | Kind::ServerTooOld { .. }
        )
    }

    /// Whether the database's role lacks a privilege.
    #[must_use]
    pub fn is_privilege(&self) -> bool {
        matches!(*self.0, Kind::Privilege { .. })
    }

    /// Whether there is no such run.
    #[must_use]
    pub fn is_unknown_run(&self) -> bool {
        matches!(*self.0, Kind::UnknownRun(_))
    }

    /// Whether something cannot be done to a run as it stands, or with what was given for it; nothing was changed.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(*self.0, Kind::Refused(_))
    }

    /// Whether a start was refused since too many runs wait already ([`StartOptions::max_backlog`](crate::StartOptions::max_backlog));
    /// nothing was started, and it may be tried again later.
    #[must_use]
    pub fn is_backlogged(&self) -> bool {
        matches!(*self.0, Kind::Backlogged(_))
    }

    /// Whether the run has failed.
    #[must_use]
    pub fn is_run_failed(&self) -> bool {
        matches!(*self.0, Kind::RunFailed { .. })
    }

    /// Whether the run was cancelled.
    #[must_use]
    pub fn is_run_cancelled(&self) -> bool {
        matches!(*self.0, Kind::RunCancelled { .. })
    }

    /// For a run that has failed, the step that it failed of.
    #[must_use]
    pub fn failed_step(&self) -> Option<&str> {
        match &*self.0 {
            Kind::RunFailed { step, .. } => step.as_deref(),
            _ => None,
        }
    }
}

impl From<crate::dynamic::DefinitionError> for Error {
    fn from(error: crate::dynamic::DefinitionError) -> Self {
        Self::new(Kind::Refused(error.to_string()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Database { doing, source } => write!(f, "the database failed while {doing}: {source}"),
            Kind::ServerTooOld { version } => {
                write!(f, "the server is Postgres {}; pgflow needs 15 or later", version / 10_000)
            }
            Kind::NotMigrated => f.write_str(
                "the database has no (complete) schema `pgflow`: start a worker with a role that may create it, or call `pgflow::migrate`",
            ),
            Kind::SchemaOlder { found, known } => write!(
                f,
                "the schema `pgflow` is at migration {found}, and this program needs {known}: migrate it (`pgflow::migrate`, or a worker with migrations on)"
            ),
            Kind::SchemaNewer { found, known } => write!(
                f,
                "the schema `pgflow` is at migration {found}, and this program knows {known} only: update the program's pgflow"
            ),
            Kind::ChangedMigration { number, name } => write!(
                f,
                "migration {number} (`{name}`) was applied to the database in another form than this program has: they are of different builds; nothing was changed"
            ),
            Kind::Privilege { doing, source } => write!(
                f,
                "the database's role lacks a privilege while {doing}: {source}; let the schema's owner call `select pgflow.grant_to('<role>', 'worker')` (or 'client', 'reader'), and migrate as a role that may create a schema"
            ),
            Kind::UnknownRun(run) => write!(f, "there is no run {run} in this database"),
            Kind::RunFailed { run, step: Some(step), error } => write!(f, "run {run} failed at step `{step}`: {error}"),
            Kind::RunFailed { run, step: None, error } => write!(f, "run {run} failed: {error}"),
            Kind::RunCancelled { run, reason: Some(reason) } => write!(f, "run {run} was cancelled: {reason}"),
            Kind::RunCancelled { run, reason: None } => write!(f, "run {run} was cancelled"),
            Kind::Payload { what, source } => write!(f, "{what}: {source}"),
            Kind::Backlogged(message) => write!(f, "{message}: start it later, or add workers"),
            Kind::Invalid(message) | Kind::Refused(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Database { source, .. } | Kind::Privilege { source, .. } => Some(source),
            Kind::Payload { source, .. } => Some(source),
            _ => None,
        }
    }
}
