#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn reserve(#[from(input)] order: Order) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
