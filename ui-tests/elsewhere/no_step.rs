//! What is included is no step.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    pub async fn plain(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(input = Order, include = [common::plain])]
pub mod orders {
    use super::*;
}

fn main() {
    let _ = orders::definition;
}
