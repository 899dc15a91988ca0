#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step]
    pub async fn charge(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(when = |charge| *charge > 1)]
    pub async fn wrap(input: u32) -> Result<u32> {
        Ok(input)
    }
}

fn main() {
    let _ = parcel::definition();
}
