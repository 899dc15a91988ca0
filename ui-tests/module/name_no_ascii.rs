#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod aufträge {
    use super::*;

    #[step]
    async fn check() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = aufträge::definition();
}
