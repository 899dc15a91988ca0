//! The migrations of the schema `pgflow`.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, PgPool};

use super::statements;
use crate::definition::hex_digest;
use crate::error::{Error, Kind};

/// How long a migration waits for other migrators, and then for each lock on a table.
const WAIT_FOR_MIGRATORS: &str = "120s";
const WAIT_FOR_LOCKS: &str = "10s";

/// The oldest server that pgflow works with.
const OLDEST_SERVER: u32 = 150_000;

struct Migration {
    number: i32,
    name: &'static str,
    sql: &'static str,
}

macro_rules! migrations {
    ($($number:literal $name:literal;)*) => {
        const MIGRATIONS: &[Migration] = &[$(Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),*];
    };
}

migrations! {
    1 "0001_clock_and_ids";
    2 "0002_definitions";
    3 "0003_runs";
    4 "0004_start";
    5 "0005_schema_check";
    6 "0006_fence_and_wake";
    7 "0007_claim";
    8 "0008_exchange";
    9 "0009_step_transactions";
    10 "0010_workers";
    11 "0011_views";
    12 "0012_direct_starts";
    13 "0013_control";
    14 "0014_control_of_steps";
    15 "0015_forks";
    16 "0016_supersede";
    17 "0017_turns";
    18 "0018_versions";
    19 "0019_retention";
    20 "0020_upcasts";
    21 "0021_children";
    22 "0022_signals";
    23 "0023_repeats";
    24 "0024_schedules";
    25 "0025_dynamic";
    29 "0029_import";
    30 "0030_privileges";
}

/// A digest of all migrations: the same for programs that make the same schema.
#[must_use]
pub fn schema_digest() -> String {
    let all: String = MIGRATIONS.iter().map(Migration::checksum).collect();
    hex_digest(&all)
}

/// Brings the schema `pgflow` of a database up to this crate's version; does nothing where it is there already.
///
/// All pending migrations are applied in one transaction, so a failure leaves the database as it was. Several migrators wait for
/// each other.
///
/// # Errors
/// When the server is older than Postgres 15, when the role may not create the schema, when the schema is newer than this crate,
/// or when the database fails.
pub async fn migrate(pool: &PgPool) -> Result<(), Error> {
    let mut connection = pool.acquire().await.map_err(|e| Error::database("connecting", e))?;
    let connection: &mut PgConnection = &mut connection;
    check_server(connection).await?;
    if pending(connection).await?.is_empty() {
        return Ok(());
    }
    apply(connection).await.map_err(|e| Error::database("migrating the schema `pgflow`", e))?;
    let left = pending(connection).await?;
    debug_assert!(left.is_empty(), "every migration was applied");
    Ok(())
}

/// Refuses a database whose schema is not the one that this crate knows.
///
/// # Errors
/// As [`migrate`], and when the schema is missing or older.
pub(crate) async fn check(pool: &PgPool) -> Result<(), Error> {
    let mut connection = pool.acquire().await.map_err(|e| Error::database("connecting", e))?;
    check_server(&mut connection).await?;
    let pending = pending(&mut connection).await?;
    match (pending.first(), MIGRATIONS.last()) {
        (Some(first), _) if first.number == 1 => Err(Error::new(Kind::NotMigrated)),
        (Some(first), Some(last)) => Err(Error::new(Kind::SchemaOlder { found: first.number - 1, known: last.number })),
        _ => Ok(()),
    }
}

async fn check_server(connection: &mut PgConnection) -> Result<(), Error> {
    let version: i32 = sqlx::query_scalar(statements::SERVER_VERSION)
        .fetch_one(connection)
        .await
        .map_err(|e| Error::database("reading the server's version", e))?;
    refuse_old(u32::try_from(version).unwrap_or(0))
}

fn refuse_old(version: u32) -> Result<(), Error> {
    if version < OLDEST_SERVER { Err(Error::new(Kind::ServerTooOld { version })) } else { Ok(()) }
}

/// The migrations that the database lacks.
async fn pending(connection: &mut PgConnection) -> Result<&'static [Migration], Error> {
    let doing = "reading the migrations";
    let has_schema: bool = sqlx::query_scalar(statements::HAS_SCHEMA)
        .fetch_one(&mut *connection)
        .await
        .map_err(|e| Error::database(doing, e))?;
    if !has_schema {
        return Ok(MIGRATIONS);
    }
    let applied: Vec<(i32, String)> = sqlx::query_as(statements::APPLIED_MIGRATIONS)
        .fetch_all(connection)
        .await
        .map_err(|e| Error::database(doing, e))?;
    compare(&applied)
}

fn compare(applied: &[(i32, String)]) -> Result<&'static [Migration], Error> {
    let known = MIGRATIONS.last().map_or(0, |m| m.number);
    if let Some((found, _)) = applied.last().filter(|(number, _)| *number > known) {
        return Err(Error::new(Kind::SchemaNewer { found: *found, known }));
    }
    for ((number, checksum), migration) in applied.iter().zip(MIGRATIONS) {
        if *number != migration.number || *checksum != migration.checksum() {
            return Err(Error::new(Kind::ChangedMigration { number: *number, name: migration.name.to_owned() }));
        }
    }
    Ok(MIGRATIONS.get(applied.len()..).unwrap_or_default())
}

async fn apply(connection: &mut PgConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::query(statements::SET_LOCK_TIMEOUT).bind(WAIT_FOR_MIGRATORS).execute(&mut *transaction).await?;
    sqlx::query(statements::LOCK_MIGRATIONS).execute(&mut *transaction).await?;
    sqlx::query(statements::SET_LOCK_TIMEOUT).bind(WAIT_FOR_LOCKS).execute(&mut *transaction).await?;

    // Another migrator may have been here while this one waited.
    let has_schema: bool = sqlx::query_scalar(statements::HAS_SCHEMA).fetch_one(&mut *transaction).await?;
    let applied: Vec<(i32, String)> = if has_schema {
        sqlx::query_as(statements::APPLIED_MIGRATIONS).fetch_all(&mut *transaction).await?
    } else {
        Vec::new()
    };
    for migration in MIGRATIONS.get(applied.len()..).unwrap_or_default() {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
        sqlx::query(statements::RECORD_MIGRATION)
            .bind(migration.number)
            .bind(migration.name)
            .bind(migration.checksum())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

impl Migration {
    fn checksum(&self) -> String {
        hex_digest(self.sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_refused_with_its_version() {
        let error = refuse_old(140_012).unwrap_err();
        assert!(error.is_schema());
        assert_eq!(error.to_string(), "the server is Postgres 14; pgflow needs 15 or later");
        assert!(refuse_old(150_000).is_ok());
    }

    #[test]
    fn migrations_are_numbered_as_their_files_are() {
        assert!(MIGRATIONS.is_sorted_by(|one, next| one.number < next.number));
        for migration in MIGRATIONS {
            assert!(migration.name.starts_with(&format!("{:04}_", migration.number)), "{}", migration.name);
            assert!(migration.sql.starts_with("-- Intent: "), "{} has no header", migration.name);
        }
    }
}
