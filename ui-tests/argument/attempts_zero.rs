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

    #[step(max_attempts = 0)]
    async fn charge() -> Result<Receipt> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
