//! Every call of the engine, and what is to go wrong about it, in an order that meets each combination.

use std::time::Duration;

use pgflow_tests::process::Seeded;
use pgflow_tests::wire::{Call, Damage, Fault, Phase, Target};

use crate::jobs::Needs;

/// A kind of call, with what must be so that it comes, and how often it does.
pub(crate) struct Kind {
    pub(crate) target: Target,
    /// The first so many of them are met.
    often: u64,
    pub(crate) needs: Needs,
    /// What has to go wrong first.
    pub(crate) after: Option<First>,
}

/// What has to go wrong so that a call is made at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// A worker is killed.
    Death,
    /// The answer of a step's COMMIT is lost.
    LostCommit,
    /// A worker is told to stop.
    Stop,
    /// The answer of a direct start is lost.
    LostStart,
}

const NOTHING: Needs =
    Needs { parks: false, shares: false, retries: false, transactions: false, rollbacks: false, lasting: false };
const PARKS: Needs = Needs { parks: true, ..NOTHING };
const SHARES: Needs = Needs { shares: true, ..NOTHING };
const RETRIES: Needs = Needs { retries: true, ..NOTHING };
const TRANSACTIONS: Needs = Needs { transactions: true, ..NOTHING };
const ROLLBACKS: Needs = Needs { rollbacks: true, ..NOTHING };
const SHARED_RETRIES: Needs = Needs { shares: true, retries: true, ..NOTHING };

const fn worker(name: &'static str, matches: fn(&Call) -> bool, often: u64, needs: Needs) -> Kind {
    Kind { target: Target { name, client: false, matches }, often, needs, after: None }
}

const fn client(name: &'static str, matches: fn(&Call) -> bool, often: u64) -> Kind {
    Kind { target: Target { name, client: true, matches }, often, needs: NOTHING, after: None }
}

const fn after(first: First, mut kind: Kind) -> Kind {
    kind.after = Some(first);
    kind
}

fn exchange(call: &Call) -> bool {
    &*call.name == "exchange"
}

fn housekeeping(call: &Call) -> bool {
    matches!(&*call.name, "forget_workers" | "ensure_partitions" | "prune_expired" | "drop_month" | "forget_keys")
}

/// All of them. A function of the engine that none of these stands for fails the test: see `UNTOUCHED`.
pub(crate) const KINDS: [Kind; 29] = [
    worker("connect", |c| &*c.name == "connect", 20, NOTHING),
    worker("register", |c| matches!(&*c.name, "register" | "other_versions"), 30, NOTHING),
    worker("register_worker", |c| &*c.name == "register_worker", 3, NOTHING),
    worker("exchange", exchange, 30, NOTHING),
    worker("exchange: outcomes", |c| exchange(c) && c.carries.outcomes, 15, NOTHING),
    worker("exchange: ends", |c| exchange(c) && c.carries.ends, 6, NOTHING),
    worker("exchange: attempts", |c| exchange(c) && c.carries.attempts, 3, RETRIES),
    worker("exchange: parks", |c| exchange(c) && c.carries.parks, 1, PARKS),
    worker("exchange: shares", |c| exchange(c) && c.carries.shares, 2, SHARES),
    worker("exchange: tasks", |c| exchange(c) && c.carries.tasks, 6, SHARES),
    worker("begin", |c| &*c.name == "begin", 6, TRANSACTIONS),
    worker("begin_step", |c| &*c.name == "begin_step", 6, TRANSACTIONS),
    worker("statement of a step", |c| &*c.name == "insert", 6, TRANSACTIONS),
    worker("commit_step", |c| &*c.name == "commit_step", 6, TRANSACTIONS),
    worker("commit", |c| &*c.name == "commit", 6, TRANSACTIONS),
    worker("rollback", |c| &*c.name == "rollback", 1, ROLLBACKS),
    after(First::LostCommit, worker("recorded_output", |c| &*c.name == "recorded_output", 1, TRANSACTIONS)),
    worker("beat", |c| &*c.name == "beat", 15, NOTHING),
    worker("promote", |c| &*c.name == "promote", 2, SHARED_RETRIES),
    after(First::Death, worker("disconnect_silent", |c| &*c.name == "disconnect_silent", 2, NOTHING)),
    after(First::Death, worker("recover", |c| &*c.name == "recover", 2, NOTHING)),
    after(First::Stop, worker("retire_worker", |c| &*c.name == "retire_worker", 1, NOTHING)),
    // Direct starts come where a worker is idle: on a machine that has much to do, some seeds have two or three.
    worker("start_claimed", |c| &*c.name == "start_claimed", 2, NOTHING),
    after(First::LostStart, worker("settle_start", |c| &*c.name == "settle_start", 1, NOTHING)),
    worker("notify", |c| &*c.name == "notify", 8, NOTHING),
    worker("listen", |c| &*c.name == "listen", 3, NOTHING),
    worker("housekeeping", housekeeping, 4, NOTHING),
    client("start_runs", |c| &*c.name == "start_runs", 8),
    client("run_results", |c| &*c.name == "run_results", 6),
];

/// What is called and nothing is done to: it only reads, before anything has begun; or it is of sqlx's own.
pub(crate) const UNTOUCHED: [&str; 5] = ["applied_migrations", "version_id", "select", "ping", "unlisten"];

const PHASES: [Phase; 4] = [Phase::Before, Phase::Within, Phase::NoAnswer, Phase::After];
pub(crate) const DAMAGES: [Damage; 7] =
    [Damage::Kill, Damage::Vanish, Damage::Cut, Damage::HalfOpen, Damage::End, Damage::Freeze, Damage::Mute];

/// The n-th of all combinations: neighbours are of different calls, and every 28 rounds have each call with every phase and every
/// damage (4 and 7 have no common divisor).
pub(crate) fn combination(n: u64) -> (&'static Kind, Phase, Damage) {
    let place = |n: u64, of: usize| usize::try_from(n % of as u64).unwrap_or(0);
    let (kind, round) = (place(n, KINDS.len()), n / KINDS.len() as u64);
    let kind_number = kind as u64;
    (
        &KINDS[kind],
        PHASES[place(round + kind_number, PHASES.len())],
        DAMAGES[place(round + kind_number * 3, DAMAGES.len())],
    )
}

/// A fault of this kind, with its moment and its length drawn.
pub(crate) fn fault(seeded: &mut Seeded, kind: &Kind, phase: Phase, damage: Damage, silence: Duration) -> Fault {
    let damage = match damage {
        Damage::Mute if kind.target.client => Damage::Freeze,
        Damage::Freeze if !kind.target.client && seeded.below(2) == 0 => Damage::Halt,
        other => other,
    };
    let lasts = match damage {
        // Mostly for so long that it counts as dead when it goes on.
        Damage::Freeze | Damage::Halt | Damage::Mute if !kind.target.client && seeded.below(5) > 0 => {
            silence + Duration::from_millis(200) + seeded.time(Duration::from_millis(500))
        }
        _ => Duration::from_millis(30) + seeded.time(Duration::from_millis(400)),
    };
    Fault {
        target: kind.target,
        nth: 1 + u32::try_from(seeded.below(kind.often)).unwrap_or(0),
        phase,
        damage,
        delay: seeded.time(Duration::from_millis(4)),
        lasts,
    }
}
