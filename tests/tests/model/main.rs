//! Workflows of any shape, to whose runs anything happens, on the engine and on a reference in plain Rust: the two are compared
//! after everything that happens.
//!
//! | variable | |
//! |---|---|
//! | `PGFLOW_CASES=n` | how many cases, with the seeds from `PGFLOW_FIRST` (1) on |
//! | `PGFLOW_SEED=k` | the case of this seed alone |
//! | `PGFLOW_LANES=n` | how many at a time |
//! | `PGFLOW_LOG=1` | what the workers log is shown |
//! | `PGFLOW_MUTATION=name` | with the engine broken on purpose (see `mutations.rs`): the test succeeds when a case fails |
//!
//! Each attempt of a step waits until the test says how it ends, so that a case of a seed goes the same way each time, but for what it
//! lets happen at the same time. A case that fails is made smaller; keep its seed in `regressions.txt`.

#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod board;
mod compare;
mod coverage;
mod lanes;
mod mutations;
mod play;
mod reference;
mod shape;
mod stage;
mod workflow;

use std::time::Instant;

use crate::lanes::Outcome;
use crate::mutations::MUTATIONS;

/// Fewer cases leave gaps.
const ENOUGH: usize = 200;
const CASES: u64 = 300;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// The seeds of cases that have failed once.
fn regressions() -> Vec<u64> {
    let lines = include_str!("regressions.txt").lines().map(|line| line.split_whitespace().next().unwrap_or("#"));
    lines.filter(|word| !word.starts_with('#')).map(|word| word.parse().expect("a line begins with a seed")).collect()
}

#[test]
fn whatever_happens_to_runs_they_stand_as_the_reference_says() {
    if std::env::var_os("PGFLOW_LOG").is_some() {
        let filter = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG);
        filter.with_writer(std::io::stderr).with_ansi(false).init();
    }
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(workflow::ASKED) {
            report(panic);
        }
    }));
    let name = std::env::var("PGFLOW_MUTATION").ok();
    let mutation = name.as_deref().map(|name| {
        let known = MUTATIONS.iter().find(|mutation| mutation.name == name);
        known.unwrap_or_else(|| panic!("there is no mutation `{name}`"))
    });
    let seeds: Vec<u64> = match number("PGFLOW_SEED") {
        Some(seed) => vec![seed],
        None => {
            let (first, count) = (number("PGFLOW_FIRST").unwrap_or(1), number("PGFLOW_CASES").unwrap_or(CASES));
            regressions().into_iter().chain(first..first + count).collect()
        }
    };
    let lanes = number("PGFLOW_LANES").map_or(4, |lanes| usize::try_from(lanes).unwrap_or(4)).max(1);
    let begun = Instant::now();
    let Outcome { done, coverage, failure } = lanes::run(seeds, lanes, mutation);
    let took = begun.elapsed().as_secs_f64();
    eprintln!("{}{done} cases in {took:.0} s, {:.1} a second", coverage.table(), done as f64 / took);
    match (mutation, failure) {
        (None, Some((seed, failure))) => panic!("PGFLOW_SEED={seed} failed: {failure}\nPGFLOW_SEED={seed} failed"),
        (None, None) => {
            let gaps = coverage.gaps();
            assert!(done < ENOUGH || gaps.is_empty(), "left out:\n{}", gaps.join("\n"));
        }
        (Some(mutation), Some((seed, failure))) => {
            eprintln!("PGFLOW_SEED={seed} failed: {failure}\ncaught: {} by the {done}th case", mutation.name);
        }
        (Some(mutation), None) => panic!("not caught: {} in {done} cases", mutation.name),
    }
}
