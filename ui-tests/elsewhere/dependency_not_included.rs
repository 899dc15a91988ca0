//! A step is included, but not what it depends on.

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

#[workflow(include = [common::seal])]
pub mod orders {
    use super::*;

    #[step(depends_on = [seal])]
    pub async fn charge(seal: String, _input: Order) -> Result<String> {
        Ok(seal)
    }
}

fn main() {
    let _ = orders::definition;
}
