#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }

    #[step(depends_on = [reserve], when = |input, reserve| { let ; reserve. })]
    async fn pack() -> Result<u64> {
        Ok(1)
    }
}

fn main() {
    let _ = orders::definition();
}
