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

    pub(super) fn start() {}
}

fn main() {
    orders::start();
    let _ = orders::definition();
}
