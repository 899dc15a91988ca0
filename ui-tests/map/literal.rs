#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(map = "lines")]
    async fn pack(item: Line) -> Result<Parcel> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
