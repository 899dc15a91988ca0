#![allow(unused)]

use pgflow::workflow;

#[workflow]
#[path = "file/orders.rs"]
mod orders;

fn main() {
    orders::helper();
}
