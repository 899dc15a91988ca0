#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    #[step]
    async fn charge() -> pgflow::Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
