//! Outside a workflow, a condition takes an input of which the step does not say what it is.

use pgflow::{Result, step};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(depends_on = [audit], when = |input| input.id > 1)]
    pub async fn pack(audit: Receipt) -> Result<Receipt> {
        Ok(audit)
    }
}

fn main() {
    let _ = common::pack;
}
