#![allow(unused)]

use pgflow::{Result, Scheduled, step, workflow};

#[workflow(schedule = "0 3 * * *", scheduled_input = of_the_dya)]
mod report {
    use super::*;

    pub fn of_the_day(scheduled: Scheduled) -> String {
        scheduled.date().to_owned()
    }

    #[step]
    pub async fn write(input: String) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {
    let _ = report::definition();
}
