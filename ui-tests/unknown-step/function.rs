#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(depends_on = [helper])]
    async fn charge() -> Result<Receipt> {
        todo!()
    }

    async fn helper() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
