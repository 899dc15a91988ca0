#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |input| *input > 1)]
    pub async fn wrap(input: u32) -> Result<String> {
        Ok(input.to_string())
    }

    #[step(depends_on = [wrap], skip_with = [wrap])]
    pub async fn ribbon(wrap: String) -> Result<String> {
        Ok(wrap)
    }

    #[step(depends_on = [wrap, ribbon], skip_with = [wrap])]
    pub async fn ship(wrap: String, ribbon: String) -> Result<String> {
        Ok(wrap + &ribbon)
    }
}

fn main() {
    let _ = parcel::definition();
}
