//! Outside a workflow, a step takes another type than its dependency returns.

use pgflow::{Result, step};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(depends_on = [audit])]
    pub async fn seal(audit: Reservation) -> Result<String> {
        Ok(audit.shelf)
    }
}

fn main() {
    let _ = common::seal;
}
