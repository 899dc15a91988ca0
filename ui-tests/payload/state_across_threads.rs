#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow(state = std::rc::Rc<u8>)]
mod orders {
    use super::*;

    #[step]
    async fn fetch() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
