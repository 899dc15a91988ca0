//! Workers that are killed, cut off, frozen and stopped before, within and after every call of the engine, by seeds.
//!
//! | variable | |
//! |---|---|
//! | `PGFLOW_SEEDS=n` | how many seeds, from `PGFLOW_FIRST` (1) on |
//! | `PGFLOW_SEED=k` | this one alone |
//! | `PGFLOW_LANES=n` | how many at a time |
//! | `PGFLOW_LOG=1` | what the workers log is shown |
//! | `PGFLOW_MUTATION=name` | with the engine broken on purpose (see `mutations.rs`): the test succeeds when a seed fails |
//!
//! A seed draws a plan: workers, runs, and what goes wrong when. The moments are those of the machine, so that a seed that failed
//! may have to be repeated to fail again.

#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod coverage;
mod direct;
mod fleet;
mod jobs;
mod lanes;
mod mutations;
mod plan;
mod report;
mod seed;
mod stage;
mod targets;
mod workflows;

use std::time::Instant;

use crate::lanes::Outcome;
use crate::mutations::MUTATIONS;

/// Fewer seeds leave gaps.
const ENOUGH: u64 = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn every_run_ends_right_whatever_is_stopped_before_within_or_after_any_call() {
    if std::env::var_os("PGFLOW_LOG").is_some() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    }
    let name = std::env::var("PGFLOW_MUTATION").ok();
    let mutation = name.as_deref().map(|name| {
        let known = MUTATIONS.iter().find(|mutation| mutation.name == name);
        known.unwrap_or_else(|| panic!("there is no mutation `{name}`"))
    });
    let (first, count) = match number("PGFLOW_SEED") {
        Some(seed) => (seed, 1),
        None => (number("PGFLOW_FIRST").unwrap_or(1), number("PGFLOW_SEEDS").unwrap_or(ENOUGH)),
    };
    let lanes = number("PGFLOW_LANES").unwrap_or(16).clamp(1, count.max(1));
    let begun = Instant::now();
    let Outcome { done, coverage, failure } = lanes::run(first, count, lanes, mutation);
    let took = begun.elapsed().as_secs_f64();
    eprintln!("{}\n{done} seeds in {took:.0} s, {:.1} a second", coverage.table(), done as f64 / took);
    match (mutation, failure) {
        (None, Some(failure)) => panic!("{failure}"),
        (None, None) => {
            let gaps = coverage.gaps(count);
            assert!(count < ENOUGH || gaps.is_empty(), "left out:\n{}", gaps.join("\n"));
        }
        (Some(mutation), Some(failure)) => {
            eprintln!("{failure}\ncaught: {} by the {done}th seed", mutation.name);
        }
        (Some(mutation), None) => panic!("not caught: {} in {done} seeds", mutation.name),
    }
}
