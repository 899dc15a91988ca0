#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod orders {
    use super::*;

    #[step(backoff = "1m", max_backoff = "30s")]
    async fn reserve(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(max_backoff = "2d")]
    async fn charge(input: u32) -> Result<u32> {
        Ok(input)
    }
}

fn main() {
    let _ = orders::definition();
}
