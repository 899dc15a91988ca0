//! Payloads: their JSON Schemas, what is checked on every way in, and that they come back from the database as they went there.
#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod documents;
mod forms;
mod judge;
mod keywords;
mod round_trips;
mod shapes;
mod ways_in;
