//! A path is half typed; what else is wrong is told as well.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(input = Order, include = [common::, common::audit])]
pub mod orders {
    use super::*;

    #[step(depends_on = [common::audit])]
    pub async fn charge(audit: Order) -> Result<Order> {
        Ok(audit)
    }
}

fn main() {
    let _ = orders::definition;
}
