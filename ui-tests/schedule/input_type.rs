#![allow(unused)]

use pgflow::{Result, Scheduled, step, workflow};

#[workflow(schedule = "0 3 * * *", scheduled_input = of_the_day)]
mod report {
    use super::*;

    pub fn of_the_day(scheduled: Scheduled) -> String {
        scheduled.date().to_owned()
    }

    #[step]
    pub async fn write(input: u32) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = report::definition();
}
