//! Steps that repeat themselves.

use std::time::Duration;

use pgflow::{Repeat, Result, step, workflow};

#[derive(Clone, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Page {
    pub number: u32,
}

#[step(max_repeats = 10)]
pub async fn alone(repeat: Repeat<Page>) -> Result<u32> {
    Ok(repeat.count())
}

#[workflow(include = [alone])]
mod orders {
    use super::*;

    #[step(max_repeats = 100, repeat_timeout = "1h", on_exhausted = skip)]
    pub async fn poll(_repeat: Repeat<Page>) -> Result<u32> {
        _repeat.after(Duration::from_secs(1), Page { number: 1 })
    }

    #[step(map = input)]
    pub async fn each(item: u32, again: pgflow::Repeat) -> Result<u32> {
        if again.count() < item { again.after(Duration::ZERO, ()) } else { Ok(item) }
    }

    #[step(depends_on = [alone, poll, each])]
    pub async fn last(input: Vec<u32>, alone: u32, poll: Option<u32>, each: Vec<u32>) -> Result<usize> {
        Ok(input.len() + each.len() + poll.map_or(0, |poll| poll as usize) + alone as usize)
    }
}

fn main() {
    let options = orders::definition().steps.into_iter().map(|step| (step.repeat.is_some(), step.options.max_repeats));
    assert_eq!(options.collect::<Vec<_>>(), [(true, Some(100)), (true, None), (false, None), (true, Some(10))]);
}
