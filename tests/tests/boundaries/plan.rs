//! What a seed does.

use std::time::Duration;

use pgflow_tests::process::Seeded;
use pgflow_tests::wire::{Damage, Fault, Phase};

use crate::jobs::{self, Job, Needs};
use crate::targets::{First, KINDS, Kind, combination, fault};

/// What a seed does; the same for the same seed. When what happens, the machine decides.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) workers: usize,
    /// Slots of each worker.
    pub(crate) concurrency: usize,
    /// Threads of each worker's runtime; one stands still as a whole when the worker is halted.
    pub(crate) threads: usize,
    pub(crate) silence: Duration,
    /// How likely the engine's functions are to pause between two of their statements.
    pub(crate) pause: &'static str,
    pub(crate) faults: Vec<Fault>,
    pub(crate) jobs: Vec<Job>,
    /// So many runs of a single short step: one ends every few milliseconds until a silent worker counts as dead.
    pub(crate) naps: u32,
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        // Seeds that follow each other draw from streams that have nothing in common.
        let mut seeded = Seeded::new(Seeded::new(seed).below(u64::MAX));
        let silence = Duration::from_millis(450) + seeded.time(Duration::from_millis(150));
        let mut faults = Vec::new();
        let mut needs = Needs::default();
        // Two of the round of all combinations, so that none is left out; and often one of those that tell most.
        let mut combinations = vec![combination(seed * 2), combination(seed * 2 + 1)];
        let sharp = (seeded.below(2) == 0).then(|| sharp(&mut seeded));
        combinations.extend(sharp);
        // A worker that counts as dead and does not know it is to give up runs at the very moment when others look what it owns.
        let crowded = sharp.is_some_and(|(_, _, damage)| damage == Damage::Mute);
        let pauses = if crowded { ["0.1", "0.2", "0.3", "0.4"] } else { ["0", "0.01", "0.05", "0.2"] };
        for (kind, phase, damage) in combinations {
            if let Some(first) = kind.after {
                faults.push(prepare(&mut seeded, first, silence));
            }
            faults.push(fault(&mut seeded, kind, phase, damage, silence));
            needs = needs.and(kind.needs);
            needs.lasting |= damage == Damage::Mute || seeded.below(5) == 0;
        }
        Self {
            seed,
            workers: 2 + usize::from(seeded.below(3) == 0),
            concurrency: 2 + usize::try_from(seeded.below(3)).unwrap_or(0),
            threads: 1 + usize::from(seeded.below(4) == 0),
            silence,
            pause: pauses[usize::try_from(seeded.below(4)).unwrap_or(0)],
            faults,
            jobs: jobs::draw(&mut seeded, needs),
            naps: if crowded { 100 } else { 0 },
        }
    }
}

/// What a mistake shows in most often: work goes on in the name of a worker that counts as dead, and calls that change much are
/// repeated.
fn sharp(seeded: &mut Seeded) -> (&'static Kind, Phase, Damage) {
    let of = |seeded: &mut Seeded, from: &[Damage]| from[usize::try_from(seeded.below(from.len() as u64)).unwrap_or(0)];
    let lost = [Damage::Cut, Damage::HalfOpen, Damage::End];
    match seeded.below(6) {
        0 => (kind("exchange"), Phase::After, Damage::Mute),
        1 => (kind("beat"), Phase::Before, Damage::Mute),
        2 => (kind("exchange: shares"), Phase::NoAnswer, of(seeded, &lost)),
        3 => (kind("exchange: tasks"), Phase::NoAnswer, of(seeded, &lost)),
        4 => (kind("exchange"), Phase::NoAnswer, of(seeded, &lost)),
        _ => (kind("exchange: outcomes"), Phase::Before, Damage::Freeze),
    }
}

fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.target.name == name).expect("it is one of the kinds")
}

/// What has to go wrong before something else can.
fn prepare(seeded: &mut Seeded, first: First, silence: Duration) -> Fault {
    match first {
        First::Death => {
            let damage = [Damage::Kill, Damage::Vanish, Damage::Mute][usize::try_from(seeded.below(3)).unwrap_or(0)];
            let phase = [Phase::Within, Phase::NoAnswer, Phase::After][usize::try_from(seeded.below(3)).unwrap_or(0)];
            Fault {
                nth: 2 + u32::try_from(seeded.below(8)).unwrap_or(0),
                ..fault(seeded, kind("exchange"), phase, damage, silence)
            }
        }
        First::LostCommit => Fault {
            nth: 1 + u32::try_from(seeded.below(3)).unwrap_or(0),
            ..fault(seeded, kind("commit"), Phase::NoAnswer, Damage::Cut, silence)
        },
        First::LostStart => Fault {
            nth: 1 + u32::try_from(seeded.below(3)).unwrap_or(0),
            ..fault(seeded, kind("start_claimed"), Phase::NoAnswer, Damage::Cut, silence)
        },
        First::Stop => Fault {
            nth: 5 + u32::try_from(seeded.below(20)).unwrap_or(0),
            ..fault(seeded, kind("exchange"), Phase::After, Damage::Retire, silence)
        },
    }
}
