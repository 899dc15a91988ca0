#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(depends_on = [store])]
    async fn fetch(store: u32) -> Result<u32> {
        Ok(store)
    }

    #[step(depends_on = [fetch])]
    async fn parse(fetch: u32) -> Result<u32> {
        Ok(fetch)
    }

    #[step(depends_on = [parse])]
    async fn store(parse: u32) -> Result<u32> {
        Ok(parse)
    }
}

fn main() {
    let _ = orders::definition();
}
