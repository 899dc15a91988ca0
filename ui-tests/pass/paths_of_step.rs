//! However `#[step]` is named, no import of it is unused.
#![deny(warnings)]

mod imported {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod orders {
        use super::*;

        #[step]
        async fn check() -> Result<()> {
            Ok(())
        }
    }
}

#[pgflow::workflow]
mod imported_within {
    use pgflow::step;

    #[step]
    async fn check() -> pgflow::Result<()> {
        Ok(())
    }
}

#[pgflow::workflow]
mod by_path {
    #[::pgflow::step]
    async fn check() -> pgflow::Result<()> {
        Ok(())
    }

    #[pgflow::step()]
    async fn check_again() -> pgflow::Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = (imported::orders::definition(), imported_within::definition(), by_path::definition());
}
