#![allow(unused)]

use pgflow::{Result, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Order {
    gift: bool,
}

#[workflow]
mod parcel {
    use super::*;

    #[step(when = |input| input.gifts)]
    pub async fn wrap(input: Order) -> Result<()> {
        drop(input);
        Ok(())
    }
}

fn main() {
    let _ = parcel::definition();
}
