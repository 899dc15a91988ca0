//! Extractors of one's own, over any state and over some.

#![deny(warnings)]

use pgflow::{Context, FromContext, Result, State, StepContext, step, workflow};
use ui_tests::*;

/// Works in every workflow.
pub struct Attempt(pub u16);

impl<S: Send + Sync> FromContext<S> for Attempt {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        Ok(Self(context.step().attempt()))
    }
}

/// Works where the state has a till.
pub struct Till(pub u64);

pub trait HasTill: Send + Sync {
    fn till(&self) -> u64;
}

impl<S: HasTill + 'static> FromContext<S> for Till {
    async fn from_context(context: &Context<S>) -> Result<Self> {
        let state = State::<S>::from_context(context).await?;
        Ok(Self(state.till()))
    }
}

pub struct Market;

impl HasTill for Market {
    fn till(&self) -> u64 {
        7
    }
}

/// Outside: in whatever workflow has a till.
#[step]
pub async fn count(till: Till, attempt: Attempt) -> Result<u64> {
    Ok(till.0 * u64::from(attempt.0))
}

#[workflow(state = Market, include = [count])]
pub mod orders {
    use super::*;

    #[step(depends_on = [count])]
    pub async fn charge(till: Till, input: Order, count: u64, attempt: Attempt, ctx: StepContext) -> Result<u64> {
        Ok(till.0 + input.id + count + u64::from(attempt.0 + ctx.attempt()))
    }
}

fn main() {
    let _ = orders::definition();
}
