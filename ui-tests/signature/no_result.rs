#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn charge() -> Receipt {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
