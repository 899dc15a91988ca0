#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(map = pack)]
    async fn pack(item: Line) -> Result<Line> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
