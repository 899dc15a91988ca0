//! Generated items are as visible as the module: payloads may be private where it is.
#![deny(warnings)]
#![allow(clippy::needless_pub_self)]

use pgflow::{Result, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
struct Private;

#[workflow]
mod private {
    use super::*;

    #[step]
    async fn a(input: Private) -> Result<Private> {
        Ok(input)
    }
}

#[workflow]
pub(crate) mod in_crate {
    use super::*;

    #[step]
    async fn a(input: Private) -> Result<Private> {
        Ok(input)
    }
}

mod outer {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Outer;

    #[workflow]
    pub(super) mod in_super {
        use super::*;

        #[step]
        async fn a(input: Outer) -> Result<Outer> {
            Ok(input)
        }

        #[step]
        async fn b() -> Result<Outer> {
            Ok(Outer)
        }
    }

    #[workflow]
    pub(self) mod in_self {
        use super::*;

        #[step]
        async fn a(input: Outer) -> Result<Outer> {
            Ok(input)
        }
    }

    #[workflow]
    pub(in crate::outer) mod in_path {
        use super::*;

        #[step]
        async fn a(input: Outer) -> Result<Outer> {
            Ok(input)
        }
    }

    pub(super) fn definitions() {
        let _ = (in_self::definition(), in_path::definition());
    }
}

fn main() {
    let _ = (private::definition(), in_crate::definition(), outer::in_super::definition());
    outer::definitions();
}
