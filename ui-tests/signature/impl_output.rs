#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn charge() -> Result<impl Send> {
        Ok(1)
    }
}

fn main() {
    let _ = orders::definition();
}
