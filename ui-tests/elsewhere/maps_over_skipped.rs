//! A step maps over the list of a step elsewhere that may be skipped.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step]
    pub async fn audit(input: Order) -> Result<Receipt> {
        Ok(Receipt { cents: input.id })
    }

    #[step(when = |input| input.id > 1)]
    pub async fn wrap(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }
}

#[workflow(include = [common::wrap])]
pub mod orders {
    use super::*;

    #[step(map = common::wrap.lines)]
    pub async fn charge(item: Line, _input: Order) -> Result<Line> {
        Ok(item)
    }
}

fn main() {
    let _ = orders::definition;
}
