//! What can go wrong, in sentences that say what to do.

use std::path::{Path, PathBuf};

/// Why an embedded Postgres could not be found, started or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server of a version that will do was found; the text lists where it was looked for and three ways out.
    #[error(
        "no PostgreSQL server of version {wanted} was found. Looked here:\n{}\nThree ways out:\n  \
         1. install one: `apt-get install postgresql`, `dnf install postgresql-server` or `brew install postgresql`\n  \
         2. say where one is: PGFLOW_PG_BIN=/folder/with/initdb,pg_ctl,postgres\n  \
         3. use a server that is running: DATABASE_URL=postgres://user@host/database",
        .looked.iter().map(|place| format!("  {place}")).collect::<Vec<_>>().join("\n")
    )]
    BinariesNotFound {
        /// The version asked for, such as `15 or newer`.
        wanted: String,
        /// Each place with what was found there.
        looked: Vec<String>,
    },

    /// `DATABASE_URL` is set but cannot be used. An embedded server never takes its place.
    #[error("DATABASE_URL cannot be used: {reason}. Correct it, or unset it to use an embedded server")]
    DatabaseUrl {
        /// What is wrong with it, without its password.
        reason: String,
    },

    /// This process is root, and there is no user that the server could run as.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`; create one of them")]
    NoServerUser,

    /// The user that runs the server cannot get at its folder.
    #[error(
        "{path} cannot be reached by the user {user}, which runs the server: {folder} is closed to it. \
         Choose a place outside of {folder}", path = .path.display(), folder = .folder.display()
    )]
    OutOfReach {
        /// The folder that the server needs.
        path: PathBuf,
        /// The folder above it that is closed.
        folder: PathBuf,
        /// The user.
        user: String,
    },

    /// A folder that must belong to the server's user alone does not.
    #[error("{path} is not used, because {reason}. Remove it, or choose another place", path = .path.display())]
    NotPrivate {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// No folder for data is known: neither `XDG_DATA_HOME` nor `HOME` is an absolute path.
    #[error("there is no place for the data of {name}: set HOME or XDG_DATA_HOME, or give an absolute path")]
    NoHome {
        /// The name of the cluster.
        name: String,
    },

    /// The name of a setting has other characters than letters, digits, `_` and `.`.
    #[error("`{name}` is not the name of a PostgreSQL setting")]
    SettingName {
        /// The name.
        name: String,
    },

    /// A program that Postgres or the system brings failed.
    #[error("`{program}` failed ({status}): {output}")]
    Program {
        /// The program and its arguments.
        program: String,
        /// How it ended.
        status: String,
        /// What it wrote.
        output: String,
    },

    /// The server did not come up.
    #[error(
        "the PostgreSQL server of {cluster} {reason}. The end of its log ({log}):\n{tail}",
        cluster = .cluster.display(), log = .cluster.join("log").display()
    )]
    Server {
        /// The cluster's folder.
        cluster: PathBuf,
        /// What happened.
        reason: String,
        /// The last lines of the log.
        tail: String,
    },

    /// Another process kept the cluster's lock for too long.
    #[error("{path} is still locked after {seconds} seconds by {holder}; end that process, or use another cluster",
        path = .path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
        /// Who holds it.
        holder: &'static str,
    },

    /// A statement for a database of the cluster failed.
    #[error("could not {action} database `{database}`: {source}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// On which database.
        database: String,
        /// Why it failed.
        source: sqlx::Error,
    },

    /// The caller's function that fills a template database failed.
    #[error("could not prepare the template database `{template}`: {source}")]
    Template {
        /// The template.
        template: String,
        /// The function's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A file or folder could not be used.
    #[error("could not {action} {path}: {source}", path = .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether no usable server is installed.
    #[must_use]
    pub fn is_binaries_not_found(&self) -> bool {
        matches!(self, Self::BinariesNotFound { .. })
    }

    /// Whether `DATABASE_URL` is set and cannot be used.
    #[must_use]
    pub fn is_database_url(&self) -> bool {
        matches!(self, Self::DatabaseUrl { .. })
    }
}

/// Puts what was tried, and on which path, to an operating system's error.
pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}
