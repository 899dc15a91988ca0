#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(schemars::JsonSchema)]
struct Page;

#[workflow(input = Page)]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
