#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn charge(input: &Order) -> Result<Receipt> {
        todo!()
    }

    #[step]
    async fn reserve(input: Order) -> Result<Reservation> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
