//! What is in my text files? A first workflow, on real files.
//!
//! ```sh
//! cargo run --example quickstart                    # this repository
//! cargo run --example quickstart -- ~/notes x.txt   # folders and files
//! ```
//!
//! The workflow is in `workflow.rs`; this file starts a run of it and a worker, and shows how far it is. Kill it half-way, as
//! hard as you like, and start it again: it goes on where it was.
//!
//! Files: `workflow.rs` the workflow, `files.rs` finding files, `progress.rs` bars and lines, `output.rs` the result.

mod files;
mod output;
mod progress;
mod workflow;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use pgflow::embedded::Database;
use pgflow::sqlx::Connection as _;
use pgflow::sqlx::postgres::{PgConnection, PgPool};
use pgflow::{Client, Run, RunStatus, StartOptions, Worker};

use crate::progress::Progress;
use crate::workflow::{Desk, Report, text_report};

/// How often a worker of this example shows that it lives, and after which silence another takes its runs over. Short, so that one
/// can watch it; the defaults (1.5 s and 6 s) are right elsewhere.
const BEAT: Duration = Duration::from_millis(500);
const SILENCE_LIMIT: Duration = Duration::from_secs(2);

/// How many steps run at once: few, for the same reason.
const FILES_AT_ONCE: usize = 4;

/// How many embedded databases are tried, where those before are of other builds.
const MOST_DATABASES: u32 = 9;

/// How often the progress is read from the database.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Counts the words of text files in a durable workflow: kill it half-way, start it again, and it goes on where it was.
#[derive(Parser)]
#[command(name = "quickstart")]
struct Arguments {
    /// Files and folders to read [default: this repository]
    paths: Vec<PathBuf>,
    /// A wait before each file, four files at a time, so that there is something to see and to kill: 100ms, 1s
    /// [default: 100ms on a terminal, else 0ms]
    #[arg(long, value_parser = pause, verbatim_doc_comment)]
    pause: Option<Duration>,
    /// Does it again, even if it was done for these files
    #[arg(long)]
    again: bool,
    /// Lists the runs so far, and does nothing else
    #[arg(long, conflicts_with_all = ["paths", "pause", "again"])]
    runs: bool,
    /// Keeps the embedded database up at the end, until Ctrl-C, and says how to look into it with psql
    #[arg(long)]
    hold: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match quickstart(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("quickstart: {error:#}");
            // As with wrong arguments: nothing was begun.
            if error.is::<files::Problem>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn quickstart(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.runs {
        let (database, client) = connect().await?;
        output::runs(&client).await?;
        hold(&arguments, &database, None).await;
        return Ok(ExitCode::SUCCESS);
    }
    // What can be wrong with the input is said before a database is started.
    let paths = files::absolute(&arguments.paths)?;
    let listing = files::list(&paths)?;
    let (database, client) = connect().await?;

    let run = find_or_start(&client, paths, &files::digest(&listing), arguments.again).await?;
    let at_first = run.summary().await?;
    if at_first.status == RunStatus::Completed {
        println!("Run {} was done already ({}); this is its result, from the database.", run.id(), at_first.created_at);
        println!("(`--again` does it anew; so does a change in the files.)\n");
        output::report(&run.output().await?);
        output::hints(&database);
        hold(&arguments, &database, Some(run.id())).await;
        return Ok(ExitCode::SUCCESS);
    }
    let recorded = output::beginning(&run, listing.files.len()).await?;

    let default_pause = if std::io::stdout().is_terminal() { Duration::from_millis(100) } else { Duration::ZERO };
    let pause = arguments.pause.unwrap_or(default_pause);
    if !pause.is_zero() {
        println!(
            "Each file waits for {pause:?} first, so that there is something to see, and to kill (`--pause 0ms` for none)."
        );
    }
    let files_read = Arc::new(AtomicUsize::new(0));
    let desk = Desk { pause, files_read: Arc::clone(&files_read) };
    let worker = Worker::builder(client.pool().clone())
        .register(text_report::Workflow.with_state(desk))
        .concurrency(FILES_AT_ONCE)
        .beat(BEAT)
        .silence_limit(SILENCE_LIMIT)
        .grace(Duration::from_secs(5))
        .start()
        .await?;
    let ending = watch(&run, at_first.crashes).await;
    worker.stop().await?;

    let Some(report) = ending? else {
        println!("\nStopped in order: what was done is recorded, and the run waits in the database.");
        println!("The same command goes on with it.");
        return Ok(ExitCode::from(130));
    };
    println!();
    output::report(&report);
    let files_read = files_read.load(Ordering::Relaxed);
    let before = if recorded > 0 { format!(", recorded before it: {recorded}") } else { String::new() };
    println!("Run {} has completed; files read by this process: {files_read}{before}.", run.id());
    output::hints(&database);
    hold(&arguments, &database, Some(run.id())).await;
    Ok(ExitCode::SUCCESS)
}

async fn connect() -> anyhow::Result<(Database, Client)> {
    if let Some(database) = Database::from_env()? {
        println!("Database: the one that DATABASE_URL names.");
        let pool = pool(&database).await?;
        pgflow::migrate(&pool).await.context("the database cannot be used")?;
        return Ok((database, Client::new(pool)));
    }
    for number in 1..=MOST_DATABASES {
        let name = if number == 1 { "quickstart".to_owned() } else { format!("quickstart-{number}") };
        let database = Database::from_env_or_embedded(&name).await?;
        let folder = database.postgres().map(|postgres| postgres.folder().display().to_string()).unwrap_or_default();
        let pool = pool(&database).await?;
        match pgflow::migrate(&pool).await {
            Ok(()) => {
                println!("Database: an embedded Postgres, with its data in {folder}.");
                return Ok((database, Client::new(pool)));
            }
            // As when another checkout of this repository was tried before.
            Err(error) if error.is_schema() && number < MOST_DATABASES => {
                println!("The embedded database in {folder} is of another build, and stays as it is.");
                pool.close().await;
            }
            Err(error) => {
                return Err(error).context(format!("the embedded database in {folder} cannot be used"));
            }
        }
    }
    anyhow::bail!("no embedded database can be used")
}

async fn pool(database: &Database) -> anyhow::Result<PgPool> {
    // A pool tries for long, and does not say why in vain.
    PgConnection::connect_with(&database.connect_options())
        .await
        .context("the database cannot be reached")?
        .close()
        .await?;
    Ok(PgPool::connect_with(database.connect_options()).await?)
}

/// The run for these files. The same files give the same idempotency key, so a second start finds the run of the first, whatever
/// has become of its process; only what has failed, or is to be done again, gets a key with the next number.
async fn find_or_start(
    client: &Client,
    paths: Vec<PathBuf>,
    digest: &str,
    again: bool,
) -> anyhow::Result<Run<text_report::Workflow>> {
    // A run keeps the workflow's shape that it was started with: when you change the steps, the files get a new run.
    let shape = text_report::definition().hash();
    let mut number = 1;
    loop {
        let options = StartOptions::new().idempotency_key(format!("{shape}/{digest}/{number}"));
        let run = text_report::start_with(client, paths.clone(), options).await?;
        match run.status().await? {
            RunStatus::Completed if !again => return Ok(run),
            status if !status.is_final() => return Ok(run),
            _ => number += 1,
        }
    }
}

/// Shows how far the run is until it ends, and gives its output; none if the user wants to stop.
async fn watch(run: &Run<text_report::Workflow>, mut crashes: i16) -> anyhow::Result<Option<Report>> {
    let mut progress = Progress::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut output = std::pin::pin!(run.output());
    let mut stop = std::pin::pin!(told_to_stop());
    let ending = loop {
        tokio::select! {
            output = &mut output => break output.map(Some),
            () = &mut stop => break Ok(None),
            _ = look.tick() => show(run, &mut progress, &mut crashes).await?,
        }
    };
    show(run, &mut progress, &mut crashes).await?;
    progress.finish();
    Ok(ending?)
}

/// Shows how the run stands, and says so when it has lost a worker.
async fn show(run: &Run<text_report::Workflow>, progress: &mut Progress, crashes: &mut i16) -> anyhow::Result<()> {
    let now = run.summary().await?.crashes;
    if now > *crashes {
        *crashes = now;
        progress.note(
            "The old worker was silent for too long: it counts as dead, and this process has taken the run over.",
        );
    }
    progress.show(&run.steps().await?);
    Ok(())
}

async fn told_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn hold(arguments: &Arguments, database: &Database, run: Option<pgflow::RunId>) {
    if arguments.hold {
        output::psql(database, run);
        println!("The database stays up until Ctrl-C.");
        told_to_stop().await;
    }
}

fn pause(text: &str) -> Result<Duration, String> {
    let number = |digits: &str| digits.parse().map_err(|_| "write it as 100ms or 1s".to_owned());
    match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => number(digits).map(Duration::from_millis),
        (None, Some(digits)) => number(digits).map(Duration::from_secs),
        (None, None) => {
            number(text).and_then(|n| if n == 0 { Ok(Duration::ZERO) } else { Err("add a unit: 100ms".to_owned()) })
        }
    }
}
