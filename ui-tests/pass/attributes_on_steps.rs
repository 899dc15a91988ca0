//! Other attributes on steps, before and after ours.

#![deny(warnings)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
#[allow(clippy::needless_pass_by_value)]
pub mod orders {
    #![allow(clippy::unused_unit)]
    use super::*;

    /// With a doc comment.
    #[inline]
    #[step(timeout = "1s")]
    #[must_use = "it does nothing by itself"]
    #[allow(unused_variables, reason = "it is not looked at")]
    pub async fn reserve(#[allow(unused_mut)] mut input: Order) -> Result<()> {
        Ok(())
    }

    #[step(depends_on = [reserve])]
    #[doc(alias = "pay")]
    #[expect(unused_variables, reason = "nor is it here")]
    pub async fn charge(input: Order, reserve: ()) -> Result<u8> {
        Ok(1)
    }
}

#[inline]
#[step]
#[must_use = "it does nothing by itself"]
pub async fn outside(input: Order) -> Result<u64> {
    Ok(input.id)
}

fn main() {
    let _ = orders::definition();
    let _ = outside;
}
