//! A step maps over what is no list.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(input = Order, include = [common::audit])]
pub mod orders {
    use super::*;

    #[step(map = common::audit.cents)]
    pub async fn charge(item: u64) -> Result<u64> {
        Ok(item)
    }
}

fn main() {
    let _ = orders::definition;
}
