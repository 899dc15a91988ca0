//! Workers as real processes: shared work among several of them; killed, stopped and told to end; and their Postgres restarted
//! and away. Whatever happens, every run ends right, and everything is recorded once.

#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod children;
mod deploys;
mod fleets;
mod kills;
mod network;
mod poison;
mod server;
mod stops;

use pgflow_tests::TestDb;
use pgflow_tests::process::{Pace, WorkerProcess};

/// Starts a worker process with the workflows of the tests.
async fn worker(db: &TestDb, name: &str, pace: Pace, arguments: &[&str]) -> WorkerProcess {
    WorkerProcess::start(env!("CARGO_BIN_EXE_worker"), db, name, pace, arguments).await
}

/// The seeds of a test: `usual` many, or as many as PGFLOW_SEEDS says, or only the one that PGFLOW_SEED names.
fn seeds(usual: u64) -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("PGFLOW_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("PGFLOW_SEEDS").unwrap_or(usual)).collect(),
    }
}
