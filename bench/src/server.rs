//! The server, and a fresh database for each measurement.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use pgflow::embedded::{Database, Postgres};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};

/// What the embedded server is started with besides durability: room enough that no checkpoint falls into a measurement.
const SETTINGS: [(&str, &str); 4] = [
    ("max_wal_size", "4GB"),
    ("shared_buffers", "512MB"),
    ("checkpoint_timeout", "30min"),
    ("shared_preload_libraries", "pg_stat_statements"),
];
/// What is published with the figures.
const SHOWN: [&str; 8] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
];

/// The benchmark will not run like this: the exit code is 2.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// The server that is measured.
pub(crate) struct Server {
    options: PgConnectOptions,
    admin: PgPool,
    embedded: Option<Postgres>,
    /// Begins the name of each database that is made here.
    prefix: String,
    /// The databases that are to be removed in the end.
    made: Mutex<Vec<String>>,
    counts_statements: bool,
}

/// A database that was made for one measurement.
pub(crate) struct Db {
    pub(crate) name: String,
    pub(crate) pool: PgPool,
}

/// What the server had to do. Statements are unknown where the server has no `pg_stat_statements`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wal_bytes: f64,
    pub(crate) statements: Option<f64>,
}

impl Cost {
    pub(crate) const NONE: Self = Self { wal_bytes: 0.0, statements: Some(0.0) };

    /// What was added since an earlier one.
    pub(crate) fn since(self, earlier: Self) -> Self {
        let statements = self.statements.zip(earlier.statements).map(|(now, before)| now - before);
        Self { wal_bytes: self.wal_bytes - earlier.wal_bytes, statements }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let statements = self.statements.zip(other.statements).map(|(one, other)| one + other);
        Self { wal_bytes: self.wal_bytes + other.wal_bytes, statements }
    }
}

impl Db {
    /// How another process connects.
    pub(crate) fn url(&self) -> String {
        self.pool.connect_options().to_url_lossy().to_string()
    }
}

impl Server {
    /// The server of `DATABASE_URL`, or an embedded one that is removed afterwards. Refuses one that may lose what it has
    /// committed.
    pub(crate) async fn start() -> Result<Self> {
        let (options, embedded) = match Database::from_env()? {
            Some(database) => (database.connect_options(), None),
            None => {
                let postgres = embedded().await.context("starting the embedded Postgres")?;
                (postgres.connect_options("postgres"), Some(postgres))
            }
        };
        let admin = PgPoolOptions::new().max_connections(2).connect_with(options.clone()).await?;
        durable(&admin).await?;
        if embedded.is_some() {
            // Without the library, commits are counted in place of statements.
            let _ = sqlx::raw_sql("create extension if not exists pg_stat_statements").execute(&admin).await;
        }
        let counts_statements = sqlx::query("select from pg_stat_statements limit 1").execute(&admin).await.is_ok();
        let prefix = format!("pgflow_bench_{:08x}", uuid::Uuid::new_v4().as_fields().0);
        let server = Self { options, admin, embedded, prefix, made: Mutex::default(), counts_statements };
        server.make_template().await?;
        Ok(server)
    }

    async fn make_template(&self) -> Result<()> {
        let name = self.template();
        self.make(&name, None).await?;
        let pool = PgPoolOptions::new().max_connections(1).connect_with(self.options.clone().database(&name)).await?;
        pgflow::migrate(&pool).await?;
        pool.close().await;
        Ok(())
    }

    fn template(&self) -> String {
        format!("{}_template", self.prefix)
    }

    async fn make(&self, name: &str, template: Option<&str>) -> Result<()> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        // To copy the files makes a checkpoint: each measurement begins with clean buffers.
        let template = template.map(|template| format!(" template {template} strategy file_copy")).unwrap_or_default();
        let statement = format!("create database {name}{template}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&self.admin).await.context("making a database")?;
        Ok(())
    }

    /// A fresh database with pgflow's schema, never analyzed.
    pub(crate) async fn fresh(&self, name: &str) -> Result<Db> {
        let name = format!("{}_{name}", self.prefix);
        self.make(&name, Some(&self.template())).await?;
        let pool = PgPoolOptions::new().max_connections(10).connect_with(self.options.clone().database(&name)).await?;
        Ok(Db { name, pool })
    }

    /// Removes a database, whoever is still connected.
    pub(crate) async fn remove(&self, db: Db) -> Result<()> {
        db.pool.close().await;
        self.drop_database(&db.name).await?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|name| *name != db.name);
        Ok(())
    }

    async fn drop_database(&self, name: &str) -> Result<()> {
        let statement = format!("drop database if exists {name} with (force)");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&self.admin).await.context("removing a database")?;
        Ok(())
    }

    /// Removes what was made, also after an error.
    pub(crate) async fn close(self) -> Result<()> {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(postgres) = self.embedded {
            self.admin.close().await;
            return Ok(postgres.stop().await?);
        }
        for name in made {
            self.drop_database(&name).await?;
        }
        self.admin.close().await;
        Ok(())
    }

    /// Statements of a database and write-ahead log of the server, so far.
    pub(crate) async fn cost(&self, db: &Db) -> Result<Cost> {
        Ok(Cost { wal_bytes: self.wal().await?, statements: self.statements(db).await? })
    }

    /// The place in the write-ahead log, in bytes.
    pub(crate) async fn wal(&self) -> Result<f64> {
        let query = sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::float8");
        Ok(query.fetch_one(&self.admin).await?)
    }

    /// How many statements clients have sent to a database, where `pg_stat_statements` counts them.
    async fn statements(&self, db: &Db) -> Result<Option<f64>> {
        if !self.counts_statements {
            return Ok(None);
        }
        let query = sqlx::query_scalar(
            "select coalesce(sum(s.calls), 0)::float8 from pg_stat_statements s join pg_database d on d.oid = s.dbid
             where d.datname = $1 and s.toplevel",
        );
        Ok(Some(query.bind(&db.name).fetch_one(&self.admin).await?))
    }

    /// How many transactions of a database have committed so far. Closes the pool: sessions tell when they end.
    pub(crate) async fn commits(&self, db: &Db) -> Result<f64> {
        db.pool.close().await;
        let query = sqlx::query_scalar("select xact_commit::float8 from pg_stat_database where datname = $1");
        Ok(query.bind(&db.name).fetch_one(&self.admin).await?)
    }

    /// How many round trips workers have made to a database, and their time in the server in milliseconds.
    pub(crate) async fn exchanges(&self, db: &Db) -> Result<Option<(f64, f64)>> {
        if !self.counts_statements {
            return Ok(None);
        }
        let query = sqlx::query_as(
            "select coalesce(sum(s.calls), 0)::float8, coalesce(sum(s.total_exec_time), 0)::float8
             from pg_stat_statements s join pg_database d on d.oid = s.dbid
             where d.datname = $1 and s.toplevel and s.query like '%pgflow.exchange(%'",
        );
        Ok(Some(query.bind(&db.name).fetch_one(&self.admin).await?))
    }

    /// Lets statements inside functions be counted by themselves, which takes time: figures are then lower than without. A server that
    /// others use as well keeps its settings.
    pub(crate) async fn watch_inside_functions(&self) -> Result<()> {
        if self.counts_statements && self.embedded.is_some() {
            sqlx::raw_sql("alter system set pg_stat_statements.track = 'all'").execute(&self.admin).await?;
            sqlx::raw_sql("select pg_reload_conf()").execute(&self.admin).await?;
        }
        Ok(())
    }

    /// The statements of a database that took longest, a line each: for those who look for what costs most.
    pub(crate) async fn longest_statements(&self, db: &Db) -> Result<Vec<String>> {
        if !self.counts_statements {
            return Ok(vec!["this server has no pg_stat_statements".to_owned()]);
        }
        let query = sqlx::query_scalar(
            "select format('%s ms in all, %s calls, %s ms each (largest %s), %s bytes of WAL: %s', round(total_exec_time::numeric, 1), calls,
                           round(mean_exec_time::numeric, 3), round(max_exec_time::numeric, 2), wal_bytes,
                           case when toplevel then '' else '(inside) ' end || left(regexp_replace(query, '\\s+', ' ', 'g'), 100))
             from pg_stat_statements s join pg_database d on d.oid = s.dbid
             where d.datname = $1 order by total_exec_time desc limit 30",
        );
        Ok(query.bind(&db.name).fetch_all(&self.admin).await?)
    }

    /// What runs here, for the report.
    pub(crate) async fn describe(&self) -> Result<Vec<(String, String)>> {
        let mut shown = Vec::new();
        for name in SHOWN {
            shown.push((name.to_owned(), setting(&self.admin, name).await?));
        }
        let place = if self.embedded.is_some() { "embedded" } else { "DATABASE_URL" };
        shown.push(("server".to_owned(), place.to_owned()));
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        shown.push(("cores_of_this_machine".to_owned(), cores.to_string()));
        Ok(shown)
    }
}

async fn embedded() -> Result<Postgres> {
    let start = |settings: &'static [(&str, &str)]| async move {
        let mut builder = Postgres::builder().temporary().durable(true);
        for (name, value) in settings {
            builder = builder.setting(*name, *value);
        }
        builder.start().await
    };
    match start(&SETTINGS).await {
        Ok(postgres) => Ok(postgres),
        // A server without its contributed libraries does not start with one of them.
        Err(_) => Ok(start(&SETTINGS[..SETTINGS.len() - 1]).await?),
    }
}

/// Refuses a server whose commits may be lost: its figures would be worth nothing.
async fn durable(admin: &PgPool) -> Result<()> {
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        if setting(admin, name).await? == "off" {
            return Err(Refused(format!(
                "`{name}` is off on this server: its commits may be lost, and figures of it mean nothing. Turn it on, or unset \
                 DATABASE_URL to measure an embedded server"
            ))
            .into());
        }
    }
    Ok(())
}

async fn setting(admin: &PgPool, name: &str) -> Result<String> {
    Ok(sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(admin).await?)
}
