#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |input| *input > 1)]
    pub async fn wrap(input: u32) -> Result<String> {
        Ok(input.to_string())
    }

    #[step(skip_with = [wrap])]
    pub async fn ship(input: u32) -> Result<u32> {
        Ok(input)
    }
}

fn main() {
    let _ = parcel::definition();
}
