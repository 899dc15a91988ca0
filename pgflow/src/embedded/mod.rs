//! A private Postgres for development and tests, made from the binaries that are installed.
//!
//! Nothing has to be set up: the server's binaries are found, a cluster is made and started, and it is stopped when the
//! last process that uses it has gone, be it by a normal exit, a panic, Ctrl-C or `kill -9`. The server listens on a Unix
//! socket in a folder that only its user can enter, and on no network port.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let database = pgflow::embedded::Database::from_env_or_embedded("quickstart").await?;
//! let pool = sqlx::PgPool::connect_with(database.connect_options()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! | kind | data | after the last user | for |
//! |---|---|---|---|
//! | [`Builder::persistent`] | kept, `fsync` on | stops | the quickstart, development |
//! | [`Builder::temporary`] | removed, `fsync` off | stops | one test that kills or restarts its server |
//! | [`test_cluster`] | removed, `fsync` off | stops after 10 seconds | all other tests, each with a database of its own |
//!
//! # Where the binaries come from
//!
//! `PGFLOW_PG_BIN`, if it is set; else `PATH`, `pg_config --bindir` and the usual folders of Debian, Red Hat, Homebrew and
//! Postgres.app, the newest first. Postgres 15 is the oldest that will do.
//!
//! # Root
//!
//! Postgres does not run as root. A process of root runs it as the user `postgres`, or `nobody` where there is no such
//! user; its data lies below `/var/lib/pgflow`.

mod account;
mod attach;
mod binaries;
mod builder;
mod control;
mod database;
mod databases;
mod error;
mod folders;
mod initdb;
mod postgres;
mod testing;

pub use builder::Builder;
pub use database::Database;
pub use error::Error;
pub use postgres::{Postgres, Shutdown};
pub use testing::{TestDatabase, test_cluster};
