#![allow(unused)]

use pgflow::{Result, Scheduled, step, workflow};

#[workflow(schedule = "0 3 * * *", scheduled_input = of_the_day)]
mod report {
    use super::*;

    pub fn of_the_day(day: u32) -> String {
        day.to_string()
    }

    #[step]
    pub async fn write(input: String) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = report::definition();
}
