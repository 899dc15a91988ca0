#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(skippable)]
    async fn insure(input: Order) -> Result<Option<u64>> {
        Ok(Some(1))
    }
}

fn main() {
    let _ = orders::definition();
}
