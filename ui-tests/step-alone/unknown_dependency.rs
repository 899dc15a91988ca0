#![allow(unused)]

use pgflow::{Result, step};
use ui_tests::*;

#[step(depends_on = [reserv])]
async fn charge() -> Result<Receipt> {
    todo!()
}

#[step]
async fn reserve() -> Result<()> {
    Ok(())
}

fn main() {
    let _ = charge;
    let _ = reserve;
}
