//! Generated code gives no warnings, and hides none of the user's lints' reasons to be quiet.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    non_ascii_idents,
    unused_results
)]
#![forbid(unsafe_code)]

use pgflow::{Result, State, step, workflow};
use ui_tests::*;

/// Takes orders.
#[workflow(state = Shop)]
mod orders {
    use super::*;

    #[step]
    async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }

    #[step(map = reserve.lines)]
    async fn pack(item: Line, shop: State<Shop>) -> Result<Parcel> {
        let _ = shop;
        Ok(Parcel { grams: item.sku.len() as u64 })
    }

    #[step(depends_on = [reserve])]
    async fn bill(_reserve: Reservation) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
