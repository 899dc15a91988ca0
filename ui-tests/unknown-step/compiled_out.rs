//! A step depends on one that is compiled out.

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod orders {
    use super::*;

    #[step]
    pub async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }

    #[cfg(all(unix, windows))]
    #[step(depends_on = [reserve])]
    pub async fn charge(reserve: Reservation) -> Result<Reservation> {
        Ok(reserve)
    }

    #[step(depends_on = [charge])]
    pub async fn ship(charge: Reservation) -> Result<Reservation> {
        Ok(charge)
    }
}

fn main() {
    let _ = orders::definition;
}
