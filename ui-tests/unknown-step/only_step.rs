#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(depends_on = [reserve])]
    async fn charge(reserve: Reservation) -> Result<Receipt> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
