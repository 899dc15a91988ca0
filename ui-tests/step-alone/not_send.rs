#![allow(unused)]

use pgflow::{Result, step};

#[step]
async fn charge() -> Result<()> {
    let kept = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(kept);
    Ok(())
}

fn main() {
    let _ = charge;
}
