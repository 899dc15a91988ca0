//! A worker with the workflows of the tests.
//!
//! `worker URL [--name TEXT] [--beat MS] [--silence MS] [--poll MS] [--grace MS] [--concurrency N] [--tx N]` prints
//! `ready` when it has begun, stops in order on SIGTERM, and ends at once when its input ends, as it does when the process of the
//! test is gone.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use pgflow::{Worker, WorkerBuilder};
use pgflow_tests::poison;
use pgflow_tests::stress::{self, Calls};
use pgflow_tests::wide::wide300;
use pgflow_tests::workflows;
use sqlx::PgPool;
use tokio::signal::unix::{SignalKind, signal};

type Problem = Box<dyn std::error::Error>;

fn main() -> Result<(), Problem> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(7);
    });
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work())
}

async fn work() -> Result<(), Problem> {
    let mut arguments = std::env::args().skip(1);
    let pool = PgPool::connect(&arguments.next().ok_or("which database?")?).await?;
    let mut builder = with_workflows(Worker::builder(pool.clone()), pool);
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

fn with_workflows(builder: WorkerBuilder, pool: PgPool) -> WorkerBuilder {
    let calls = Calls(pool);
    builder
        .register(workflows::double::Workflow)
        .register(workflows::chain3::Workflow)
        .register(workflows::chain40::Workflow)
        .register(workflows::diamond::Workflow)
        .register(workflows::squares::Workflow)
        .register(workflows::trouble::Workflow)
        .register(workflows::patient::Workflow)
        .register(workflows::ledger::Workflow)
        .register(workflows::slow_chain::Workflow)
        .register(stress::big_map::Workflow.with_state(calls.clone()))
        .register(stress::noted::Workflow.with_state(calls.clone()))
        .register(stress::rough_map::Workflow)
        .register(stress::slow_ledger::Workflow)
        .register(stress::only_once::Workflow)
        .register(stress::ledger_map::Workflow)
        .register(poison::abort::Workflow.with_state(calls.clone()))
        .register(poison::abort_item::Workflow.with_state(calls.clone()))
        .register(wide300::Workflow.with_state(calls))
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
