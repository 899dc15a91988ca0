#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step]
    pub async fn charge(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(depends_on = [charge], when = |input, chrge| input > chrge)]
    pub async fn wrap(charge: u32) -> Result<u32> {
        Ok(charge)
    }
}

fn main() {
    let _ = parcel::definition();
}
