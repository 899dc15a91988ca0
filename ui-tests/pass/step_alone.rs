//! A step outside a workflow is the function that it is.

use pgflow::{Result, StepContext, step};
use ui_tests::*;

#[step]
async fn reserve(input: Order) -> Result<Reservation> {
    Ok(Reservation { lines: input.lines, shelf: String::new() })
}

#[step(depends_on = [reserve], timeout = "1s")]
async fn charge(#[from(reserve)] held: Reservation, mut ctx: StepContext) -> Result<Receipt> {
    let _ = &mut ctx;
    Ok(Receipt { cents: held.lines.len() as u64 })
}

#[step(map = reserve.lines)]
pub async fn pack(item: Line) -> Result<Parcel> {
    Ok(Parcel { grams: item.sku.len() as u64 })
}

fn main() {
    drop(reserve(Order { id: 1, lines: Vec::new() }));
    let _ = (charge, pack);
}
