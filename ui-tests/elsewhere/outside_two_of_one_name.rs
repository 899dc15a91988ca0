//! Outside a workflow, a step depends on two of one name.

use pgflow::{Result, step};

pub mod one {
    #[pgflow::step]
    pub async fn audit() -> pgflow::Result<u64> {
        Ok(1)
    }
}

pub mod two {
    #[pgflow::step]
    pub async fn audit() -> pgflow::Result<u64> {
        Ok(2)
    }
}

#[step(depends_on = [one::audit, two::audit])]
pub async fn seal() -> Result<u64> {
    Ok(3)
}

fn main() {
    let _ = seal;
}
