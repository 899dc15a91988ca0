#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    pub(super) async fn signals() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
