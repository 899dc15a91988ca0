//! The benchmark of pgflow: `make bench`, and `make bench-growth`.
//!
//! Figures are ratios, since seconds say more of the machine than of pgflow: throughput in relation to the *floor*, latency in
//! *commits*, both measured beside each figure on the same server. Everything goes through the public API; what is compared with is
//! plain SQL through sqlx, the library that pgflow itself uses.
//!
//! # What is compared with
//!
//! - **Floor**: rows a second of `floor (run uuid, step int, index int, output jsonb, primary key (run, step, index))`, inserted 1,000
//!   at a time by `insert .. select .. from unnest(..)` over four connections, each statement a durable commit. The ids are version 7
//!   UUIDs, each row has its own, and those of a connection grow; the payload is that of the workflows, `{"n":12345}`. All rows are
//!   made before the clock runs. That is about the least that anything can do which keeps outcomes of steps in Postgres one by one.
//! - **Commit**: one row into the same table, prepared, on one connection, while nothing else goes on; the median.
//!
//! # What is measured
//!
//! | figure | what |
//! |---|---|
//! | `noop_of_floor` | runs of one step, a second |
//! | `chain3_of_floor` | steps of runs of three steps in a row, a second |
//! | `diamond_of_floor` | steps of diamonds of four, a second |
//! | `map1000_of_floor` | items of maps of 1,000 with a join, a second; the step before and the join are not counted |
//! | `start_many_of_floor` | runs started by `Client::start_many`, 1,000 at a time over four connections, while no worker lives, a second |
//! | `idle1_in_commits` | one run of one step, from the call of `start` until `Run::output` has given the output; the median |
//! | `idle3_in_commits` | likewise of three steps in a row |
//! | `chain40_in_commits` | likewise of 40 steps in a row, divided by 40 |
//! | `wal_bytes_per_step` | bytes of write-ahead log for a step of the load of `chain3_of_floor`, all that a run costs included |
//! | `map10000_two_workers` | one run with a map of 10,000 items of 1 ms: the time that one worker process takes, divided by that of two |
//!
//! A *load* is measured from before the first start until all runs have ended: two tasks start runs by `start_many`, 1,000 at a time
//! (five, of the big maps), while a worker in this process, with 200 slots, executes them. So starting is part of the time. The end is
//! known by the handlers' own count, and then by asking the database each 5 ms. Before it, some hundred runs are executed that do not
//! count: connections and plans exist. Half of the floor is measured right before each load, half right after it.
//!
//! *Latency* is that of one run at a time, one after the other, with client and worker in this process (`idle1_elsewhere` in the details:
//! with the worker in another one). Thirty commits are measured before each ten runs.
//!
//! For *two workers* this program executes itself again, once and then once more, 64 slots each. The second figure is taken two beats
//! after the second worker has registered: then both know of each other. The run is started and awaited by this process.
//!
//! # So that figures are worth something
//!
//! - `fsync`, `synchronous_commit` and `full_page_writes` are on, or the exit code is 2 and nothing is measured.
//! - Steps count themselves. When the count, the runs that have ended or the outcomes are not exactly what they ought to be, the
//!   benchmark fails.
//! - Each measurement has a fresh database, a copy of a migrated one that nobody has used, and nobody analyzes it.
//! - Every round measures everything, in another order; a figure is the median of its rounds (five), and smallest and largest are
//!   printed beside it.
//! - A shape waits up to 10 seconds (`--patience`) for a machine that is quiet. How busy it was then is published.
//!
//! The server is an embedded one with `max_wal_size` 4 GB, `shared_buffers` 512 MB and `checkpoint_timeout` 30 minutes, so that no
//! checkpoint falls into a measurement; all else is as Postgres comes. With `DATABASE_URL` it is that server, in databases that are
//! made for the purpose and removed. Statements are counted by `pg_stat_statements`, where the server has it.
//!
//! Results are printed as a table, and written to `target/bench/results.json`: the figures above as numbers, and `details`, `spread`,
//! `rounds` and `server` besides. With `--only`, only what was measured is in it. `--statements` shows where the server's time went.
//!
//! What changes with the length of the queue, with history, with old snapshots and with the size of maps is measured by `growth`, see
//! there.

mod fleet;
mod floor;
mod growth;
mod latency;
mod load;
mod quiet;
mod report;
mod rounds;
mod server;
mod workflows;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand, ValueEnum};

use growth::Group;
use report::Report;
use rounds::{Shape, Sizes};
use server::{Refused, Server};

/// Measures pgflow against plain inserts and commits of the same server.
#[derive(Parser)]
struct Arguments {
    /// How many rounds; each figure is the median of all.
    #[arg(long)]
    rounds: Option<usize>,
    /// Small sizes and one round: to see that everything works. Its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Only these shapes; the results then hold no others.
    #[arg(long, value_delimiter = ',', value_name = "SHAPE,..")]
    only: Vec<Shape>,
    /// How many seconds each measurement waits for a machine that others leave alone; then it goes on anyway.
    #[arg(long, default_value_t = 10, global = true)]
    patience: u64,
    /// Prints for each shape which statements took the server longest (where it has pg_stat_statements), which takes time itself.
    #[arg(long)]
    statements: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Measures the same load with much before it, behind it and beside it (some minutes).
    Growth {
        /// Small sizes: to see that everything works. Its figures mean little.
        #[arg(long)]
        quick: bool,
        /// Only these groups.
        #[arg(long, value_delimiter = ',', value_name = "GROUP,..")]
        only: Vec<Group>,
    },
    /// A worker process of the benchmark itself.
    #[command(hide = true)]
    Worker { slots: usize },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            if error.is::<Refused>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

#[tokio::main]
async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(Command::Worker { slots }) = arguments.command {
        fleet::work(slots).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let server = Server::start().await?;
    // Databases on a server that is not ours are removed also when the user interrupts.
    let measuring = async {
        match &arguments.command {
            Some(Command::Growth { quick, only }) => grow(&server, *quick, only, arguments.patience).await,
            _ => measure(&server, arguments).await,
        }
    };
    let result = tokio::select! {
        result = measuring => result,
        _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(130)),
    };
    server.close().await?;
    result
}

async fn measure(server: &Server, arguments: &Arguments) -> Result<ExitCode> {
    let shapes = if arguments.only.is_empty() { Shape::value_variants() } else { &arguments.only };
    let (sizes, rounds) = if arguments.quick { (Sizes::QUICK, 1) } else { (Sizes::FULL, 5) };
    let rounds = arguments.rounds.unwrap_or(rounds);
    if rounds == 0 {
        bail!("at least one round is needed");
    }
    let patience = Duration::from_secs(if arguments.quick { 0 } else { arguments.patience });
    if arguments.statements {
        server.watch_inside_functions().await?;
    }
    let mut figures = Vec::new();
    for number in 1..=rounds {
        figures.push(rounds::round(server, shapes, &sizes, number, patience, arguments.statements).await?);
    }
    let report = Report::new(figures, server.describe().await?);
    println!("{}", report.table());
    let path = report::write("results.json", &report.json())?;
    eprintln!("written: {}", path.display());
    Ok(ExitCode::SUCCESS)
}

async fn grow(server: &Server, quick: bool, only: &[Group], patience: u64) -> Result<ExitCode> {
    let groups = if only.is_empty() { Group::value_variants() } else { only };
    let mut sizes = if quick { growth::Sizes::QUICK } else { growth::Sizes::FULL };
    if !quick {
        sizes.patience = Duration::from_secs(patience);
    }
    let lines = growth::measure(server, groups, &sizes).await?;
    let (table, steady) = growth::table(&lines);
    println!("{table}");
    let path = report::write("growth.json", &growth::json(&lines, &server.describe().await?))?;
    eprintln!("written: {}", path.display());
    Ok(if steady { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
