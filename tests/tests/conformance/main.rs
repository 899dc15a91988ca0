//! What a workflow does, told once and seen twice: on a worker with Postgres, and on the runner in memory that tests use. Each behaviour
//! must be as it is told, and the same on both.

#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod children;
mod control;
mod elsewhere;
mod engines;
mod faults;
mod outcomes;
mod repeats;
mod shapes;
mod signals;
mod skips;
