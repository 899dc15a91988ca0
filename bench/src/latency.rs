//! Latency: one run at a time on an otherwise idle system, from the start to the output in the caller's hand.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use pgflow::{Client, Worker, Workflow};

use crate::load::CONCURRENCY;
use crate::server::Db;
use crate::workflows::{Counter, Payload};

/// How long nothing is asked for between two samples: what the worker still does after a run has ended is over then.
const PAUSE: Duration = Duration::from_millis(2);
const WARM_UP: u32 = 50;

/// Runs a chain of so many steps again and again. Gives how long each run took.
pub(crate) async fn idle<W>(db: &Db, samples: u32, steps: u32) -> Result<Vec<Duration>>
where
    W: Workflow<State = Counter, Input = Payload, Output = Payload> + Copy + Default,
{
    let counter = Counter::default();
    let worker = Worker::builder(db.pool.clone())
        .register(pgflow::Registration::new::<W>(counter.clone()))
        .concurrency(CONCURRENCY)
        .start()
        .await?;
    let client = Client::new(db.pool.clone());
    let mut took = Vec::new();
    for n in 0..samples + WARM_UP {
        tokio::time::sleep(PAUSE).await;
        let begin = Instant::now();
        let output = client.start(W::default(), Payload { n }).await?.output().await?;
        let elapsed = begin.elapsed();
        ensure!(output.n == n + steps, "the output is {}, and not {}", output.n, n + steps);
        if n >= WARM_UP {
            took.push(elapsed);
        }
    }
    worker.stop().await?;
    let expected = u64::from(samples + WARM_UP) * u64::from(steps);
    ensure!(counter.value() == expected, "{} steps were executed, and not {expected}", counter.value());
    Ok(took)
}

/// The time, in seconds, that so many of the samples do not exceed.
pub(crate) fn quantile(samples: &[Duration], part: f64) -> f64 {
    let mut sorted: Vec<f64> = samples.iter().map(Duration::as_secs_f64).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
