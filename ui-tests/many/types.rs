#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

struct Page;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }

    #[step(depends_on = [reserve])]
    async fn charge(reserve: Receipt, input: Receipt) -> Result<Page> {
        todo!()
    }

    #[step(map = reserve.shelf)]
    async fn pack(item: Line) -> Result<Parcel> {
        todo!()
    }

    #[step(depends_on = [charge, pack])]
    async fn ship(charge: Page, pack: Parcel) -> Result<()> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
