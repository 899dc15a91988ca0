#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Page;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<Pagee> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
