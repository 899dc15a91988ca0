#![allow(unused)]

use pgflow::{Result, step};

struct Till;

impl Till {
    #[step]
    async fn charge(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Till.charge();
}
