#![allow(unused)]

use pgflow::{Result, State, step, workflow};
use ui_tests::*;

#[workflow(Shop)]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order, shop: State<Shop>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
