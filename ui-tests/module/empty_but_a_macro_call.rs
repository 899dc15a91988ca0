#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod orders {
    use super::*;

    macro_rules! steps {
        () => {
            #[step]
            async fn reserve() -> Result<()> {
                Ok(())
            }
        };
    }
    steps!();
}

fn main() {
    let _ = orders::definition();
}
