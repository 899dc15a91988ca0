#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

struct Broken;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<(), Broken> {
        Err(Broken)
    }
}

fn main() {
    let _ = orders::definition();
}
