//! Older outputs that are carried over: of plain steps, map steps, steps that may be skipped, and steps outside.

#![deny(warnings)]

use pgflow::{Result, Skippable, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    #[step(upcast = [u32, String])]
    pub async fn audit(input: Order) -> Result<Audit> {
        Ok(Audit { number: input.id })
    }
}

#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Audit {
    pub number: u64,
}

impl From<u32> for Audit {
    fn from(old: u32) -> Self {
        Self { number: u64::from(old) }
    }
}

impl From<String> for Audit {
    fn from(old: String) -> Self {
        Self { number: old.len() as u64 }
    }
}

#[workflow(include = [common::audit])]
pub mod orders {
    use super::*;

    #[step(map = input.lines, upcast = [u32])]
    pub async fn each(item: Line) -> Result<Audit> {
        Ok(Audit { number: item.sku.len() as u64 })
    }

    #[step(depends_on = [common::audit, each], skippable, upcast = [u32])]
    pub async fn last(input: Order, audit: Audit, each: Vec<Audit>) -> Result<Skippable<Audit>> {
        let _ = (input, each);
        Ok(Skippable::Done(audit))
    }
}

fn main() {
    let upcasts: Vec<usize> = orders::definition().steps.iter().map(|step| step.upcasts.len()).collect();
    assert_eq!(upcasts, [1, 1, 2]);
}
