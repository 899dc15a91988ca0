#![allow(unused)]

use pgflow::{Result, State, step, workflow};
use ui_tests::*;

#[workflow(state = Shop)]
mod orders {
    use super::*;

    #[step]
    async fn charge(shop: State<Receipt>) -> Result<()> {
        let _ = shop.cents;
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
