//! A step outside depends on one of a workflow.

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow()]
pub mod orders {
    use super::*;

    #[step()]
    pub async fn charge(input: Order) -> Result<Order> {
        Ok(input)
    }
}

#[step(depends_on = [orders::charge])]
pub async fn pack(charge: Order) -> Result<Order> {
    Ok(charge)
}

fn main() {
    let _ = orders::definition;
}
