//! A step's name may begin with an underscore; a parameter's underscore says that it is not used.

use pgflow::{Result, step, workflow};

#[workflow]
mod names {
    use super::*;

    #[step]
    async fn _first() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn second() -> Result<u16> {
        Ok(2)
    }

    #[step(depends_on = [_first, second])]
    async fn third(_first: u8, _second: u16) -> Result<()> {
        Ok(())
    }

    #[step(map = fourth)]
    async fn fifth(_item: u8, _input: String) -> Result<()> {
        Ok(())
    }

    #[step]
    async fn fourth() -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

fn main() {
    assert!(names::definition().steps[3].takes_input);
}
