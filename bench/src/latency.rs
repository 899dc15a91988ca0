//! Latency: one run at a time on an otherwise idle system, from the start to the output in the caller's hand.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use pgflow::{Client, Worker, Workflow};

use crate::fleet::{self, SLOTS, WorkerProcess};
use crate::floor::Commits;
use crate::load::CONCURRENCY;
use crate::server::{Cost, Db, Server};
use crate::workflows::{Counter, Payload, noop};

const WARM_UP: u32 = 50;
/// How many commits follow each other, and then how many runs.
const COMMITS: u32 = 30;
const RUNS: u32 = 10;

/// How long the runs took, and the commits between them.
pub(crate) struct Samples {
    pub(crate) runs: Vec<Duration>,
    pub(crate) commits: Vec<Duration>,
    /// What the runs cost the server, all together.
    pub(crate) cost: Cost,
}

/// Runs a chain of so many steps again and again, one run at a time without a break; and in turns with blocks of them, blocks of
/// single commits: both see the same machine. The worker is in this process.
pub(crate) async fn idle<W>(server: &Server, db: &Db, samples: u32, steps: u32) -> Result<Samples>
where
    W: Workflow<State = Counter, Input = Payload, Output = Payload> + Copy + Default,
{
    let counter = Counter::default();
    let worker = Worker::builder(db.pool.clone())
        .register(pgflow::Registration::new::<W>(counter.clone()))
        .concurrency(CONCURRENCY)
        .start()
        .await?;
    let took = sample::<W>(server, db, samples, steps).await?;
    worker.stop().await?;
    executed(counter.value(), samples, steps)?;
    Ok(took)
}

/// The same for a single step, with the worker in a process of its own.
pub(crate) async fn idle_elsewhere(server: &Server, db: &Db, samples: u32) -> Result<Samples> {
    let worker = WorkerProcess::spawn(db, SLOTS)?;
    fleet::gathered(db, 1).await?;
    let took = sample::<noop::Workflow>(server, db, samples, 1).await?;
    executed(worker.stop().await?, samples, 1)?;
    Ok(took)
}

async fn sample<W>(server: &Server, db: &Db, samples: u32, steps: u32) -> Result<Samples>
where
    W: Workflow<Input = Payload, Output = Payload> + Copy + Default,
{
    let client = Client::new(db.pool.clone());
    let mut commits = Commits::prepare(db).await?;
    let mut took = Samples { runs: Vec::new(), commits: Vec::new(), cost: Cost::NONE };
    for block in (0..samples + WARM_UP).step_by(RUNS as usize) {
        if block >= WARM_UP {
            for _ in 0..COMMITS {
                took.commits.push(commits.next().await?);
            }
        }
        let before = server.cost(db).await?;
        for n in block..(block + RUNS).min(samples + WARM_UP) {
            let begin = Instant::now();
            let output = client.start(W::default(), Payload { n }).await?.output().await?;
            let elapsed = begin.elapsed();
            ensure!(output.n == n + steps, "the output is {}, and not {}", output.n, n + steps);
            if n >= WARM_UP {
                took.runs.push(elapsed);
            }
        }
        if block >= WARM_UP {
            took.cost = took.cost.plus(server.cost(db).await?.since(before));
        }
    }
    commits.close().await?;
    Ok(took)
}

fn executed(counted: u64, samples: u32, steps: u32) -> Result<()> {
    let expected = u64::from(samples + WARM_UP) * u64::from(steps);
    ensure!(counted == expected, "{counted} steps were executed, and not {expected}");
    Ok(())
}

/// The time, in seconds, that so many of the samples do not exceed.
pub(crate) fn quantile(samples: &[Duration], part: f64) -> f64 {
    let mut sorted: Vec<f64> = samples.iter().map(Duration::as_secs_f64).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
