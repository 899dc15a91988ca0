#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step(depends_on = [b])]
    async fn a() -> Result<()> {
        Ok(())
    }

    #[step(depends_on = [a])]
    async fn b() -> Result<()> {
        Ok(())
    }

    #[step(depends_on = [d, a])]
    async fn c() -> Result<()> {
        Ok(())
    }

    #[step(depends_on = [c])]
    async fn d() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
