//! What does not stay as it is: the same load with much before it, behind it and beside it.
//!
//! `pgflow-bench growth`. A *level* load of 1-step runs keeps a backlog at its size: as many runs are started as are executed. So
//! the load is the same whatever the backlog is, starts included, and each figure is put in relation to the one without the burden,
//! measured in the same run of this program on a fresh database of its own. A ratio below 0.6 makes the exit code 1.
//!
//! | group | what |
//! |---|---|
//! | `backlog` | 1,000 runs wait all the time, 100,000, a million |
//! | `history` | five million steps have ended before, of runs of today: right after they were written, and when Postgres has settled |
//! | `xmin` | another transaction holds a snapshot for a minute: no dead row can be swept. In slices of ten seconds |
//! | `unclaimable` | nine of ten waiting runs are of another queue, of a later time, or of a version that the worker does not have |
//! | `map` | one map of 1,000, 10,000 and 100,000 items, of nothing and of 1 ms, by 1, 2 and 4 worker processes of 64 slots each |
//! | `turns` | how long a 1-step run waits beside a map of 100,000 items, and behind as many runs of another namespace |
//! | `memory` | what a worker process holds in memory with 10,000 runs under way, and with a map of 100,000 items |

mod fleet;
mod level;
mod queue;
mod turns;

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::report::short;
use crate::server::Server;

/// A ratio below this makes the exit code 1.
const LEAST: f64 = 0.6;

/// What can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Group {
    Backlog,
    History,
    Xmin,
    Unclaimable,
    Map,
    Turns,
    Memory,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    backlogs: [u32; 3],
    /// How long a level load is measured.
    window: Duration,
    history_runs: i64,
    pinned_slices: u32,
    slice: Duration,
    claimable: u32,
    pub(crate) maps: [u32; 3],
    runs_under_way: u32,
    /// How long each measurement waits for a quiet machine.
    pub(crate) patience: Duration,
    /// Whether to wait until Postgres is done with the history.
    settle: bool,
}

impl Sizes {
    pub(crate) const FULL: Self = Self {
        backlogs: [1_000, 100_000, 1_000_000],
        window: Duration::from_secs(5),
        history_runs: 1_700_000,
        pinned_slices: 6,
        slice: Duration::from_secs(10),
        claimable: 10_000,
        maps: [1_000, 10_000, 100_000],
        runs_under_way: 10_000,
        patience: Duration::ZERO,
        settle: true,
    };
    pub(crate) const QUICK: Self = Self {
        backlogs: [1_000, 5_000, 20_000],
        window: Duration::from_millis(500),
        history_runs: 20_000,
        pinned_slices: 2,
        slice: Duration::from_millis(500),
        claimable: 1_000,
        maps: [100, 1_000, 5_000],
        runs_under_way: 1_000,
        patience: Duration::ZERO,
        settle: false,
    };
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Line {
    group: &'static str,
    what: String,
    figure: f64,
    unit: &'static str,
    /// The figure without the burden.
    unburdened: Option<f64>,
    /// What else was seen.
    beside: String,
}

impl Line {
    fn ratio(&self) -> Option<f64> {
        self.unburdened.map(|unburdened| self.figure / unburdened)
    }
}

/// Measures the groups, in order.
pub(crate) async fn measure(server: &Server, groups: &[Group], sizes: &Sizes) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for group in groups {
        let more = match group {
            Group::Backlog => queue::backlog(server, sizes).await?,
            Group::History => queue::history(server, sizes).await?,
            Group::Xmin => queue::pinned(server, sizes).await?,
            Group::Unclaimable => queue::unclaimable(server, sizes).await?,
            Group::Map => fleet::maps(server, sizes).await?,
            Group::Turns => turns::turns(server, sizes).await?,
            Group::Memory => fleet::memory(server, sizes).await?,
        };
        lines.extend(more);
    }
    Ok(lines)
}

/// The table, and whether every ratio is high enough.
pub(crate) fn table(lines: &[Line]) -> (String, bool) {
    let mut rows =
        vec![format!("{:<12} {:<44} {:>9} {:<8} {:>6}  {}", "group", "what", "figure", "", "ratio", "beside it")];
    let mut low = Vec::new();
    for line in lines {
        let ratio = line.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        rows.push(format!(
            "{:<12} {:<44} {:>9} {:<8} {:>6}  {}",
            line.group,
            line.what,
            short(line.figure),
            line.unit,
            ratio,
            line.beside
        ));
        if line.ratio().is_some_and(|ratio| ratio < LEAST) {
            low.push(format!("  {}: {} ({ratio})", line.group, line.what));
        }
    }
    if !low.is_empty() {
        rows.push(format!("\nbelow {LEAST} of the figure without the burden:"));
        rows.extend(low.iter().cloned());
    }
    (rows.join("\n"), low.is_empty())
}

/// The same for programs.
pub(crate) fn json(lines: &[Line], server: &[(String, String)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "group": line.group, "what": line.what, "figure": line.figure, "unit": line.unit, "unburdened": line.unburdened,
                "ratio": line.ratio(), "beside": line.beside,
            })
        })
        .collect();
    let server: serde_json::Map<String, Value> =
        server.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    json!({ "lines": lines, "server": server })
}
