#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow(on_failure = reserve)]
mod orders {
    use super::*;

    #[step(state = Shop)]
    async fn reserve(input: Order) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
