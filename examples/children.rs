//! A mailing to a hundred customers: each letter is a run of its own, of a workflow that others start as well. The mailing waits for all of
//! them without a slot, and goes on without those that cannot be sent.
//!
//! ```sh
//! cargo run --example children
//! ```

use anyhow::ensure;
use pgflow::embedded::Database;
use pgflow::sqlx::PgPool;
use pgflow::{Client, Result, RunStatus, StepError, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Writes and sends a letter.
#[workflow]
pub(crate) mod letter {
    use super::*;

    #[step]
    pub(crate) async fn write(input: Customer) -> Result<String> {
        if input.number % 25 == 7 {
            return Err(StepError::fatal("there is no address"));
        }
        Ok(format!("Dear {}", input.name))
    }

    #[step(depends_on = [write])]
    pub(crate) async fn send(input: Customer, write: String) -> Result<Sent> {
        Ok(Sent { number: input.number, pages: 1 + write.len() / 100 })
    }
}

/// A letter to each customer.
#[workflow]
pub(crate) mod mailing {
    use super::*;

    #[step]
    pub(crate) async fn customers(input: u32) -> Result<Vec<u32>> {
        Ok((0..input).collect())
    }

    /// Makes the input of a run; what others take of this step is what the runs give.
    #[step(map = customers, child = letter, on_exhausted = skip)]
    pub(crate) async fn letters(item: u32) -> Result<Customer> {
        Ok(Customer { number: item, name: format!("customer {item}") })
    }

    #[step(depends_on = [letters])]
    pub(crate) async fn count(letters: Vec<Option<Sent>>) -> Result<Counted> {
        let sent: Vec<&Sent> = letters.iter().flatten().collect();
        Ok(Counted {
            sent: sent.len(),
            not_sent: letters.len() - sent.len(),
            pages: sent.iter().map(|sent| sent.pages).sum(),
        })
    }
}

/// Whom a letter is for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Customer {
    number: u32,
    name: String,
}

/// What comes of a letter.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sent {
    number: u32,
    pages: usize,
}

/// What comes of a mailing.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Counted {
    sent: usize,
    not_sent: usize,
    pages: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    // One slot is enough: a run that waits for its children takes none.
    let worker = Worker::builder(pool.clone())
        .concurrency(1)
        .register(mailing::Workflow)
        .register(letter::Workflow)
        .start()
        .await?;
    let client = Client::new(pool);
    let run = mailing::start(&client, 100).await?;
    let counted = run.output().await?;
    println!("{counted:?}");
    ensure!(counted == Counted { sent: 96, not_sent: 4, pages: 96 }, "not what was to be sent: {counted:?}");

    let children = run.children().await?;
    let failed: Vec<_> = children.iter().filter(|child| child.status == RunStatus::Failed).collect();
    ensure!(
        children.len() == 100 && failed.len() == 4,
        "{} children, of which {} have failed",
        children.len(),
        failed.len()
    );
    let first = client.run(letter::Workflow, failed[0].id);
    ensure!(first.summary().await?.parent == Some(run.id()), "it knows whose step it is");
    if let (Some(index), Err(error)) = (failed[0].index, first.output().await) {
        println!("not sent to customer {index}: {error}");
    }
    worker.stop().await?;
    Ok(())
}
