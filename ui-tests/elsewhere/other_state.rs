//! A step elsewhere takes a state that the workflow has not.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step]
    pub async fn stamp(shop: pgflow::State<Shop>) -> Result<u64> {
        let _ = shop;
        Ok(1)
    }
}

#[workflow(state = Line, include = [common::stamp])]
pub mod orders {
    use super::*;
}

fn main() {
    let _ = orders::definition;
}
