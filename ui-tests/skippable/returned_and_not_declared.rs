#![allow(unused)]

use pgflow::{Result, Skippable, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step]
    pub async fn wrap(input: u32) -> Result<Skippable<u32>> {
        Ok(Skippable::Done(input))
    }

    #[step(depends_on = [wrap])]
    pub async fn ship(wrap: Option<u32>) -> Result<Option<u32>> {
        Ok(wrap)
    }
}

fn main() {
    let _ = parcel::definition();
}
