//! A report of each night, which the clock starts: declared with the workflow, and once more at run time, every second here so that one can watch.
//!
//! ```sh
//! cargo run --example nightly_report
//! ```

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use pgflow::embedded::Database;
use pgflow::sqlx::PgPool;
use pgflow::{Client, Result, Scheduled, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The sales of a day, and what they come to.
#[workflow(schedule = "0 3 * * *", timezone = "Europe/Zurich", catch_up = all, scheduled_input = last_night)]
pub(crate) mod nightly_report {
    use super::*;

    /// What is to be reported, when the clock starts it.
    pub(crate) fn last_night(scheduled: Scheduled) -> Night {
        Night {
            date: scheduled.date().to_owned(),
            due: scheduled.local().to_owned(),
            wanted_by: scheduled.schedule().to_owned(),
        }
    }

    /// The amounts of the day, in cents.
    #[step]
    pub(crate) async fn sales(input: Night) -> Result<Vec<u64>> {
        Ok(input.date.bytes().filter(u8::is_ascii_digit).map(|digit| u64::from(digit - b'0') * 100).collect())
    }

    /// The report.
    #[step(depends_on = [sales])]
    pub(crate) async fn write(input: Night, sales: Vec<u64>) -> Result<String> {
        let sum: u64 = sales.iter().sum();
        Ok(format!("{}: {} sales, {}.{:02} in all", input.date, sales.len(), sum / 100, sum % 100))
    }
}

/// A night that is to be reported.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Night {
    date: String,
    due: String,
    wanted_by: String,
}

/// The schedule that the workflow declares has its name.
const DECLARED: &str = "nightly_report";

/// What runs each second here.
const OFTEN: &str = "as often as one can watch";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("the next nights, by the clocks of Zurich:");
    let nights = nightly_report::definition().next_times(SystemTime::now(), 3)?;
    for night in &nights {
        println!("  {}", night.local());
    }
    ensure!(nights.iter().all(|night| night.local().contains("T03:00:00")), "each of them is at three");

    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    let worker = Worker::builder(pool.clone()).register(nightly_report::Workflow).start().await?;
    let client = Client::new(pool);

    // It has no input of its own: the workflow's function makes it.
    client
        .schedule(OFTEN, nightly_report::Workflow)
        .cron("* * * * * *")
        .replace()
        .actor("the example")
        .create()
        .await?;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        match last_run(&client, OFTEN).await? {
            Some(run) if !seen.contains(&run) => seen.push(run),
            _ => {}
        }
    }
    client.delete_schedule(OFTEN).await?;

    // The declared one is not due before the night, but somebody may want it now.
    let earlier = last_run(&client, DECLARED).await?;
    client.trigger_schedule(DECLARED).actor("the example").reason("somebody wants to see it").await?;
    let run = loop {
        match last_run(&client, DECLARED).await? {
            run if run != earlier => break run.context("it has a run")?,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let run = client.run(nightly_report::Workflow, run);
    let report = run.output().await?;
    println!("{report}");
    ensure!(report.contains(": 8 sales, "), "a date has eight digits");
    let events = run.events().await?;
    ensure!(
        events.first().and_then(|event| event.actor.as_deref()) == Some("schedule nightly_report"),
        "it says who has started it"
    );

    println!("what was done to the schedule of every second:");
    for event in client.schedule_events(OFTEN).await? {
        println!("  {} {} by {}", event.at, event.kind, event.actor);
    }
    worker.stop().await?;
    Ok(())
}

/// The latest run that a schedule has started.
async fn last_run(client: &Client, schedule: &str) -> anyhow::Result<Option<pgflow::RunId>> {
    let schedule = client.find_schedule(schedule).await?.context("it is registered, or was created")?;
    Ok(schedule.last_run)
}
