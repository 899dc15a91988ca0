#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

mod shop {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Order;
}

mod bank {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Order;
}

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<shop::Order> {
        todo!()
    }

    #[step(depends_on = [fetch])]
    async fn charge(fetch: bank::Order) -> Result<()> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
