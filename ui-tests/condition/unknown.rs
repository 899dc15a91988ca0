#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |total| *total > 1)]
    pub async fn wrap(input: u32) -> Result<String> {
        Ok(input.to_string())
    }

}

fn main() {
    let _ = parcel::definition();
}
