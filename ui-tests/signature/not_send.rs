#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn charge() -> Result<()> {
        let kept = std::rc::Rc::new(1);
        pause().await;
        drop(kept);
        Ok(())
    }

    async fn pause() {}
}

fn main() {
    let _ = orders::definition();
}
