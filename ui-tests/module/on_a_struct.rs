#![allow(unused)]

use pgflow::workflow;

#[workflow]
struct Orders;

fn main() {
    let _ = Orders;
}
