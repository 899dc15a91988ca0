#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async unsafe fn charge() -> Result<Receipt> {
        todo!()
    }
}

fn main() {
    let _ = orders::definition();
}
