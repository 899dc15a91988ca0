#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow(stat = Shop)]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }
}

fn main() {
    let _ = orders::definition();
}
