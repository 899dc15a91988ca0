#![allow(unused)]

use pgflow::{Result, State, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn charge(shop: State<Shop>) -> Result<()> {
        let _ = shop;
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
