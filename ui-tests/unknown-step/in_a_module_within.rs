//! A step depends on one in a module within the workflow's.

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod orders {
    use super::*;

    pub mod packing {
        use super::*;

        #[step]
        pub async fn pack(input: Order) -> Result<Parcel> {
            Ok(Parcel { grams: input.id })
        }
    }

    #[step(depends_on = [pack])]
    pub async fn ship(input: Order, pack: Parcel) -> Result<Parcel> {
        let _ = input;
        Ok(pack)
    }
}

fn main() {
    let _ = orders::definition;
}
