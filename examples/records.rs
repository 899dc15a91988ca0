//! Web-like records, cleaned by three workers: parsed, normalised one by one, and summed up, with the bad ones told apart.
//!
//! ```sh
//! cargo run --example records              # 2,000 records
//! cargo run --example records -- 10000
//! ```

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use pgflow::embedded::Database;
use pgflow::sqlx::{self, PgPool};
use pgflow::{Client, Result, StepError, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cleans a file of records, a line each: `country;e-mail;amount`.
#[workflow]
pub(crate) mod clean_records {
    use super::*;

    /// Cuts the text into lines. An empty text is nobody's intention.
    #[step]
    pub(crate) async fn parse(input: String) -> Result<Vec<String>> {
        let lines: Vec<String> = input.lines().map(str::to_owned).collect();
        if lines.is_empty() {
            return Err(StepError::fatal("there are no records"));
        }
        Ok(lines)
    }

    /// Checks and normalises one record. A bad one is a result, too: it must not stop the others.
    #[step(map = parse)]
    pub(crate) async fn normalise(item: String) -> Result<Cleaned> {
        Ok(match clean(&item) {
            Ok(record) => Cleaned::Good(record),
            Err(reason) => Cleaned::Bad { line: item, reason },
        })
    }

    /// What was wrong, and how often.
    #[step(depends_on = [normalise])]
    pub(crate) async fn complaints(normalise: Vec<Cleaned>) -> Result<BTreeMap<String, u32>> {
        let mut complaints = BTreeMap::new();
        for cleaned in normalise {
            if let Cleaned::Bad { reason, .. } = cleaned {
                *complaints.entry(reason).or_default() += 1;
            }
        }
        Ok(complaints)
    }

    /// The sum of each country.
    #[step(depends_on = [normalise])]
    pub(crate) async fn sums(normalise: Vec<Cleaned>) -> Result<BTreeMap<String, i64>> {
        let mut sums = BTreeMap::new();
        for cleaned in normalise {
            if let Cleaned::Good(record) = cleaned {
                *sums.entry(record.country).or_default() += record.cents;
            }
        }
        Ok(sums)
    }

    /// Both together.
    #[step(depends_on = [sums, complaints])]
    pub(crate) async fn summary(sums: BTreeMap<String, i64>, complaints: BTreeMap<String, u32>) -> Result<Summary> {
        Ok(Summary { sums, complaints })
    }
}

/// A record after cleaning.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) enum Cleaned {
    Good(Record),
    Bad { line: String, reason: String },
}

/// A good record.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Record {
    country: String,
    email: String,
    cents: i64,
}

/// The result.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Summary {
    sums: BTreeMap<String, i64>,
    complaints: BTreeMap<String, u32>,
}

fn clean(line: &str) -> std::result::Result<Record, String> {
    let [country, email, amount] = line.split(';').map(str::trim).collect::<Vec<_>>()[..] else {
        return Err("not three fields".to_owned());
    };
    let (name, host) = email.split_once('@').ok_or("no e-mail address")?;
    if name.is_empty() || !host.contains('.') {
        return Err("no e-mail address".to_owned());
    }
    let amount: f64 = amount.replace(',', ".").parse().map_err(|_| "no amount")?;
    Ok(Record { country: country.to_uppercase(), email: email.to_lowercase(), cents: (amount * 100.0).round() as i64 })
}

/// Records as they come from a web form: every tenth has no address, every fiftieth no amount.
fn records(count: u32) -> String {
    let record = |n| {
        let country = ["de", "FR", " it "][n as usize % 3];
        let email = if n % 10 == 3 { "nobody".to_owned() } else { format!("User{n}@Example.org") };
        let amount = if n % 50 == 7 { "much".to_owned() } else { format!("{},50", n % 100) };
        format!("{country};{email};{amount}\n")
    };
    (0..count).map(record).collect()
}

/// What must come out, computed without any workflow.
fn expected(text: &str) -> Summary {
    let mut summary = Summary { sums: BTreeMap::new(), complaints: BTreeMap::new() };
    for line in text.lines() {
        match clean(line) {
            Ok(record) => *summary.sums.entry(record.country).or_default() += record.cents,
            Err(reason) => *summary.complaints.entry(reason).or_default() += 1,
        }
    }
    summary
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = match std::env::args().nth(1) {
        Some(number) => number.parse().context("say how many records, as a number")?,
        None => 2_000,
    };
    let text = records(count);

    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    // Three workers in one process. It would be the same with three processes on three machines.
    let mut workers = Vec::new();
    for number in 1..=3 {
        let worker = Worker::builder(pool.clone())
            .register(clean_records::Workflow)
            .name(format!("records-{number}"))
            .concurrency(16);
        workers.push(worker.start().await?);
    }

    let client = Client::new(pool.clone());
    let begin = std::time::Instant::now();
    let run = clean_records::start(&client, text.clone()).await?;
    let summary = run.output().await?;
    println!("{count} records cleaned in {:.1} s", begin.elapsed().as_secs_f64());
    for (country, cents) in &summary.sums {
        println!("  {country}: {}.{:02}", cents / 100, cents % 100);
    }
    for (complaint, times) in &summary.complaints {
        println!("  left out: {times} with {complaint}");
    }
    ensure!(summary == expected(&text), "this is wrong: {:?} was to be expected", expected(&text));

    // Who did what is recorded with each outcome.
    let shares: Vec<(String, i64)> = sqlx::query_as(
        "select w.name, count(*) from pgflow.outcome o join pgflow.worker w on w.id = o.worker_id
         where o.run_id = $1 group by w.name order by w.name",
    )
    .bind(run.id().as_uuid())
    .fetch_all(&pool)
    .await?;
    for (worker, outcomes) in shares {
        println!("  {worker}: {outcomes} tasks");
    }
    for worker in workers {
        worker.stop().await?;
    }
    Ok(())
}
