//! How a worker behaves.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bucket: i32,
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) concurrency: usize,
    pub(crate) most_runs: usize,
    pub(crate) memory_budget: usize,
    pub(crate) tx_connections: u32,
    pub(crate) max_crashes: u16,
    pub(crate) poll_interval: Duration,
    pub(crate) beat: Duration,
    pub(crate) silence_limit: Duration,
    pub(crate) grace: Duration,
    pub(crate) cancel_grace: Duration,
    pub(crate) migrate: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bucket: 0,
            name: default_name(),
            queue: "default".to_owned(),
            concurrency: 100,
            most_runs: 10_000,
            memory_budget: 256 * 1024 * 1024,
            tx_connections: 10,
            max_crashes: 3,
            poll_interval: Duration::from_secs(1),
            beat: Duration::from_millis(1_500),
            silence_limit: Duration::from_secs(6),
            grace: Duration::from_secs(30),
            cancel_grace: Duration::from_secs(5),
            migrate: true,
        }
    }
}

/// The program and its process id: for people only, the worker's identity is another.
fn default_name() -> String {
    let program = std::env::current_exe().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    format!("{}-{}", program.as_deref().unwrap_or("worker"), std::process::id())
}
