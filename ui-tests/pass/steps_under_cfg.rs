//! Steps that are compiled out, or in the place of others.

#![deny(warnings)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod orders {
    use super::*;

    #[step]
    pub async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }

    #[cfg(any(unix, windows))]
    #[step(depends_on = [reserve])]
    pub async fn pack(reserve: Reservation) -> Result<u64> {
        Ok(reserve.lines.len() as u64)
    }

    /// The other one of this name.
    #[cfg(not(any(unix, windows)))]
    #[step]
    pub async fn pack() -> Result<String> {
        Ok("by hand".to_owned())
    }

    #[step(depends_on = [reserve])]
    #[cfg(all(unix, windows))]
    pub async fn nowhere(no_such: NoSuchType) -> Result<u64> {
        Ok(no_such)
    }

    #[cfg(any(unix, windows))]
    #[cfg(debug_assertions)]
    #[step(depends_on = [pack], max_attempts = 2)]
    pub async fn ship(pack: u64) -> Result<Receipt> {
        Ok(Receipt { cents: pack })
    }
}

#[step]
#[cfg(all(unix, windows))]
pub async fn outside(no_such: NoSuchType) -> Result<u64> {
    Ok(no_such)
}

fn main() {
    let names: Vec<String> = orders::definition().steps.into_iter().map(|step| step.name).collect();
    assert_eq!(names, ["reserve", "pack", "ship"]);
    let _: fn(<orders::Workflow as pgflow::Workflow>::Output) -> Receipt = |receipt| receipt;
}
