#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(on_exhausted = skip)]
    pub async fn reserve(input: u32) -> Result<Vec<u32>> {
        Ok(vec![input])
    }

    #[step(map = reserve)]
    pub async fn pack(item: u32) -> Result<u32> {
        Ok(item)
    }
}

fn main() {
    let _ = parcel::definition();
}
