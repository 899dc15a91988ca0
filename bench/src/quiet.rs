//! Whether others keep the machine busy: figures that were measured beside a compiler mean little.

use std::time::{Duration, Instant};

/// How long the machine is watched.
const GLANCE: Duration = Duration::from_millis(200);
/// A machine that does nothing is less busy than this.
const QUIET: f64 = 0.1;

/// Waits until the machine is quiet, but no longer than this. Gives the share of its time in which it was busy at last, where
/// that is known (on Linux): what others take from the measurement that follows.
pub(crate) async fn wait(patience: Duration) -> Option<f64> {
    let deadline = Instant::now() + patience;
    loop {
        let busy = busy().await?;
        if busy < QUIET || Instant::now() >= deadline {
            return Some(busy);
        }
    }
}

async fn busy() -> Option<f64> {
    let before = ticks()?;
    tokio::time::sleep(GLANCE).await;
    let after = ticks()?;
    let all = after.all - before.all;
    (all > 0.0).then(|| 1.0 - (after.idle - before.idle) / all)
}

struct Ticks {
    all: f64,
    idle: f64,
}

/// The first line of `/proc/stat`: user, nice, system, idle, waiting for disks, and more.
fn ticks() -> Option<Ticks> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<f64> =
        stat.lines().next()?.split_whitespace().skip(1).take(8).filter_map(|n| n.parse().ok()).collect();
    Some(Ticks { all: ticks.iter().sum(), idle: ticks.get(3)? + ticks.get(4)? })
}
