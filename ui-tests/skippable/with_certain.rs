#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step]
    pub async fn reserve(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(depends_on = [reserve], skip_with = [reserve])]
    pub async fn ship(reserve: u32) -> Result<u32> {
        Ok(reserve)
    }
}

fn main() {
    let _ = parcel::definition();
}
