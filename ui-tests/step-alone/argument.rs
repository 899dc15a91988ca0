#![allow(unused)]

use pgflow::{Result, step};

#[step(max_attempt = 3)]
async fn charge() -> Result<()> {
    Ok(())
}

fn main() {
    let _ = charge;
}
