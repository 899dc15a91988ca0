//! What is included is not there.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(input = Order, include = [common::audt])]
pub mod orders {
    use super::*;
}

fn main() {
    let _ = orders::definition;
}
