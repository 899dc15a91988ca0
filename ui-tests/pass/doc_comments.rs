//! Doc comments become descriptions.

use pgflow::{Result, step, workflow};

/// Says hello.
///
/// To everyone, with `code`, "quotes" and {braces}.
#[workflow]
#[doc = "And goodbye."]
mod greet {
    //! Within the module.

    use super::*;

    /** Says
    hello. */
    #[step]
    async fn hello() -> Result<()> {
        Ok(())
    }

    #[step]
    async fn nothing() -> Result<()> {
        Ok(())
    }
}

fn main() {
    let definition = greet::definition();
    let text = definition.description.as_deref().unwrap();
    assert!(text.starts_with("Says hello.\n\nTo everyone, with `code`, \"quotes\" and {braces}.\nAnd goodbye."), "{text}");
    assert!(definition.steps[0].description.as_deref().unwrap().starts_with("Says\n"));
    assert_eq!(definition.steps[1].description, None);
}
