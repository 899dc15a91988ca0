#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |input| *input > 1)]
    pub async fn wrap(input: u32) -> Result<String> {
        Ok(input.to_string())
    }

    #[step(depends_on = [wrap])]
    pub async fn ship(wrap: Option<u32>) -> Result<Option<u32>> {
        Ok(wrap)
    }
}

fn main() {
    let _ = parcel::definition();
}
