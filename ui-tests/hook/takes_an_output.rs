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

    #[step(on_failure)]
    async fn refund(input: Order, reserve: Option<Reservation>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
