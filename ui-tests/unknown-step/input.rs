#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(depends_on = [input])]
    async fn charge(input: Order) -> Result<Receipt> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
