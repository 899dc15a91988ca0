//! Payloads that are generic, aliases, and results by other names.

#![deny(warnings)]

use pgflow::{StepError, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui_tests::*;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<u64>,
}

pub type Lines = Page<Line>;
pub type FlowResult<T> = std::result::Result<T, StepError>;
pub type LinesResult = FlowResult<Lines>;

#[workflow]
pub mod pages {
    use super::*;

    #[step]
    pub async fn first(input: Page<u64>) -> LinesResult {
        Ok(Page { items: input.items.iter().map(|n| Line { sku: n.to_string() }).collect(), next: None })
    }

    #[step(map = first.items)]
    pub async fn each(item: Line) -> FlowResult<Page<Page<u8>>> {
        Ok(Page { items: vec![Page { items: item.sku.into_bytes(), next: None }], next: None })
    }

    #[step(depends_on = [each, first])]
    pub async fn last(each: Vec<Page<Page<u8>>>, first: Page<Line>) -> FlowResult<(usize, Lines)> {
        Ok((each.len(), first))
    }
}

fn main() {
    let _ = pages::schema();
}
