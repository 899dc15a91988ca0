//! The older type of an output cannot be read.

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub struct Old;

impl From<Old> for Parcel {
    fn from(_: Old) -> Self {
        Self { grams: 1 }
    }
}

#[workflow]
pub mod orders {
    use super::*;

    #[step(upcast = [Old])]
    pub async fn charge(input: Order) -> Result<Parcel> {
        Ok(Parcel { grams: input.id })
    }
}

fn main() {
    let _ = orders::definition;
}
