//! Workflows whose steps end the process that executes them.
#![allow(missing_docs, reason = "their names say what they are")]

use std::time::Duration;

use pgflow::{Result, State, StepContext, step, workflow};

use crate::stress::Calls;

/// Its second step ends the process, each time.
#[workflow(state = Calls)]
pub mod abort {
    use super::*;

    #[step]
    pub async fn before(input: u64) -> Result<u64> {
        Ok(input)
    }

    #[step(depends_on = [before])]
    pub async fn aborts(before: u64, calls: State<Calls>, ctx: StepContext) -> Result<u64> {
        calls.note(&ctx).await?;
        tokio::time::sleep(Duration::from_millis(before)).await;
        std::process::abort()
    }

    #[step(depends_on = [aborts])]
    pub async fn after(aborts: u64) -> Result<u64> {
        Ok(aborts)
    }
}

/// One item of many ends the process, each time; the others take the given milliseconds.
#[workflow(state = Calls)]
pub mod abort_item {
    use super::*;

    #[step]
    pub async fn numbers(input: (u32, u64)) -> Result<Vec<u32>> {
        Ok((0..input.0).collect())
    }

    #[step(map = numbers)]
    pub async fn work(item: u32, input: (u32, u64), calls: State<Calls>, ctx: StepContext) -> Result<u32> {
        if item == input.0 / 2 {
            calls.note(&ctx).await?;
            std::process::abort();
        }
        tokio::time::sleep(Duration::from_millis(input.1)).await;
        Ok(item)
    }

    #[step(depends_on = [work])]
    pub async fn sum(work: Vec<u32>) -> Result<u32> {
        Ok(work.iter().sum())
    }
}

/// Fails, and the step for that ends the process, each time.
#[workflow(state = Calls)]
pub mod abort_on_failure {
    use super::*;

    #[step]
    pub async fn fails() -> Result<()> {
        Err(pgflow::StepError::fatal("as it is told to"))
    }

    #[step(on_failure)]
    pub async fn aborts(calls: State<Calls>, ctx: StepContext) -> Result<()> {
        calls.note(&ctx).await?;
        std::process::abort()
    }
}
