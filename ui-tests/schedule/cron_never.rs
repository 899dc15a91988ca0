#![allow(unused)]

use pgflow::{Result, Scheduled, step, workflow};

#[workflow(schedule = "0 3 31 FEB,APR *")]
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
