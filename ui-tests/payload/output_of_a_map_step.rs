#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(schemars::JsonSchema)]
struct Page;

#[workflow(input = Vec<u32>)]
mod orders {
    use super::*;

    #[step(map = input)]
    async fn fetch(item: u32) -> Result<Page> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
