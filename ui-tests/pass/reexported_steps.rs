//! A step that stands deep inside, is handed on by several modules, and is included by another path in each of two workflows.

#![deny(warnings)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

mod deep {
    pub mod inside {
        use pgflow::{Result, step};

        #[step]
        pub async fn audit(input: ui_tests::Order) -> Result<u64> {
            Ok(input.id)
        }

        #[step(depends_on = [self::audit])]
        pub async fn seal(audit: u64) -> Result<u64> {
            Ok(audit)
        }
    }
    pub use inside::seal;
}

pub use deep::inside::*;
pub mod prelude {
    pub use crate::deep::inside::audit;
    pub use crate::deep::inside::seal as sealed;
}

#[workflow(include = [crate::audit, deep::seal])]
pub mod one {
    use super::*;

    #[step(depends_on = [crate::audit, seal])]
    pub async fn last(_input: Order, audit: u64, seal: u64) -> Result<u64> {
        Ok(audit + seal)
    }
}

#[workflow(input = Order, include = [prelude::audit, prelude::sealed], output = [sealed])]
pub mod two {
    use super::*;
}

/// A path that leads to the same step as the one that is included.
#[workflow(include = [prelude::audit])]
pub mod three {
    use super::*;

    #[step(depends_on = [deep::inside::audit])]
    pub async fn last(_input: Order, audit: u64) -> Result<u64> {
        Ok(audit)
    }
}

fn main() {
    assert_eq!(two::definition().steps[1].name, "sealed");
    let _ = (one::definition(), three::definition(), audit, seal);
}
