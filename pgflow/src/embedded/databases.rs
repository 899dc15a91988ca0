//! The databases of a cluster.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Error, Postgres};
use crate::database::statements;

impl Postgres {
    /// Creates a database, as a copy of `template` if one is given.
    ///
    /// # Errors
    /// If there is one of that name, or the template has connections.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<(), Error> {
        let mut connection = self.administrate("create", name).await?;
        create(&mut connection, name, template).await.map_err(failed("create", name))
    }

    /// Creates a database if there is none of that name. Says whether it did.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn ensure_database(&self, name: &str) -> Result<bool, Error> {
        let mut connection = self.administrate("create", name).await?;
        lock(&mut connection, name).await.map_err(failed("lock the name of", name))?;
        if exists(&mut connection, name).await.map_err(failed("look for", name))? {
            return Ok(false);
        }
        create(&mut connection, name, None).await.map_err(failed("create", name))?;
        Ok(true)
    }

    /// Removes a database, if it exists, and disconnects all who use it.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), Error> {
        let mut connection = self.administrate("drop", name).await?;
        let statement = format!("drop database if exists {} with (force)", quote(name));
        run(&mut connection, statement).await.map_err(failed("drop", name))
    }

    /// Makes sure that there is a database `name` to copy with [`create_database`](Self::create_database): the first to ask
    /// for it fills it with `prepare`, all others wait for that.
    ///
    /// `prepare` gets the options to connect with and must have closed its connections when it returns. If it fails or its
    /// process dies, there is no template, and the next to ask makes it. What a template holds should be told by its name,
    /// say by a hash of the migrations.
    ///
    /// # Errors
    /// If `prepare` fails, leaves connections open for more than five seconds, or the server refuses.
    pub async fn template<F, E>(
        &self,
        name: &str,
        prepare: impl FnOnce(sqlx::postgres::PgConnectOptions) -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut connection = self.administrate("make the template", name).await?;
        if exists(&mut connection, name).await.map_err(failed("look for", name))? {
            return Ok(());
        }
        // The lock goes with the connection, so with the process.
        lock(&mut connection, name).await.map_err(failed("lock the name of", name))?;
        if exists(&mut connection, name).await.map_err(failed("look for", name))? {
            return Ok(());
        }
        let building = format!("building_{:016x}", super::folders::random());
        create(&mut connection, &building, None).await.map_err(failed("create", &building))?;
        prepare(self.connect_options(&building))
            .await
            .map_err(|source| Error::Template { template: name.to_owned(), source: source.into() })?;
        let rename = format!("alter database {} rename to {}", quote(&building), quote(name));
        run(&mut connection, rename).await.map_err(failed("rename the filled", &building))
    }

    async fn administrate(&self, action: &'static str, database: &str) -> Result<PgConnection, Error> {
        let options = self.connect_options("postgres");
        PgConnection::connect_with(&options).await.map_err(failed(action, database))
    }
}

/// Copying files beats copying through the log where the database is small, as a template of tests is.
async fn create(connection: &mut PgConnection, name: &str, template: Option<&str>) -> sqlx::Result<()> {
    let copy = match template {
        Some(template) => format!(" template {} strategy file_copy", quote(template)),
        None => String::new(),
    };
    let statement = format!("create database {}{copy}", quote(name));
    // A template may have a visitor for a moment, such as autovacuum.
    for _ in 0..3 {
        match run(connection, statement.clone()).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55006") => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            result => return result,
        }
    }
    run(connection, statement).await
}

async fn exists(connection: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    let query = sqlx::query_scalar(statements::DATABASE_EXISTS);
    query.bind(name).fetch_one(connection).await
}

async fn lock(connection: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    let query = sqlx::query(statements::LOCK_BY_NAME);
    query.bind(name).execute(connection).await.map(drop)
}

/// Statements about databases take no parameters; every name in them went through [`quote`].
async fn run(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn failed(action: &'static str, database: &str) -> impl FnOnce(sqlx::Error) -> Error {
    let database = database.to_owned();
    move |source| Error::Database { action, database, source }
}
