//! Several workflows beside each other and within each other's modules, with steps of the same names.

#![deny(warnings)]

use pgflow::{Result, Workflow as _, step, workflow};
use ui_tests::*;

#[workflow]
pub mod one {
    use super::*;

    #[step]
    pub async fn reserve(input: Order) -> Result<u64> {
        Ok(input.id)
    }

    /// No step, and no part of the outer one.
    #[workflow]
    pub mod inner {
        use super::*;

        #[step]
        pub async fn reserve(input: Line) -> Result<String> {
            Ok(input.sku)
        }

        #[step(depends_on = [reserve])]
        pub async fn pack(reserve: String) -> Result<usize> {
            Ok(reserve.len())
        }
    }

    #[step(depends_on = [reserve])]
    pub async fn pack(reserve: u64) -> Result<usize> {
        inner::pack(reserve.to_string()).await
    }
}

pub mod other {
    use super::*;

    #[workflow]
    pub(crate) mod one {
        use super::*;

        #[step]
        pub(crate) async fn reserve() -> Result<()> {
            Ok(())
        }
    }
}

fn main() {
    assert_eq!([one::Workflow::NAME, one::inner::Workflow::NAME, other::one::Workflow::NAME], ["one", "inner", "one"]);
    assert_eq!(one::definition().steps.len(), 2);
}
