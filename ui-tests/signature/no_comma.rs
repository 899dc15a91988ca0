//! A comma is missing between two parameters: the compiler says so, and nothing is concluded from it.

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod orders {
    use super::*;

    #[step]
    pub async fn reserve(input: Order context: pgflow::StepContext) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: context.workflow().to_owned() })
    }

    #[step(depends_on = [reserve])]
    pub async fn ship(reserve: Reservation) -> Result<Reservation> {
        Ok(reserve)
    }
}

fn main() {
    let _ = orders::definition;
}
