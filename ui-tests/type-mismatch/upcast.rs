//! There is no way from the older type of an output to the present one.

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod orders {
    use super::*;

    #[step(upcast = [Receipt])]
    pub async fn charge(input: Order) -> Result<Parcel> {
        Ok(Parcel { grams: input.id })
    }
}

fn main() {
    let _ = orders::definition;
}
