#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<std::collections::BTreeMap<String, Vec<(u8, Option<Receipt>)>>> {
        todo!()
    }

    #[step(depends_on = [fetch])]
    async fn charge(fetch: std::collections::BTreeMap<String, Vec<(u8, Receipt)>>) -> Result<()> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
