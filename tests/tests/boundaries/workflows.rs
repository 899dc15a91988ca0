//! Workflows that the other tests do not have: small, and wide.

use std::time::Duration;

use pgflow::{Result, StepContext, StepError, Tx, step, workflow};

async fn milliseconds(number: u64) {
    if number > 0 {
        tokio::time::sleep(Duration::from_millis(number)).await;
    }
}

/// One step that takes the given milliseconds.
#[workflow]
pub(crate) mod nap {
    use super::*;

    #[step]
    pub(crate) async fn sleep(input: u64) -> Result<u64> {
        milliseconds(input).await;
        Ok(input)
    }
}

/// A level of eight steps, each of which takes the given milliseconds: plain steps that are shared.
#[workflow]
pub(crate) mod level {
    use super::*;

    #[step]
    pub(crate) async fn top(input: (u64, u64)) -> Result<u64> {
        Ok(input.0)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn a(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 1)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn b(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 2)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn c(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 3)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn d(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 4)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn e(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 5)
    }

    #[step(depends_on = [top], max_attempts = 3, backoff = "5ms")]
    pub(crate) async fn f(top: u64, input: (u64, u64), ctx: StepContext) -> Result<u64> {
        milliseconds(input.1).await;
        if ctx.attempt() == 1 {
            return Err(StepError::retry("the first attempt of this step fails"));
        }
        Ok(top + 6)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn g(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 7)
    }

    #[step(depends_on = [top])]
    pub(crate) async fn h(top: u64, input: (u64, u64)) -> Result<u64> {
        milliseconds(input.1).await;
        Ok(top + 8)
    }

    #[step(depends_on = [a, b, c, d, e, f, g, h])]
    #[allow(clippy::too_many_arguments, clippy::many_single_char_names, reason = "it joins a wide level")]
    pub(crate) async fn join(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64) -> Result<u64> {
        Ok(a + b + c + d + e + f + g + h)
    }
}

/// Books, and then fails for good: nothing of it may stay.
#[workflow]
pub(crate) mod overdrawn {
    use super::*;

    #[step]
    pub(crate) async fn prepare(input: i64) -> Result<i64> {
        Ok(input)
    }

    #[step(depends_on = [prepare], max_attempts = 100, backoff = "5ms")]
    pub(crate) async fn book(prepare: i64, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        sqlx::query("insert into ledger (run_id, amount) values ($1, $2)")
            .bind(ctx.run_id().as_uuid())
            .bind(prepare)
            .execute(&mut *tx)
            .await?;
        Err(StepError::fatal("overdrawn"))
    }
}

/// A booking for each item of a map, until an amount below zero fails for good: what was booked until then stays, and nothing comes
/// after it.
#[workflow(input = Vec<i64>)]
pub(crate) mod bounced {
    use super::*;

    #[step(map = input, max_attempts = 100, backoff = "5ms")]
    pub(crate) async fn book(item: i64, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        sqlx::query("insert into ledger (run_id, amount) values ($1, $2)")
            .bind(ctx.run_id().as_uuid())
            .bind(item)
            .execute(&mut *tx)
            .await?;
        milliseconds(1).await;
        if item < 0 { Err(StepError::fatal("bounced")) } else { Ok(item) }
    }

    #[step(depends_on = [book])]
    pub(crate) async fn sum(book: Vec<i64>) -> Result<i64> {
        Ok(book.iter().sum())
    }
}
