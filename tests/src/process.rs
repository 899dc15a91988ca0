//! Workers as processes of their own, which can be killed, stopped and continued.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::database::{PATIENCE, TestDb};

/// A running `worker`. Dropping it kills the process; the process ends by itself when this one does.
#[derive(Debug)]
pub struct WorkerProcess {
    child: Child,
    name: String,
}

/// How fast a worker process beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As by default.
    Default,
    /// A beat each 100 ms, dead after a second of silence.
    Fast,
}

impl WorkerProcess {
    /// Starts the program `worker` (in integration tests `env!("CARGO_BIN_EXE_worker")`) and waits until it has begun.
    ///
    /// `name` is how the table `pgflow.worker` tells it from others; `arguments` are told at [`serve`](crate::serve::serve).
    pub async fn start(program: &str, db: &TestDb, name: &str, pace: Pace, arguments: &[&str]) -> Self {
        Self::start_at(program, &db.url(), name, pace, arguments).await
    }

    /// The same on the database at `url`.
    pub async fn start_at(program: &str, url: &str, name: &str, pace: Pace, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.arg(url).args(["--name", name]);
        if pace == Pace::Fast {
            command.args(["--beat", "100", "--silence", "1000", "--poll", "100"]);
        }
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the worker's process starts");
        let output = child.stdout.take().expect("its output is piped");
        let first = tokio::time::timeout(PATIENCE, BufReader::new(output).lines().next_line()).await;
        let first = first.expect("the worker begins in time").expect("it writes text");
        assert_eq!(first.as_deref(), Some("ready"), "what worker {name} wrote first");
        Self { child, name: name.to_owned() }
    }

    /// The name that it has in `pgflow.worker`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        kill_process(pid.expect("the worker's process runs"), signal).expect("it can be sent a signal");
    }

    /// SIGKILL; waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// SIGSTOP: it does nothing more, and does not know it.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// SIGTERM: it is to end in order.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits for its end.
    pub async fn wait(mut self) -> ExitStatus {
        // Its input stays open: it is what keeps it running.
        let input = self.child.stdin.take();
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        drop(input);
        status.expect("the worker ends in time").expect("it can be waited for")
    }

    /// SIGTERM, and waits for the end, which must be a good one.
    pub async fn end(self) {
        self.terminate();
        let name = self.name.clone();
        let status = self.wait().await;
        assert!(status.success(), "worker {name} ended with {status}");
    }
}

/// A random moment, repeatable by its seed.
#[derive(Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// Moments that follow from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }

    /// A time shorter than `limit`.
    pub fn time(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)))
    }
}
