//! Whether what is much keeps what is little waiting: the latency of 1-step runs, one after the other.

use std::time::{Duration, Instant};

use anyhow::Result;
use pgflow::{Client, StartOptions, Worker};

use super::{Line, Sizes};
use crate::load::CONCURRENCY;
use crate::report::median;
use crate::server::Server;
use crate::workflows::{Counter, Payload, noop, slow_map};

/// How many small runs are measured.
const SMALL: u32 = 50;

pub(super) async fn turns(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let much = sizes.maps[2];
    let mut lines: Vec<Line> = Vec::new();
    for what in ["alone", "beside a map", "behind another namespace"] {
        eprintln!("growth: turns, {what}");
        let db = server.fresh("turns").await?;
        let client = Client::new(db.pool.clone());
        let counter = Counter::default();
        let worker = || {
            Worker::builder(db.pool.clone())
                .register(noop::Workflow.with_state(counter.clone()))
                .register(slow_map::Workflow.with_state(counter.clone()))
                .concurrency(CONCURRENCY)
                .start()
        };
        match what {
            "beside a map" => drop(slow_map::start(&client, (much, 1_000)).await?),
            "behind another namespace" => {
                let flood = StartOptions::new().namespace("flood");
                for _ in 0..much / 1_000 {
                    client.start_many_with(noop::Workflow, (0..1_000).map(|n| Payload { n }), flood.clone()).await?;
                }
            }
            _ => {}
        }
        let workers = [worker().await?, worker().await?];
        let much_is_left = "select exists (select from pgflow.run r where not exists
            (select from pgflow.run_end e where e.run_id = r.id and e.period = r.period and e.bucket = r.bucket))";
        let mut times = Vec::new();
        for n in 0..SMALL {
            if what != "alone" && !sqlx::query_scalar::<_, bool>(much_is_left).fetch_one(&db.pool).await? {
                break;
            }
            let begin = Instant::now();
            // By the queue, as from another process.
            let queued = StartOptions::new().namespace("small").idempotency_key(n.to_string());
            noop::start_with(&client, Payload { n }, queued).await?.output().await?;
            times.push(begin.elapsed().as_secs_f64() * 1_000.0);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let longest = times.iter().copied().fold(0.0, f64::max);
        lines.push(Line {
            group: "turns",
            what: if what == "alone" { "a small run".to_owned() } else { format!("{what} of {much}") },
            figure: median(&times),
            unit: "ms",
            unburdened: None,
            beside: format!("the longest of {}: {longest:.1} ms", times.len()),
        });
        for worker in workers {
            worker.stop().await?;
        }
        server.remove(db).await?;
    }
    Ok(lines)
}
