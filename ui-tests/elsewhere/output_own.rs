//! A step is said to be last, but another one depends on it.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }
}

#[workflow(include = [common::audit], output = [common::audit])]
pub mod orders {
    use super::*;

    #[step(depends_on = [common::audit])]
    pub async fn charge(audit: Receipt, _input: Order) -> Result<Receipt> {
        Ok(audit)
    }
}

fn main() {
    let _ = orders::definition;
}
