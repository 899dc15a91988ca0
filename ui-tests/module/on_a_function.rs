#![allow(unused)]

use pgflow::workflow;

#[workflow]
fn orders() {}

fn main() {
    orders();
}
