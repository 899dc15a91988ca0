#![allow(unused)]

use pgflow::{Result, step, workflow};

#[workflow]
mod parcel {
    use super::*;

    #[step(map = input, when = |input| !input.is_empty())]
    pub async fn pack(item: u8) -> Result<u16> {
        Ok(item.into())
    }

    #[step(depends_on = [pack])]
    pub async fn ship(input: Vec<u8>, pack: Vec<u16>) -> Result<usize> {
        Ok(input.len() + pack.len())
    }
}

fn main() {
    let _ = parcel::definition();
}
