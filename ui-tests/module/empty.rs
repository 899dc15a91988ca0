#![allow(unused)]

use pgflow::workflow;

#[workflow]
mod orders {
    pub(super) fn helper() {}
}

fn main() {
    orders::helper();
    let _ = orders::definition();
}
