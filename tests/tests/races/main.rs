//! Races: several connections, whose transactions the test holds open in the order that hurts.
#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod claims;
mod control;
mod direct;
mod exchange;
mod migrations;
mod parks;
mod recovery;
mod repeats;
mod schedules;
mod shares;
mod stage;
mod starts;
mod upcasts;
