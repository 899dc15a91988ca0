//! The payloads of a small shop, for the programs in this folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a customer wants.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Its number.
    pub id: u64,
    /// What is in it.
    pub lines: Vec<Line>,
}

/// One article of an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Which article.
    pub sku: String,
}

/// What was put aside.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reservation {
    /// The articles.
    pub lines: Vec<Line>,
    /// Where they stand.
    pub shelf: String,
}

/// What was paid.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// In cents.
    pub cents: u64,
}

/// What was packed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Parcel {
    /// In grams.
    pub grams: u64,
}

/// The state of the shop's workflows.
#[derive(Debug)]
pub struct Shop;
