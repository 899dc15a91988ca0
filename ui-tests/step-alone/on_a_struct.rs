#![allow(unused)]

use pgflow::step;

#[step]
struct Charge;

fn main() {
    let _ = Charge;
}
