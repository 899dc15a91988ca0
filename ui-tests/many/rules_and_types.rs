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

    #[step(depends_on = [reserv])]
    async fn charge(reserv: Reservation) -> Result<Receipt> {
        todo!()
    }

    #[step(depends_on = [charge, reserve])]
    async fn ship(charge: Reservation, reserve: Reservation) -> Result<()> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
