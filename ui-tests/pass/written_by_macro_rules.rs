//! Workflows and steps that a `macro_rules!` macro writes.

#![deny(warnings)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

macro_rules! flow {
    ($name:ident, $first:ident, $payload:ty, $attempts:literal) => {
        #[workflow]
        pub mod $name {
            use super::*;

            #[step(max_attempts = $attempts)]
            pub async fn $first(input: $payload) -> Result<$payload> {
                Ok(input)
            }

            #[step(depends_on = [$first])]
            pub async fn last(#[from($first)] given: $payload) -> Result<$payload> {
                Ok(given)
            }
        }
    };
}

flow!(orders, reserve, Order, 3);
flow!(parcels, pack, Parcel, 7);

macro_rules! shared {
    ($name:ident) => {
        #[step]
        pub async fn $name(input: Order) -> Result<u64> {
            Ok(input.id)
        }
    };
}

shared!(number);

#[workflow(include = [number])]
pub mod with_shared {
    use super::*;

    #[step(depends_on = [number])]
    pub async fn last(number: u64, _input: Order) -> Result<u64> {
        Ok(number)
    }
}

fn main() {
    assert_eq!(orders::definition().steps[0].name, "reserve");
    assert_eq!(parcels::definition().steps[0].options.max_attempts, 7);
    assert_eq!(with_shared::definition().steps.len(), 2);
}
