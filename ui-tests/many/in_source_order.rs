#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(timeout = "0s", retries = 5)]
    async fn reserve(input: &Order) -> Result<Reservation> {
        todo!()
    }

    #[step(depends_on = [reserv, reserve])]
    fn charge(reserve: Receipt) -> Result<Receipt> {
        Ok(reserve)
    }

    #[step(depends_on = [reserve, ship])]
    async fn wrap(reserve: Receipt, charge: Receipt) -> Result<Parcel> {
        todo!()
    }

    #[step(depends_on = [wrap])]
    async fn ship(wrap: Parcel) -> Result<()> {
        let _ = wrap;
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
