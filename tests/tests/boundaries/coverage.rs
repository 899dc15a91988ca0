//! What was really hit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use pgflow_tests::wire::{Damage, Fault, Phase};

use crate::targets::{DAMAGES, KINDS, UNTOUCHED};

/// What was hit in all seeds, and what was called.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    hits: BTreeMap<(&'static str, Phase, Damage), u64>,
    calls: BTreeMap<String, u64>,
    /// Seeds none of whose faults was met.
    pub(crate) unharmed: u64,
    planned: u64,
}

/// So many seeds meet each call with each damage, whatever of it is not met.
const MANY: u64 = 1_000;

const PHASES: [Phase; 4] = [Phase::Before, Phase::Within, Phase::NoAnswer, Phase::After];

impl Coverage {
    /// Adds a seed.
    pub(crate) fn add(&mut self, planned: usize, fired: &[Fault], calls: Vec<(String, u64)>) {
        self.planned += planned as u64;
        self.unharmed += u64::from(fired.is_empty());
        for fault in fired {
            let damage = if fault.damage == Damage::Halt { Damage::Freeze } else { fault.damage };
            *self.hits.entry((fault.target.name, fault.phase, damage)).or_default() += 1;
        }
        for (name, count) in calls {
            *self.calls.entry(name).or_default() += count;
        }
    }

    fn sum(&self, matches: impl Fn(&str, Phase, Damage) -> bool) -> u64 {
        self.hits.iter().filter(|((name, phase, damage), _)| matches(name, *phase, *damage)).map(|(_, hits)| hits).sum()
    }

    /// What was hit, as a table.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{:<22}", "call");
        for phase in PHASES {
            let _ = write!(text, "{:>9}", format!("{phase:?}"));
        }
        for damage in DAMAGES {
            let _ = write!(text, "{:>9}", format!("{damage:?}"));
        }
        let _ = writeln!(text, "{:>12}", "of 28 pairs");
        for kind in &KINDS {
            let is = kind.target.name;
            let _ = write!(text, "{is:<22}");
            for phase in PHASES {
                let _ = write!(text, "{:>9}", self.sum(|name, p, _| name == is && p == phase));
            }
            for damage in DAMAGES {
                let _ = write!(text, "{:>9}", self.sum(|name, _, d| name == is && d == damage));
            }
            let pairs: BTreeSet<_> =
                self.hits.keys().filter(|(name, _, _)| *name == is).map(|(_, phase, damage)| (phase, damage)).collect();
            let _ = writeln!(text, "{:>12}", pairs.len());
        }
        let _ = write!(text, "calls:");
        for (name, count) in &self.calls {
            let _ = write!(text, " {name} {count}");
        }
        let met = self.sum(|_, _, _| true);
        let _ = write!(text, "\n{met} of {} faults were met; in {} seeds none was", self.planned, self.unharmed);
        text
    }

    /// Calls that were not hit in each phase, and (after `MANY` seeds) not with each damage; and those that the test does not know.
    pub(crate) fn gaps(&self, seeds: u64) -> Vec<String> {
        let mut gaps = Vec::new();
        for kind in &KINDS {
            let is = kind.target.name;
            for phase in PHASES.iter().filter(|phase| self.sum(|name, p, _| name == is && p == **phase) == 0) {
                gaps.push(format!("{is} was never hit in phase {phase:?}"));
            }
            for damage in DAMAGES {
                let impossible = kind.target.client && damage == Damage::Mute;
                if seeds >= MANY && !impossible && self.sum(|name, _, d| name == is && d == damage) == 0 {
                    gaps.push(format!("{is} was never hit by {damage:?}"));
                }
            }
        }
        let known = |name: &str| {
            let call = pgflow_tests::wire::Call { name: name.into(), carries: pgflow_tests::wire::Carries::default() };
            UNTOUCHED.contains(&name) || KINDS.iter().any(|kind| (kind.target.matches)(&call))
        };
        gaps.extend(
            self.calls
                .keys()
                .filter(|name| !known(name))
                .map(|name| format!("nothing is ever done to calls of `{name}`: give it a kind, in targets.rs")),
        );
        gaps
    }
}
