//! A worker as a program: what those of the tests have in common.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use pgflow::{Worker, WorkerBuilder};
use sqlx::PgPool;
use tokio::signal::unix::{SignalKind, signal};

type Problem = Box<dyn std::error::Error>;

/// Runs a worker of these workflows, as the arguments say:
///
/// `worker URL [--name TEXT] [--beat MS] [--silence MS] [--poll MS] [--grace MS] [--concurrency N] [--tx N]` prints
/// `ready` when it has begun, stops in order on SIGTERM, and ends at once when its input ends, as it does when the process of the
/// test is gone.
///
/// # Errors
/// When an argument is wrong, or the worker ends with an error.
pub fn serve(workflows: impl FnOnce(WorkerBuilder, PgPool) -> WorkerBuilder) -> Result<(), Problem> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(7);
    });
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work(workflows))
}

async fn work(workflows: impl FnOnce(WorkerBuilder, PgPool) -> WorkerBuilder) -> Result<(), Problem> {
    let mut arguments = std::env::args().skip(1);
    let pool = PgPool::connect(&arguments.next().ok_or("which database?")?).await?;
    let mut builder = workflows(Worker::builder(pool.clone()), pool);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value"))?;
        builder = with_option(builder, &option, &value)?;
    }

    let mut terminate = signal(SignalKind::terminate())?;
    let worker = builder.start().await?;
    println!("ready");
    std::io::stdout().flush()?;
    terminate.recv().await;
    Ok(worker.stop().await?)
}

fn with_option(builder: WorkerBuilder, option: &str, value: &str) -> Result<WorkerBuilder, Problem> {
    let time = || value.parse().map(Duration::from_millis);
    Ok(match option {
        "--name" => builder.name(value),
        "--beat" => builder.beat(time()?),
        "--silence" => builder.silence_limit(time()?),
        "--poll" => builder.poll_interval(time()?),
        "--grace" => builder.grace(time()?),
        "--concurrency" => builder.concurrency(value.parse()?),
        "--tx" => builder.tx_connections(value.parse()?),
        _ => return Err(format!("no option {option}").into()),
    })
}
