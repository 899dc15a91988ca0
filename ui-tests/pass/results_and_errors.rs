//! Any `Result` whose error converts into a step's.

use std::fmt;

use pgflow::{StepError, step, workflow};

#[derive(Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

struct Own;

impl From<Own> for StepError {
    fn from(_: Own) -> Self {
        StepError::fatal("own")
    }
}

type BankResult<T> = Result<T, Declined>;
type UnitResult = pgflow::Result<()>;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn declared() -> Result<u8, Declined> {
        Err(Declined)
    }

    #[step]
    async fn alias() -> BankResult<u8> {
        Ok(1)
    }

    #[step]
    async fn alias_without_arguments() -> UnitResult {
        Ok(())
    }

    #[step]
    async fn own() -> Result<u8, Own> {
        Err(Own)
    }

    #[step]
    async fn boxed() -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        Err("no".into())
    }

    #[step]
    async fn ours() -> std::result::Result<u8, StepError> {
        let number: u8 = "x".parse()?;
        Ok(number)
    }

    #[step(depends_on = [declared, alias, alias_without_arguments, own, boxed, ours])]
    async fn all(declared: u8, alias: u8, alias_without_arguments: (), own: u8, boxed: u8, ours: u8) -> BankResult<u8> {
        let () = alias_without_arguments;
        Ok(declared + alias + own + boxed + ours)
    }
}

fn main() {
    let _ = orders::definition();
}
