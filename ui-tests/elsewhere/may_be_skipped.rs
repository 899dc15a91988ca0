//! A step elsewhere may be skipped, but is taken for certain.

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

    #[step(depends_on = [common::wrap])]
    pub async fn charge(wrap: Reservation, _input: Order) -> Result<Reservation> {
        Ok(wrap)
    }
}

fn main() {
    let _ = orders::definition;
}
