//! Outside a workflow, a step maps over an input of which it does not say what it is.

use pgflow::{Result, step};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(map = input.lines)]
    pub async fn pack(item: Line) -> Result<Line> {
        Ok(item)
    }
}

fn main() {
    let _ = common::pack;
}
