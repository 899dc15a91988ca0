#![allow(unused)]

use pgflow::step;
use ui_tests::*;

#[step]
async fn charge(input: Order) -> Receipt {
    let _ = input;
    todo!()
}

fn main() {
    let _ = charge;
}
