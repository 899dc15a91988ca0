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

    #[step(depends_on = [reserve], when = move |input: &Order, reserve| !input.lines.is_empty() && reserve.lines.len() > 1)]
    async fn pack() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
