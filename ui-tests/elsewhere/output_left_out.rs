//! A last step is left out.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(include = [common::audit], output = [audit])]
pub mod orders {
    use super::*;

    #[step()]
    pub async fn charge(input: Order) -> Result<Order> {
        Ok(input)
    }
}

fn main() {
    let _ = orders::definition;
}
