//! The engine on real Postgres: what runs give, and that nothing is left behind.
#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod children;
mod control;
mod delays;
mod deploys;
mod direct;
mod dynamic;
mod failures;
mod hooks;
mod idle;
mod lessons;
mod listing;
mod notes;
mod plans;
mod queues;
mod repeats;
mod retention;
mod runs;
mod schedules;
mod schema;
mod signals;
mod skips;
mod starts;
mod trail;
mod transactions;
mod upcasts;
mod versions;
