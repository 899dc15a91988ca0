//! A step is skipped with one elsewhere that never is.

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

    #[step(depends_on = [common::audit], skip_with = [common::audit])]
    pub async fn charge(audit: Receipt) -> Result<Receipt> {
        Ok(audit)
    }
}

fn main() {
    let _ = orders::definition;
}
