//! The crate may be found under another path.

mod vendored {
    pub use ::pgflow as durable;
}

use vendored::durable;

#[durable::workflow(crate = crate::vendored::durable, state = u8)]
mod orders {
    use super::durable::{self, Result, State};

    #[durable::step]
    async fn reserve(input: u8, state: State<u8>) -> Result<u8> {
        Ok(input + *state)
    }

    #[durable::step(depends_on = [reserve])]
    async fn charge(reserve: u8) -> Result<u8> {
        Ok(reserve)
    }
}

#[durable::step(crate = crate::vendored::durable)]
async fn alone() -> durable::Result<()> {
    Ok(())
}

fn main() {
    let _ = (orders::definition(), alone);
}
