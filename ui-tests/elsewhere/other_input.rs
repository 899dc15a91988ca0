//! A step elsewhere takes another input.

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

    #[step()]
    pub async fn charge(input: Line) -> Result<Line> {
        Ok(input)
    }

    #[step(depends_on = [charge, audit])]
    pub async fn ship(charge: Line) -> Result<Line> {
        Ok(charge)
    }
}

fn main() {
    let _ = orders::definition;
}
