//! How a worker behaves.

use std::time::Duration;

/// A queue that a worker takes work from: its name, or this for more.
///
/// ```
/// use pgflow::Queue;
///
/// let mail = Queue::new("mail").concurrency(8).weight(3);
/// let other: Queue = "default".into();
/// ```
#[derive(Clone, Debug)]
#[must_use = "hand it to `WorkerBuilder::queue`"]
pub struct Queue {
    pub(crate) name: String,
    concurrency: Option<usize>,
    pub(crate) weight: u32,
}

impl Queue {
    /// The queue of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), concurrency: None, weight: 1 }
    }

    /// How many of its steps the worker runs at once, at most. Default: as many as of all queues together
    /// ([`WorkerBuilder::concurrency`](crate::WorkerBuilder::concurrency)).
    pub fn concurrency(mut self, steps: usize) -> Self {
        self.concurrency = Some(steps.max(1));
        self
    }

    /// How often it has its turn where several queues have work and a slot is free: one of weight 3 thrice as often as one of weight 1.
    /// Default: 1.
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight.max(1);
        self
    }

    /// How many slots it has in a worker with so many.
    pub(crate) fn slots(&self, concurrency: usize) -> usize {
        self.concurrency.map_or(concurrency, |own| own.min(concurrency))
    }
}

impl From<&str> for Queue {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Queue {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bucket: i32,
    pub(crate) name: String,
    /// None stands for `default`.
    pub(crate) queues: Vec<Queue>,
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
            queues: Vec::new(),
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

impl Options {
    /// The names of the queues, in their order.
    pub(crate) fn queue_names(&self) -> Vec<String> {
        self.queues.iter().map(|queue| queue.name.clone()).collect()
    }
}

/// The program and its process id: for people only, the worker's identity is another.
fn default_name() -> String {
    let program = std::env::current_exe().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    format!("{}-{}", program.as_deref().unwrap_or("worker"), std::process::id())
}
