#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order) -> Result<(), Box<dyn std::error::Error>> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
