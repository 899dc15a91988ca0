//! The benchmark of pgflow: `make bench`.

mod fleet;
mod floor;
mod latency;
mod load;
mod report;
mod rounds;
mod server;
mod workflows;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand, ValueEnum};

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
    /// Prints for each shape which statements took the server longest (where it has pg_stat_statements).
    #[arg(long)]
    statements: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// A worker process of the benchmark itself.
    #[command(hide = true)]
    Worker,
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
    if let Some(Command::Worker) = arguments.command {
        fleet::work().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let server = Server::start().await?;
    // Databases on a server that is not ours are removed also when the user interrupts.
    let result = tokio::select! {
        result = measure(&server, arguments) => result,
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
    let mut figures = Vec::new();
    for number in 1..=rounds {
        figures.push(rounds::round(server, shapes, &sizes, number, arguments.statements).await?);
    }
    let report = Report::new(figures, server.describe().await?);
    println!("{}", report.table());
    let path = report::write("results.json", &report.json())?;
    eprintln!("written: {}", path.display());
    Ok(ExitCode::SUCCESS)
}
