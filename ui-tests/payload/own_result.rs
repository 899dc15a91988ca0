#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

struct PageResult;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> PageResult {
        todo!()
    }

    #[step(depends_on = [fetch])]
    async fn parse(fetch: u32) -> Result<u32> {
        Ok(fetch)
    }
}

fn main() {
    let _ = orders::definition();
}
