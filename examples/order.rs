//! Orders of a shop: a run begins in the transaction that stores its order, a payment is made once although its answer gets lost,
//! and the ledger is written once although the step that writes it fails half-way.
//!
//! ```sh
//! cargo run --example order
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::ensure;
use pgflow::embedded::Database;
use pgflow::sqlx::{self, PgPool};
use pgflow::{Client, Result, State, StepContext, StepError, Tx, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Takes an order from payment to parcels.
#[workflow(state = Shop)]
pub(crate) mod fulfil_order {
    use super::*;

    /// Charges the card. The key is the same in every attempt, so the gateway charges once, whatever happens to its answers.
    #[step(max_attempts = 5, backoff = "50ms", timeout = "10s")]
    pub(crate) async fn charge(input: Order, shop: State<Shop>, ctx: StepContext) -> Result<Receipt> {
        let cents = input.lines.iter().map(|line| line.cents).sum();
        match shop.gateway.charge(&ctx.idempotency_key(), &input.card, cents) {
            Ok(number) => Ok(Receipt { number, cents, attempts: ctx.attempt() }),
            // No further attempt makes a card good.
            Err(Trouble::Declined) => Err(StepError::fatal(format!("the card of order {} was declined", input.id))),
            Err(Trouble::NoAnswer) => Err(StepError::retry("the gateway did not answer")),
        }
    }

    /// Writes the ledger: the row and the step's outcome are committed together, so there is one row, never none and never two.
    #[step(depends_on = [charge], backoff = "50ms")]
    pub(crate) async fn book(input: Order, charge: Receipt, mut tx: Tx, ctx: StepContext) -> Result<()> {
        sqlx::query("insert into shop.ledger (order_id, receipt, cents) values ($1, $2, $3)")
            .bind(input.id)
            .bind(charge.number)
            .bind(charge.cents)
            .execute(&mut *tx)
            .await?;
        if ctx.attempt() == 1 {
            return Err(StepError::retry("a trouble of this example's own, after the row was written"));
        }
        Ok(())
    }

    /// Packs one line: a task for each.
    #[step(map = input.lines, depends_on = [charge])]
    pub(crate) async fn pack(item: Line) -> Result<String> {
        Ok(format!("{} x {}", item.count, item.article))
    }

    /// Sends the parcels when the order is paid, booked and packed.
    #[step(depends_on = [charge, book, pack])]
    pub(crate) async fn ship(input: Order, charge: Receipt, pack: Vec<String>) -> Result<Delivery> {
        Ok(Delivery { order: input.id, receipt: charge, parcels: pack })
    }
}

/// The order, as the customer gave it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    id: i64,
    card: String,
    lines: Vec<Line>,
}

/// A line of an order.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    article: String,
    count: u32,
    cents: i64,
}

/// What the gateway gave.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Receipt {
    number: i64,
    cents: i64,
    attempts: u16,
}

/// What the customer gets.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Delivery {
    order: i64,
    receipt: Receipt,
    parcels: Vec<String>,
}

/// The state: what the process lends to the steps, such as clients of other services.
pub(crate) struct Shop {
    gateway: Arc<Gateway>,
}

/// In place of a real payment service. As good ones do, it takes a key with each request and does nothing for a key that it knows.
#[derive(Default)]
pub(crate) struct Gateway {
    /// The charges by their keys: the receipt's number, and the cents.
    charges: Mutex<HashMap<String, (i64, i64)>>,
}

enum Trouble {
    Declined,
    NoAnswer,
}

impl Gateway {
    /// Charges a card once for each key. The answer to the first request gets lost, after the money has moved.
    fn charge(&self, key: &str, card: &str, cents: i64) -> std::result::Result<i64, Trouble> {
        if card == "expired" {
            return Err(Trouble::Declined);
        }
        let mut charges = self.charges.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, _)) = charges.get(key) {
            return Ok(*number);
        }
        let number = 1_000 + i64::try_from(charges.len()).unwrap_or(0);
        charges.insert(key.to_owned(), (number, cents));
        Err(Trouble::NoAnswer)
    }

    fn charged(&self) -> (usize, i64) {
        let charges = self.charges.lock().unwrap_or_else(PoisonError::into_inner);
        (charges.len(), charges.values().map(|(_, cents)| cents).sum())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    set_up(&pool).await?;

    let gateway = Arc::new(Gateway::default());
    let worker = Worker::builder(pool.clone())
        .register(fulfil_order::Workflow.with_state(Shop { gateway: Arc::clone(&gateway) }))
        .start()
        .await?;
    let client = Client::new(pool.clone());

    // The order and its run are stored together: there is no order without a run, and no run without an order.
    let mut ids = Vec::new();
    for card in ["4111", "4222", "4333"] {
        let mut tx = pool.begin().await?;
        let order = store_order(&mut tx, card).await?;
        ids.push((order.id, fulfil_order::start_in(&mut tx, order).await?));
        tx.commit().await?;
    }
    let mut tx = pool.begin().await?;
    let regretted = store_order(&mut tx, "4444").await?;
    let never = fulfil_order::start_in(&mut tx, regretted).await?;
    tx.rollback().await?;

    for (order, run) in &ids {
        let delivery = client.run(fulfil_order::Workflow, *run).output().await?;
        let Receipt { number, cents, attempts } = delivery.receipt;
        println!(
            "order {order}: {cents} cents paid at attempt {attempts}, receipt {number}; parcels: {}",
            delivery.parcels.join(", ")
        );
        ensure!(delivery.order == *order && cents == 2_700 && attempts == 2, "the delivery is not what was ordered");
        ensure!(delivery.parcels == ["2 x tea", "1 x pot"], "the parcels are not what was ordered");
        let rows: Vec<(i64, i64)> = sqlx::query_as("select receipt, cents from shop.ledger where order_id = $1")
            .bind(order)
            .fetch_all(&pool)
            .await?;
        ensure!(rows == [(number, cents)], "the ledger of order {order} has {rows:?}, and should have one row");
    }
    ensure!(
        gateway.charged() == (3, 8_100),
        "three orders are paid once each, but the gateway has {:?}",
        gateway.charged()
    );
    println!(
        "the gateway was asked twice for each order and charged once; the ledger was written to twice for each and has one row"
    );

    let rolled_back = client.run(fulfil_order::Workflow, never).output().await;
    ensure!(rolled_back.is_err_and(|error| error.is_unknown_run()), "a run that was rolled back is there");
    println!("the order that was rolled back has no run");

    let order = store_order(&mut *pool.acquire().await?, "expired").await?;
    match fulfil_order::start(&client, order).await?.output().await {
        Err(error) if error.failed_step() == Some("charge") => println!("and one has failed, as it should: {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => anyhow::bail!("an order was paid with an expired card"),
    }
    worker.stop().await?;
    Ok(())
}

async fn set_up(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "create schema if not exists shop;
         create table if not exists shop.orders (id bigint generated always as identity primary key, card text not null);
         create table if not exists shop.ledger (order_id bigint not null references shop.orders, receipt bigint not null, cents bigint not null);",
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn store_order(connection: &mut sqlx::PgConnection, card: &str) -> sqlx::Result<Order> {
    let id = sqlx::query_scalar("insert into shop.orders (card) values ($1) returning id")
        .bind(card)
        .fetch_one(connection)
        .await?;
    let line = |article: &str, count, cents| Line { article: article.to_owned(), count, cents };
    Ok(Order { id, card: card.to_owned(), lines: vec![line("tea", 2, 900), line("pot", 1, 1_800)] })
}
