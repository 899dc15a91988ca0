#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |input| *input > 1)]
    pub async fn wrap(input: u32) -> Result<String> {
        Ok(input.to_string())
    }

    #[step(depends_on = [wrap], skip_with = [wrapp])]
    pub async fn ship(wrap: Option<String>) -> Result<String> {
        Ok(wrap.unwrap_or_default())
    }
}

fn main() {
    let _ = parcel::definition();
}
