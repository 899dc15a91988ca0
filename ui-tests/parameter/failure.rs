#![allow(unused)]

use pgflow::{Failure, Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order, failure: Failure) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
