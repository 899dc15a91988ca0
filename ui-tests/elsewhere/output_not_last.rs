//! A step elsewhere is said to be last, but another one elsewhere depends on it.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(depends_on = [audit])]
    pub async fn seal(audit: Receipt) -> Result<String> {
        Ok(audit.cents.to_string())
    }
}

#[workflow(include = [common::audit, common::seal], input = Order, output = [audit, seal])]
pub mod orders {
    use super::*;
}

fn main() {
    let _ = orders::definition;
}
