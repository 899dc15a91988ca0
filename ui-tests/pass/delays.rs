//! Delays of all kinds, and a deadline.

use std::time::Duration;

use pgflow::{Delay, Result, Skippable, step, workflow};

#[workflow(deadline = "1d")]
mod parcel {
    use super::*;

    #[step(delay = "10m")]
    pub async fn pack(input: u32) -> Result<u32> {
        Ok(input)
    }

    #[step(depends_on = [pack], skippable)]
    pub async fn insure() -> Result<Skippable<u64>> {
        Ok(Skippable::skip("cheap"))
    }

    #[step(depends_on = [pack, insure], delay = |input, insure, pack| if insure.is_some() { Duration::ZERO } else { Duration::from_secs(u64::from(input + pack)) })]
    pub async fn ship() -> Result<()> {
        Ok(())
    }

    #[step(map = input_list, delay = |input: &u32| Duration::from_millis(u64::from(*input)), when = |input| *input > 1)]
    pub async fn each(item: u32) -> Result<u32> {
        Ok(item)
    }

    #[step]
    pub async fn input_list(input: u32) -> Result<Vec<u32>> {
        Ok(vec![input])
    }
}

fn main() {
    let definition = parcel::definition();
    assert_eq!(definition.deadline, Some(Duration::from_secs(86_400)));
    let delays: Vec<Option<Delay>> = definition.steps.iter().map(|step| step.options.delay).collect();
    assert_eq!(
        delays,
        [Some(Delay::Fixed(Duration::from_secs(600))), None, Some(Delay::Computed), Some(Delay::Computed), None]
    );
    assert!(definition.steps[2].takes_input);
}
