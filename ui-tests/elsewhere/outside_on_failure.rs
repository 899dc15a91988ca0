//! A step that is executed when a run has failed stands in its workflow.

use pgflow::{Result, step};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(on_failure)]
    pub async fn tell(failure: pgflow::Failure) -> Result<()> {
        let _ = failure;
        Ok(())
    }
}

fn main() {
    let _ = common::tell;
}
