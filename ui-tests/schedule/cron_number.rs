#![allow(unused)]

use pgflow::{Result, Scheduled, step, workflow};

#[workflow(schedule = 5)]
mod report {
    use super::*;

    #[step]
    pub async fn write() -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = report::definition();
}
