//! Outside a workflow, a step depends on what is not there.

use pgflow::{Result, step};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(depends_on = [audt])]
    pub async fn seal(#[from(audt)] audit: Receipt) -> Result<String> {
        Ok(audit.cents.to_string())
    }
}

fn main() {
    let _ = common::seal;
}
