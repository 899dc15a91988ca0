//! The runs of a seed, and what each must give.

use std::collections::BTreeMap;

use pgflow::{Client, Registration, Run, RunId, StartOptions, WorkerBuilder, Workflow};
use pgflow_tests::process::Seeded;
use pgflow_tests::stress::{self, Item};
use pgflow_tests::workflows::{self, Sum, Trouble};

use crate::workflows::{bounced, level, nap, overdrawn};

/// A run that is to be started, with what it needs.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    /// One step.
    Double(i64),
    /// Five steps of so many milliseconds.
    Chain(u64),
    Diamond(i64),
    /// A wide level: (what is added to, milliseconds of each step).
    Level(u64, u64),
    /// A map of so many items.
    Squares(u32),
    /// A map of so many items of so many milliseconds.
    SlowMap(u32, u64),
    /// A map some items of which fail at first, or for good.
    RoughMap(Vec<Item>),
    /// A step that fails twice.
    Retried,
    /// A step that fails for good.
    Failing,
    /// A step that is tried again so many milliseconds later: the run parks.
    Patient(u64),
    Ledger(i64),
    /// A step that books and fails.
    Overdrawn(i64),
    /// A booking for each item of a map.
    LedgerMap(Vec<i64>),
    /// The same, one of which fails for good.
    Bounced(Vec<i64>),
}

/// Which kinds a seed cannot do without.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    pub(crate) parks: bool,
    pub(crate) shares: bool,
    pub(crate) retries: bool,
    pub(crate) transactions: bool,
    pub(crate) rollbacks: bool,
    /// Work that lasts until a worker that is silent counts as dead.
    pub(crate) lasting: bool,
}

impl Needs {
    /// What either needs.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            parks: self.parks || other.parks,
            shares: self.shares || other.shares,
            retries: self.retries || other.retries,
            transactions: self.transactions || other.transactions,
            rollbacks: self.rollbacks || other.rollbacks,
            lasting: self.lasting || other.lasting,
        }
    }
}

/// The jobs of a seed.
pub(crate) fn draw(seeded: &mut Seeded, needs: Needs) -> Vec<Job> {
    let mut jobs = Vec::new();
    if needs.parks || seeded.below(12) == 0 {
        // A run parks when its next attempt is at least a second away, and nothing of it is on its way any more.
        jobs.push(Job::Patient(1_400));
    }
    if needs.shares {
        jobs.push(Job::SlowMap(20 + small(seeded, 20), 2));
        jobs.push(Job::Level(seeded.below(9), 3));
        jobs.push(if seeded.below(2) == 0 { bounced(seeded) } else { rough(seeded, true) });
    }
    if needs.lasting {
        for _ in 0..4 + seeded.below(4) {
            jobs.push(Job::Chain(40 + seeded.below(120)));
        }
    }
    if needs.retries {
        jobs.push(rough(seeded, false));
        jobs.push(Job::Retried);
    }
    if needs.transactions {
        jobs.push(Job::Ledger(amount(seeded)));
        jobs.push(ledger_map(seeded));
    }
    if needs.rollbacks {
        jobs.push(Job::Overdrawn(amount(seeded)));
    }
    for _ in 0..3 + seeded.below(4) {
        let job = match seeded.below(14) {
            0 => Job::Double(amount(seeded)),
            1 => Job::Chain(seeded.below(4)),
            2 => Job::Diamond(amount(seeded)),
            3 | 4 => Job::Level(seeded.below(9), seeded.below(4)),
            5 => Job::Squares(small(seeded, 30)),
            6 => Job::SlowMap(5 + small(seeded, 25), 1 + seeded.below(3)),
            7 => rough(seeded, false),
            8 => rough(seeded, true),
            9 => Job::Retried,
            10 => {
                if seeded.below(2) == 0 {
                    Job::Failing
                } else {
                    Job::Overdrawn(amount(seeded))
                }
            }
            11 => Job::Ledger(amount(seeded)),
            12 => bounced(seeded),
            _ => ledger_map(seeded),
        };
        jobs.push(job);
    }
    // In another order: who is first has the slots to itself.
    for place in (1..jobs.len()).rev() {
        let other = seeded.below(place as u64 + 1);
        jobs.swap(place, usize::try_from(other).unwrap_or(0));
    }
    jobs
}

fn small(seeded: &mut Seeded, limit: u64) -> u32 {
    u32::try_from(seeded.below(limit)).unwrap_or(0)
}

fn amount(seeded: &mut Seeded) -> i64 {
    i64::try_from(seeded.below(1_000)).unwrap_or(0)
}

fn rough(seeded: &mut Seeded, fails: bool) -> Job {
    // One that fails is large enough to be shared: others are at it when its run ends.
    let (count, time) = if fails { (24 + seeded.below(16), 2) } else { (8 + seeded.below(16), 0) };
    let mut items: Vec<Item> = (0..count)
        .map(|_| match seeded.below(5) {
            0 if !fails => Item::FailsFirst(1 + u16::try_from(seeded.below(2)).unwrap_or(0)),
            _ => Item::Takes(time + seeded.below(3)),
        })
        .collect();
    if fails {
        let place = usize::try_from(seeded.below(items.len() as u64)).unwrap_or(0);
        items[place] = Item::Fails;
    }
    Job::RoughMap(items)
}

fn bounced(seeded: &mut Seeded) -> Job {
    let mut amounts: Vec<i64> =
        (0..10 + seeded.below(10)).map(|item| 2_000 + i64::try_from(item).unwrap_or(0)).collect();
    let place = usize::try_from(seeded.below(amounts.len() as u64)).unwrap_or(0);
    amounts[place] = -1;
    Job::Bounced(amounts)
}

fn ledger_map(seeded: &mut Seeded) -> Job {
    Job::LedgerMap((0..4 + seeded.below(9)).map(|item| 1_000 + i64::try_from(item).unwrap_or(0)).collect())
}

/// The workflows of these jobs, each once, and that of naps.
pub(crate) fn register(builder: WorkerBuilder, jobs: &[Job]) -> WorkerBuilder {
    let builder = builder.register(nap::Workflow);
    let all: BTreeMap<String, Registration> =
        jobs.iter().map(Job::registration).map(|one| (one.definition().name.clone(), one)).collect();
    all.into_values().fold(builder, WorkerBuilder::register)
}

impl Job {
    fn registration(&self) -> Registration {
        match self {
            Self::Double(_) => workflows::double::Workflow.into(),
            Self::Chain(_) => workflows::slow_chain::Workflow.into(),
            Self::Diamond(_) => workflows::diamond::Workflow.into(),
            Self::Level(..) => level::Workflow.into(),
            Self::Squares(_) => workflows::squares::Workflow.into(),
            Self::SlowMap(..) => workflows::slow_map::Workflow.into(),
            Self::RoughMap(_) => stress::rough_map::Workflow.into(),
            Self::Retried | Self::Failing => workflows::trouble::Workflow.into(),
            Self::Patient(_) => workflows::patient::Workflow.into(),
            Self::Ledger(_) => workflows::ledger::Workflow.into(),
            Self::Overdrawn(_) => overdrawn::Workflow.into(),
            Self::LedgerMap(_) => stress::ledger_map::Workflow.into(),
            Self::Bounced(_) => bounced::Workflow.into(),
        }
    }

    /// Starts it under a key.
    pub(crate) async fn start(&self, client: &Client, key: &str) -> Result<RunId, pgflow::Error> {
        async fn with<W: Workflow>(
            client: &Client,
            workflow: W,
            input: W::Input,
            key: &str,
        ) -> Result<RunId, pgflow::Error> {
            client.start_with(workflow, input, StartOptions::new().idempotency_key(key)).await.map(|run| run.id())
        }
        match self.clone() {
            Self::Double(number) => with(client, workflows::double::Workflow, number, key).await,
            Self::Chain(time) => with(client, workflows::slow_chain::Workflow, time, key).await,
            Self::Diamond(number) => with(client, workflows::diamond::Workflow, number, key).await,
            Self::Level(number, time) => with(client, level::Workflow, (number, time), key).await,
            Self::Squares(count) => with(client, workflows::squares::Workflow, count, key).await,
            Self::SlowMap(count, time) => with(client, workflows::slow_map::Workflow, (count, time), key).await,
            Self::RoughMap(items) => with(client, stress::rough_map::Workflow, items, key).await,
            Self::Retried => with(client, workflows::trouble::Workflow, Trouble::FailUntil(3), key).await,
            Self::Failing => with(client, workflows::trouble::Workflow, Trouble::Fatal, key).await,
            Self::Patient(time) => with(client, workflows::patient::Workflow, time, key).await,
            Self::Ledger(amount) => with(client, workflows::ledger::Workflow, amount, key).await,
            Self::Overdrawn(amount) => with(client, overdrawn::Workflow, amount, key).await,
            Self::LedgerMap(amounts) => with(client, stress::ledger_map::Workflow, amounts, key).await,
            Self::Bounced(amounts) => with(client, bounced::Workflow, amounts, key).await,
        }
    }

    /// Waits for the end of its run, which must be the right one.
    pub(crate) async fn check(&self, client: &Client, id: RunId) {
        match self.clone() {
            Self::Double(number) => completed(client.run(workflows::double::Workflow, id), number * 2).await,
            Self::Chain(_) => completed(client.run(workflows::slow_chain::Workflow, id), 5).await,
            Self::Diamond(number) => {
                completed(client.run(workflows::diamond::Workflow, id), (number + 1) * (number + 2)).await;
            }
            Self::Level(number, _) => completed(client.run(level::Workflow, id), number * 8 + 36).await,
            Self::Squares(count) => {
                let sum = (0..u64::from(count)).map(|n| n * n).sum();
                let right = Sum { count: count as usize, sum, in_order: true };
                completed(client.run(workflows::squares::Workflow, id), right).await;
            }
            Self::SlowMap(count, _) => {
                completed(client.run(workflows::slow_map::Workflow, id), count as usize).await;
            }
            Self::RoughMap(items) if items.contains(&Item::Fails) => {
                failed(client.run(stress::rough_map::Workflow, id), "for good").await;
            }
            Self::RoughMap(items) => completed(client.run(stress::rough_map::Workflow, id), items.len()).await,
            Self::Retried => completed(client.run(workflows::trouble::Workflow, id), "after 3".to_owned()).await,
            Self::Failing => failed(client.run(workflows::trouble::Workflow, id), "no use").await,
            Self::Patient(_) => completed(client.run(workflows::patient::Workflow, id), 2).await,
            Self::Ledger(amount) => completed(client.run(workflows::ledger::Workflow, id), amount).await,
            Self::Overdrawn(_) => failed(client.run(overdrawn::Workflow, id), "overdrawn").await,
            Self::Bounced(_) => failed(client.run(bounced::Workflow, id), "bounced").await,
            Self::LedgerMap(amounts) => {
                completed(client.run(stress::ledger_map::Workflow, id), amounts.iter().sum()).await;
            }
        }
    }
}

async fn completed<W: Workflow>(run: Run<W>, right: W::Output)
where
    W::Output: PartialEq + std::fmt::Debug,
{
    match run.output().await {
        Ok(output) => assert_eq!(output, right, "the output of {} {}", W::NAME, run.id()),
        Err(error) => panic!("{} {} is to complete: {error}", W::NAME, run.id()),
    }
}

async fn failed<W: Workflow>(run: Run<W>, why: &str)
where
    W::Output: std::fmt::Debug,
{
    match run.output().await {
        Ok(output) => panic!("{} {} is to fail, and gave {output:?}", W::NAME, run.id()),
        Err(error) => assert!(error.to_string().contains(why), "{} {}: {error}", W::NAME, run.id()),
    }
}
