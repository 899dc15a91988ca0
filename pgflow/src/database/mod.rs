//! What speaks to the database: migrations, statements, connections of the engine's own.

use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use crate::error::Error;

mod jsonb;
mod link;
mod migrate;
pub(crate) mod statements;

pub(crate) use jsonb::Jsonb;
pub(crate) use link::Link;
pub(crate) use migrate::check;
pub use migrate::{migrate, schema_digest};

/// Opens a connection and closes it: a pool whose server cannot be reached would try again for half a minute, and then give no
/// reason.
///
/// # Errors
/// Why the server cannot be reached.
pub(crate) async fn reach(pool: &PgPool) -> Result<(), Error> {
    let connection = pool.connect_options().connect().await.map_err(|e| Error::database("connecting", e))?;
    // The answer does not matter: it was reached.
    let _ = connection.close().await;
    Ok(())
}
