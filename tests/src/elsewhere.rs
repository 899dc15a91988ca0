//! Steps outside any workflow, for workflows of other crates.

use pgflow::{Result, StepContext, step};

/// As many numbers as the input says.
#[step]
pub async fn list(input: u64) -> Result<Vec<u64>> {
    Ok((0..input).collect())
}

/// Two of three.
#[step(map = list, on_exhausted = skip, max_attempts = 1)]
pub async fn two_of_three(item: u64, ctx: StepContext) -> Result<String> {
    if item % 3 == 1 {
        return Err(pgflow::StepError::fatal("one of three"));
    }
    Ok(format!("{}{item}", ctx.step()))
}

/// Skipped where there are few.
#[step(depends_on = [list, two_of_three], when = |list, two_of_three| list.len() > 2 && two_of_three.len() > 2)]
pub async fn many(#[from(list)] all: Vec<u64>, two_of_three: Vec<Option<String>>) -> Result<usize> {
    Ok(all.len() * 100 + two_of_three.iter().flatten().count())
}

/// A step of this name stands elsewhere too.
pub mod other {
    use super::*;

    /// Waits for a step of another module.
    #[step(depends_on = [super::many], skip_with = [super::many], delay = |many| std::time::Duration::from_millis(*many as u64 / 100))]
    pub async fn list(many: usize) -> Result<usize> {
        Ok(many + 1)
    }
}
