//! The JSON Schemas of a workflow as one document, on standard output; and what is said of payloads that do not fit.
//!
//! ```sh
//! cargo run --example schemas
//! cargo run --example schemas > booking.schema.json
//! ```

use anyhow::{Context as _, ensure};
use pgflow::embedded::Database;
use pgflow::sqlx::{self, PgPool};
use pgflow::{Client, Result, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Books the rooms of a journey, and pays for them together.
#[workflow]
pub(crate) mod book_rooms {
    use super::*;

    /// The nights, one by one.
    #[step]
    pub(crate) async fn split(input: Journey) -> Result<Vec<Night>> {
        Ok(input.stays.iter().flat_map(Stay::nights).collect())
    }

    /// Asks for a room for one night.
    #[step(map = split)]
    pub(crate) async fn reserve(item: Night) -> Result<Reservation> {
        Ok(Reservation { cents: if item.town == "Paris" { 18_000 } else { 9_000 }, night: item })
    }

    /// Pays for all nights at once.
    #[step(depends_on = [reserve])]
    pub(crate) async fn pay(reserve: Vec<Reservation>, input: Journey) -> Result<Receipt> {
        let cents = reserve.iter().map(|reservation| reservation.cents).sum();
        Ok(Receipt { cents, paid_by: input.payment, reservations: reserve })
    }
}

/// Where somebody stays, and who pays.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journey {
    /// In the order of the journey.
    #[schemars(length(min = 1))]
    stays: Vec<Stay>,
    payment: Payment,
}

/// Some nights in one town.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Stay {
    town: String,
    #[schemars(range(min = 1, max = 30))]
    nights: u32,
}

/// How it is paid.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub(crate) enum Payment {
    Card {
        /// As the gateway knows it.
        token: String,
    },
    Invoice {
        /// Until then it is to be paid.
        days: u8,
    },
}

/// One night.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Night {
    town: String,
    /// From 1, in this town.
    number: u32,
}

/// A room for a night.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Reservation {
    night: Night,
    cents: u64,
}

/// What was paid.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Receipt {
    cents: u64,
    paid_by: Payment,
    reservations: Vec<Reservation>,
}

impl Stay {
    fn nights(&self) -> impl Iterator<Item = Night> {
        (1..=self.nights).map(|number| Night { town: self.town.clone(), number })
    }
}

/// Inputs as they may come from elsewhere, with what is said of each.
const WRONG: [(&str, &str); 4] = [
    (
        r#"{"stays": [{"town": "Lyon", "nights": 2}, {"town": "Paris"}], "payment": {"by": "invoice", "days": 14}}"#,
        "`input.stays[1]` has no `nights`",
    ),
    (
        r#"{"stays": [{"town": "Lyon", "nights": 31}], "payment": {"by": "invoice", "days": 14}}"#,
        "`input.stays[0].nights` is greater than 30",
    ),
    (
        r#"{"stays": [{"town": "Lyon", "nights": 2}], "payment": {"by": "card", "token": 7}}"#,
        "`input.payment.token` is of type number, and string is wanted",
    ),
    (
        r#"{"stays": [{"town": "Lyon", "nights": 2}], "payment": {"by": "cash"}}"#,
        r#"`input.payment.by` is none of "card", "invoice""#,
    ),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("{:#}", book_rooms::schema());

    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    let worker = Worker::builder(pool.clone()).register(book_rooms::Workflow).start().await?;
    let start = |input: &'static str| {
        sqlx::query_scalar::<_, pgflow::sqlx::types::Uuid>("select pgflow.start_run('book_rooms', $1::jsonb)")
            .bind(input)
    };
    for (input, says) in WRONG {
        let error = start(input).fetch_one(&pool).await.err().context("this is no journey")?;
        let error = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        ensure!(error.contains(says), "{error}");
        eprintln!("refused: {error}");
    }
    let right = r#"{"stays": [{"town": "Lyon", "nights": 2}, {"town": "Paris", "nights": 1}], "payment": {"by": "card", "token": "t"}}"#;
    let run = start(right).fetch_one(&pool).await?;
    let receipt = Client::new(pool).run(book_rooms::Workflow, run.into()).output().await?;
    ensure!(receipt.cents == 36_000, "{receipt:?}");
    eprintln!("accepted: {} nights for {}.00", receipt.reservations.len(), receipt.cents / 100);
    worker.stop().await?;
    Ok(())
}
