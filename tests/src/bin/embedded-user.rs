//! A process that uses an embedded server and ends in the way it is told, for the tests of what is left behind.
//!
//! `embedded-user temporary|persistent:PATH|database:NAME WAY` prints `ready FOLDER URL` and then ends by WAY: `exit`,
//! `panic` or `stop`; `wait` sleeps until it is killed.

use std::io::Write;
use std::time::Duration;

use pgflow::embedded::{Database, Postgres};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().ok_or("which kind of server?")?;
    let way = arguments.next().ok_or("how to end?")?;

    let (postgres, url) = match kind.split_once(':') {
        Some(("database", name)) => {
            let database = Database::from_env_or_embedded(name).await?;
            (database.postgres().cloned(), database.url().to_owned())
        }
        Some(("persistent", path)) => with_url(Postgres::builder().persistent(path).start().await?),
        _ => with_url(Postgres::builder().temporary().start().await?),
    };
    let folder = postgres.as_ref().map(|postgres| postgres.folder().display().to_string()).unwrap_or_default();
    println!("ready {folder} {url}");
    std::io::stdout().flush()?;

    match way.as_str() {
        "exit" => {}
        "stop" => {
            if let Some(postgres) = postgres {
                postgres.stop().await?;
            }
        }
        "panic" => panic!("as told"),
        _ => tokio::time::sleep(Duration::from_secs(600)).await,
    }
    Ok(())
}

fn with_url(postgres: Postgres) -> (Option<Postgres>, String) {
    let url = postgres.url("postgres");
    (Some(postgres), url)
}
