#![allow(unused)]

use pgflow::{Result, step, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Page;

#[workflow]
pub mod orders {
    use super::*;

    #[step]
    async fn fetch(input: Page) -> Result<Page> {
        Ok(input)
    }
}

fn main() {
    let _ = orders::definition();
}
