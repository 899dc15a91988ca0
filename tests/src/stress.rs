//! Workflows that are worked on while their workers are killed, stopped and cut off.
#![allow(missing_docs, reason = "their names say what they are")]

use std::time::Duration;

use pgflow::{Repeat, Result, State, StepContext, StepError, Tx, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

/// Notes the executions of steps, outside of any transaction of theirs.
#[derive(Clone, Debug)]
pub struct Calls(pub PgPool);

impl Calls {
    /// The table of the notes, and the ledger that transactions of steps write to.
    pub const TABLES: &str = "
        create table call (run_id uuid not null, step text not null, index int not null, at timestamptz not null default clock_timestamp());
        create table ledger (run_id uuid, amount bigint);
        create table page (run_id uuid not null, step text not null, index int not null, number bigint not null);
        create table account (id int primary key, balance bigint not null);
        insert into account values (1, 0);";

    /// # Errors
    /// When the database fails.
    pub async fn note(&self, ctx: &StepContext) -> Result<()> {
        let index = ctx.index().and_then(|index| i32::try_from(index).ok()).unwrap_or(-1);
        sqlx::query("insert into call (run_id, step, index) values ($1, $2, $3)")
            .bind(ctx.run_id().as_uuid())
            .bind(ctx.step())
            .bind(index)
            .execute(&self.0)
            .await?;
        Ok(())
    }
}

async fn sleep(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Pages that are written down together with the number of the next one, one by one; and items that do the same, each for itself.
#[workflow(state = Calls)]
pub mod pages {
    use super::*;

    #[step(max_attempts = 10, backoff = "1ms")]
    pub async fn all(input: i64, repeat: Repeat<i64>, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        let page = repeat.state().copied().unwrap_or_default();
        write(page, &mut tx, &ctx).await?;
        if page == input { Ok(page) } else { repeat.after(Duration::from_millis(2), page + 1) }
    }

    #[step]
    pub async fn list(input: i64) -> Result<Vec<i64>> {
        Ok((0..40).map(|n| input / 4 + n % 3).collect())
    }

    #[step(map = list, max_attempts = 10, backoff = "1ms")]
    pub async fn each(item: i64, repeat: Repeat<i64>, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        let page = repeat.state().copied().unwrap_or_default();
        write(page, &mut tx, &ctx).await?;
        if page == item { Ok(page) } else { repeat.after(Duration::from_millis(2), page + 1) }
    }

    #[step(depends_on = [all, each])]
    pub async fn sum(all: i64, each: Vec<i64>) -> Result<i64> {
        Ok(all + each.iter().sum::<i64>())
    }

    async fn write(page: i64, tx: &mut Tx, ctx: &StepContext) -> Result<()> {
        let index = ctx.index().and_then(|index| i32::try_from(index).ok()).unwrap_or(-1);
        sqlx::query("insert into page (run_id, step, index, number) values ($1, $2, $3, $4)")
            .bind(ctx.run_id().as_uuid())
            .bind(ctx.step())
            .bind(index)
            .bind(page)
            .execute(&mut **tx)
            .await?;
        sleep(2).await;
        Ok(())
    }
}

/// Numbers, doubled one by one, and a join that notes that it was called.
#[workflow(state = Calls)]
pub mod big_map {
    use super::*;

    #[step]
    pub async fn numbers(input: (u32, u64)) -> Result<Vec<(u32, u64)>> {
        Ok((0..input.0).map(|n| (n, input.1)).collect())
    }

    #[step(map = numbers)]
    pub async fn twice(item: (u32, u64), ctx: StepContext) -> Result<u64> {
        if item.1 > 0 {
            sleep(item.1).await;
        }
        match ctx.index() {
            Some(index) if index == item.0 => Ok(u64::from(item.0) * 2),
            other => Err(StepError::fatal(format!("item {} came as {other:?}", item.0))),
        }
    }

    #[step(depends_on = [twice])]
    pub async fn join(twice: Vec<u64>, calls: State<Calls>, ctx: StepContext) -> Result<u64> {
        calls.note(&ctx).await?;
        Ok(twice.iter().sum())
    }
}

/// A chain whose steps note that they were called, and then take the given milliseconds each.
#[workflow(state = Calls)]
pub mod noted {
    use super::*;

    #[step]
    pub async fn first(input: u64, calls: State<Calls>, ctx: StepContext) -> Result<()> {
        calls.note(&ctx).await?;
        sleep(input).await;
        Ok(())
    }

    #[step(depends_on = [first])]
    pub async fn second(input: u64, calls: State<Calls>, ctx: StepContext) -> Result<()> {
        calls.note(&ctx).await?;
        sleep(input).await;
        Ok(())
    }

    #[step(depends_on = [second])]
    pub async fn third(input: u64, calls: State<Calls>, ctx: StepContext) -> Result<u64> {
        calls.note(&ctx).await?;
        sleep(input).await;
        Ok(input)
    }
}

/// What an item of `rough_map` does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Item {
    /// Takes so many milliseconds.
    Takes(u64),
    /// Fails at its first attempts, so many of them.
    FailsFirst(u16),
    /// Fails for good.
    Fails,
    /// Gives what the database does not take.
    Nul,
}

/// A map whose items fail, at first or for good.
#[workflow(input = Vec<Item>)]
pub mod rough_map {
    use super::*;

    #[step(map = input, max_attempts = 5, backoff = "10ms")]
    pub async fn work(item: Item, ctx: StepContext) -> Result<String> {
        match item {
            Item::Takes(milliseconds) => sleep(milliseconds).await,
            Item::FailsFirst(attempts) if ctx.attempt() <= attempts => {
                return Err(StepError::retry(format!("attempt {} of {attempts} that fail", ctx.attempt())));
            }
            Item::FailsFirst(_) => {}
            Item::Fails => return Err(StepError::fatal("for good")),
            Item::Nul => return Ok("a\0b".to_owned()),
        }
        Ok("fine".to_owned())
    }

    #[step(depends_on = [work])]
    pub async fn count(work: Vec<String>) -> Result<usize> {
        Ok(work.len())
    }
}

/// Books in a ledger; its transaction holds a row of `account` and stays open for the given milliseconds.
#[workflow]
pub mod slow_ledger {
    use super::*;

    #[step]
    pub async fn prepare(input: (i64, u64)) -> Result<i64> {
        Ok(input.0)
    }

    #[step(depends_on = [prepare])]
    pub async fn book(prepare: i64, input: (i64, u64), mut tx: Tx, ctx: StepContext) -> Result<i64> {
        sqlx::query("insert into ledger (run_id, amount) values ($1, $2)")
            .bind(ctx.run_id().as_uuid())
            .bind(prepare)
            .execute(&mut *tx)
            .await?;
        sqlx::query("update account set balance = balance + $1 where id = 1").bind(prepare).execute(&mut *tx).await?;
        sleep(input.1).await;
        Ok(prepare)
    }

    #[step(depends_on = [book])]
    pub async fn done(book: i64) -> Result<i64> {
        Ok(book)
    }
}

/// Books in a ledger, in a single attempt.
#[workflow]
pub mod only_once {
    use super::*;

    #[step(max_attempts = 1)]
    pub async fn book(input: i64, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        sqlx::query("insert into ledger (run_id, amount) values ($1, $2)")
            .bind(ctx.run_id().as_uuid())
            .bind(input)
            .execute(&mut *tx)
            .await?;
        Ok(input)
    }
}

/// A ledger entry for each item of a map: transactions of shared work.
#[workflow(input = Vec<i64>)]
pub mod ledger_map {
    use super::*;

    #[step(map = input, max_attempts = 100, backoff = "5ms")]
    pub async fn book(item: i64, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        sqlx::query("insert into ledger (run_id, amount) values ($1, $2)")
            .bind(ctx.run_id().as_uuid())
            .bind(item)
            .execute(&mut *tx)
            .await?;
        Ok(item)
    }

    #[step(depends_on = [book])]
    pub async fn sum(book: Vec<i64>) -> Result<i64> {
        Ok(book.iter().sum())
    }
}

/// Takes the given milliseconds.
#[workflow(state = Calls)]
pub mod parcel {
    use super::*;

    #[step]
    pub async fn pack(input: (u32, u64), calls: State<Calls>, ctx: StepContext) -> Result<u32> {
        calls.note(&ctx).await?;
        sleep(input.1).await;
        Ok(input.0 * 2)
    }

    #[step(depends_on = [pack])]
    pub async fn ship(pack: u32) -> Result<u32> {
        Ok(pack + 1)
    }
}

/// So many parcels, each a run of its own.
#[workflow]
pub mod parcels {
    use super::*;

    #[step]
    pub async fn lines(input: (u32, u64)) -> Result<Vec<(u32, u64)>> {
        Ok((0..input.0).map(|n| (n, input.1)).collect())
    }

    #[step(map = lines, child = parcel)]
    pub async fn each(item: (u32, u64)) -> Result<(u32, u64)> {
        Ok(item)
    }

    #[step(depends_on = [each])]
    pub async fn sum(each: Vec<u32>) -> Result<u32> {
        Ok(each.iter().sum())
    }
}
