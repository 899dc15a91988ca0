//! Runs that are started by the clock.

use pgflow::{Result, Scheduled, step, workflow};

fn outside(scheduled: Scheduled) -> String {
    scheduled.schedule().to_owned()
}

/// Nobody takes an input.
#[workflow(schedule = "@daily")]
mod without_input {
    use super::*;

    #[step]
    pub async fn sweep() -> Result<()> {
        Ok(())
    }
}

/// The input is nothing.
#[workflow(schedule = "*/5 8-18 * * MON-FRI", timezone = "America/Argentina/Buenos_Aires", catch_up = skip)]
mod with_nothing {
    use super::*;

    #[step]
    pub async fn sweep(input: ()) -> Result<()> {
        Ok(input)
    }
}

#[workflow(schedule = "30 0 3 * * *", timezone = "Australia/Lord_Howe", catch_up = all, scheduled_input = of_the_day)]
mod within {
    use super::*;

    fn of_the_day(scheduled: Scheduled) -> String {
        scheduled.date().to_owned()
    }

    #[step]
    pub async fn write(input: String) -> Result<String> {
        Ok(input)
    }
}

#[workflow(scheduled_input = super::outside)]
mod at_run_time_only {
    use super::*;

    #[step]
    pub async fn write(input: String) -> Result<String> {
        Ok(input)
    }
}

fn main() {
    assert_eq!(without_input::definition().schedule.unwrap().timezone, "UTC");
    assert!(!with_nothing::definition().schedule.unwrap().computed_input);
    assert!(within::definition().schedule.unwrap().computed_input);
    assert!(at_run_time_only::definition().schedule.is_none());
}
