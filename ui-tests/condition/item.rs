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

    #[step(map = reserve.lines, when = |item| !item.sku.is_empty())]
    async fn pack(item: Line) -> Result<Line> {
        Ok(item)
    }

    #[step(depends_on = [pack])]
    async fn ship(pack: Vec<Line>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
