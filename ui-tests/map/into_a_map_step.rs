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

    #[step(map = reserve.lines)]
    async fn pack(item: Line) -> Result<Line> {
        Ok(item)
    }

    #[step(map = pack.sku)]
    async fn label(item: String) -> Result<String> {
        Ok(item)
    }
}

fn main() {
    let _ = orders::definition();
}
