#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |input| *input > 1)]
    pub async fn wrap(input: u32) -> Result<String> {
        Ok(input.to_string())
    }

    #[step(depends_on = [wrap], when = |wrap| wrap.starts_with("3"))]
    pub async fn ship() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = parcel::definition();
}
