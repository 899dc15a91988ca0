#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn count() -> Result<u32> {
        Ok(1)
    }

    #[step(depends_on = [count])]
    async fn double(count: u64) -> Result<u64> {
        Ok(count * 2)
    }
}

fn main() {
    let _ = orders::definition();
}
