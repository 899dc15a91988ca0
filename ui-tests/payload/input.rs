#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Page;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch(input: Page) -> Result<()> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
