#![allow(unused)]

use pgflow::{Result, Scheduled, step, workflow};

#[workflow(schedule = "0 3 * * *")]
mod report {
    use super::*;

    #[step]
    pub async fn write(input: String) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = report::definition();
}
