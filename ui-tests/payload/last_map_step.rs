#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Page;

#[workflow(input = Vec<u32>)]
mod orders {
    use super::*;

    #[step(map = input)]
    async fn fetch(item: u32) -> Result<Page> {
        todo!()
    }

    #[step(depends_on = [fetch])]
    async fn log() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
