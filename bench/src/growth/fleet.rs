//! Big maps by worker processes, and what a worker process holds in memory.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use pgflow::Client;

use super::{Line, Sizes};
use crate::fleet::{SLOTS, WorkerProcess, gathered, maps as run_maps};
use crate::load::{Load, start};
use crate::quiet;
use crate::server::{Db, Server};
use crate::workflows::{Payload, sleep};

/// What an item does, in microseconds.
const ITEMS: [(&str, u32); 2] = [("nothing", 0), ("1 ms", 1_000)];

/// Items a second of each map: in relation to the best of the smaller maps of the same workers, and to one worker with the same map.
pub(super) async fn maps(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut of_one_worker: Vec<f64> = Vec::new();
    for workers in [1, 2, 4] {
        eprintln!("growth: maps by {workers} workers");
        let db = server.fresh(&format!("maps_{workers}")).await?;
        let processes = (0..workers).map(|_| WorkerProcess::spawn(&db, SLOTS)).collect::<Result<Vec<_>>>()?;
        gathered(&db, workers).await?;
        quiet::wait(sizes.patience).await;
        let client = Client::new(db.pool.clone());
        run_maps(&client, 1, sizes.maps[1], 0).await?;
        let mut rates = Vec::new();
        let mut executed = u64::from(sizes.maps[1]);
        for (work, micros) in ITEMS {
            let mut smaller: Option<f64> = None;
            for (items, runs) in sizes.maps.into_iter().zip([7, 5, 3]) {
                let rate = f64::from(items) / run_maps(&client, runs, items, micros).await?;
                executed += u64::from(items) * u64::from(runs);
                lines.push(Line {
                    group: "map",
                    what: format!("{items} items of {work}, {workers} workers"),
                    figure: rate,
                    unit: "items/s",
                    unburdened: smaller,
                    beside: of_one_worker.get(rates.len()).map(|one| beside(rate, *one)).unwrap_or_else(|| each(rate)),
                });
                smaller = Some(smaller.map_or(rate, |best| best.max(rate)));
                rates.push(rate);
            }
        }
        let mut counted = 0;
        for process in processes {
            counted += process.stop().await?;
        }
        ensure!(counted == executed, "{counted} items were executed, and not {executed}");
        server.remove(db).await?;
        if workers == 1 {
            of_one_worker = rates;
        }
    }
    Ok(lines)
}

fn each(rate: f64) -> String {
    format!("{:.1} µs an item", 1e6 / rate)
}

fn beside(rate: f64, one: f64) -> String {
    format!("{}, {:.2} of one worker", each(rate), rate / one)
}

/// The resident memory of a worker process: at rest, with many runs under way, after a big map.
pub(super) async fn memory(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let runs = sizes.runs_under_way;

    eprintln!("growth: memory with {runs} runs");
    let db = server.fresh("memory_runs").await?;
    let process = WorkerProcess::spawn(&db, runs as usize)?;
    gathered(&db, 1).await?;
    lines.push(memory_line("a worker at rest".to_owned(), &process, "VmRSS")?);
    let client = Client::new(db.pool.clone());
    let load = Load { runs, warm_up: 0, counted: 1, outcomes: 1, chunk: 1_000, starters: 2 };
    let last = start::<sleep::Workflow>(&client, load, |_| Payload { n: 15_000 }).await?;
    owned(&db, runs.into()).await?;
    lines.push(memory_line(format!("{runs} runs under way"), &process, "VmRSS")?);
    if let Some(run) = last {
        run.output().await?;
    }
    process.stop().await?;
    server.remove(db).await?;

    let items = sizes.maps[2];
    eprintln!("growth: memory with a map of {items}");
    let db = server.fresh("memory_map").await?;
    let process = WorkerProcess::spawn(&db, SLOTS)?;
    gathered(&db, 1).await?;
    run_maps(&Client::new(db.pool.clone()), 1, items, 0).await?;
    lines.push(memory_line(format!("a map of {items} items, at most"), &process, "VmHWM")?);
    process.stop().await?;
    server.remove(db).await?;
    Ok(lines.into_iter().flatten().collect())
}

/// Waits until the worker owns so many runs.
async fn owned(db: &Db, runs: i64) -> Result<()> {
    let begin = Instant::now();
    loop {
        let query = sqlx::query_scalar("select coalesce(sum(cardinality(runs)), 0)::bigint from pgflow.claim");
        let owned: i64 = query.fetch_one(&db.pool).await?;
        if owned >= runs {
            // Its handlers have begun, too.
            tokio::time::sleep(Duration::from_millis(500)).await;
            return Ok(());
        }
        ensure!(begin.elapsed() < Duration::from_secs(12), "the worker owns {owned} of {runs} runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A field of `/proc/<pid>/status`, where there is one (on Linux).
fn memory_line(what: String, process: &WorkerProcess, field: &str) -> Result<Option<Line>> {
    let id = process.id().context("the worker process has ended")?;
    let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) else { return Ok(None) };
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':')?.split_whitespace().next()?.parse::<f64>().ok())
        .with_context(|| format!("no {field} in the status of the worker process"))?;
    Ok(Some(Line {
        group: "memory",
        what,
        figure: kib / 1024.0,
        unit: "MiB",
        unburdened: None,
        beside: field.to_owned(),
    }))
}
