#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(map = b)]
    async fn a(item: u32) -> Result<u32> {
        Ok(item)
    }

    #[step(depends_on = [a])]
    async fn b(a: Vec<u32>) -> Result<Vec<u32>> {
        Ok(a)
    }
}

fn main() {
    let _ = orders::definition();
}
