#![allow(unused)]

use pgflow::{Result, step};

#[derive(serde::Serialize, serde::Deserialize)]
struct Page;

#[step]
async fn charge() -> Result<Page> {
    todo!()
}

fn main() {
    let _ = charge;
}
