#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(map = input, on_exhausted = skip)]
    pub async fn reserve(item: u32) -> Result<u32> {
        Ok(item)
    }

    #[step(map = reserve)]
    pub async fn pack(input: Vec<u32>, item: u32) -> Result<usize> {
        Ok(input.len() + item as usize)
    }
}

fn main() {
    let _ = parcel::definition();
}
