#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(depends_on = [parse])]
    async fn parse(parse: u32) -> Result<u32> {
        Ok(parse)
    }
}

fn main() {
    let _ = orders::definition();
}
