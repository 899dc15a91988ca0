#![allow(unused)]

use std::time::Duration;

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step]
    pub async fn pack(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(depends_on = [pack], delay = "366d")]
    pub async fn ship() -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = parcel::definition();
}
