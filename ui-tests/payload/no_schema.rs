#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Page;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<Page> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
