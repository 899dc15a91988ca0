#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[derive(schemars::JsonSchema)]
struct Page;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<Page> {
        todo!()
    }

    #[step(depends_on = [fetch])]
    async fn parse(fetch: Page) -> Result<()> {
        todo!()
    }

    #[step(depends_on = [fetch])]
    async fn store(fetch: Page) -> Result<()> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
