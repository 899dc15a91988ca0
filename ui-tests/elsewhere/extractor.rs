//! A step elsewhere takes a parameter that is nothing known.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(depends_on = [audit])]
    pub async fn seal(audit: Receipt, audits: Receipt) -> Result<u64> {
        Ok(audit.cents + audits.cents)
    }
}

#[workflow(input = Order, include = [common::audit, common::seal], output = [seal])]
pub mod orders {
    use super::*;
}

fn main() {
    let _ = orders::definition;
}
