//! The database that `DATABASE_URL` names, or an embedded one.

use std::env::VarError;
use std::fmt;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use super::{Error, Postgres};

/// A database to work with, and the hold on its server where that is embedded.
#[derive(Clone)]
pub struct Database {
    options: PgConnectOptions,
    url: String,
    postgres: Option<Postgres>,
}

impl Database {
    /// The database of `DATABASE_URL` if that is set, else the database `name` in the persistent embedded cluster `name`,
    /// both created when they are missing.
    ///
    /// # Errors
    /// If `DATABASE_URL` is set and unusable, were it only empty: what somebody asked for is never replaced by something
    /// else. And if the embedded server cannot be started.
    pub async fn from_env_or_embedded(name: &str) -> Result<Self, Error> {
        if let Some(database) = Self::from_env()? {
            return Ok(database);
        }
        let postgres = Postgres::builder().persistent(name).start().await?;
        postgres.ensure_database(name).await?;
        Ok(Self::embedded(postgres, name))
    }

    /// The database of `DATABASE_URL` if that is set, else one in a [temporary](super::Builder::temporary) embedded cluster:
    /// for demonstrations and experiments that begin from nothing each time.
    ///
    /// # Errors
    /// As [`from_env_or_embedded`](Self::from_env_or_embedded).
    pub async fn from_env_or_temporary() -> Result<Self, Error> {
        if let Some(database) = Self::from_env()? {
            return Ok(database);
        }
        let postgres = Postgres::builder().temporary().start().await?;
        Ok(Self::embedded(postgres, "postgres"))
    }

    /// The database of `DATABASE_URL`, if that is set. It is not connected to.
    ///
    /// # Errors
    /// If it is set and no URL of a Postgres server.
    pub fn from_env() -> Result<Option<Self>, Error> {
        let url = match std::env::var("DATABASE_URL") {
            Ok(url) => url,
            Err(VarError::NotPresent) => return Ok(None),
            Err(VarError::NotUnicode(_)) => return Err(unusable("it is not UTF-8")),
        };
        if url.trim().is_empty() {
            return Err(unusable("it is empty"));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(unusable("it does not begin with postgres:// or postgresql://"));
        }
        let options = PgConnectOptions::from_str(&url).map_err(|error| unusable(&error.to_string()))?;
        Ok(Some(Self { options, url, postgres: None }))
    }

    /// A database of an embedded server that runs already.
    #[must_use]
    pub fn embedded(postgres: Postgres, name: &str) -> Self {
        Self { options: postgres.connect_options(name), url: postgres.url(name), postgres: Some(postgres) }
    }

    /// How to connect.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// The same as a URL. It may hold a password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server, where it is embedded. It stops when this `Database` and all clones of the server are gone.
    #[must_use]
    pub fn postgres(&self) -> Option<&Postgres> {
        self.postgres.as_ref()
    }
}

/// Without the URL and the options, which may hold a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("postgres", &self.postgres).finish_non_exhaustive()
    }
}

fn unusable(reason: &str) -> Error {
    Error::DatabaseUrl { reason: reason.to_owned() }
}
