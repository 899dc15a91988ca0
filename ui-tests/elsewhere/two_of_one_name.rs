//! Two steps have one name.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(include = [common::audit])]
pub mod orders {
    use super::*;

    #[step(depends_on = [common::audit])]
    pub async fn charge(audit: Receipt) -> Result<Receipt> {
        Ok(audit)
    }

    #[step()]
    pub async fn audit(input: Order) -> Result<Order> {
        Ok(input)
    }
}

fn main() {
    let _ = orders::definition;
}
