//! The rounds: every shape once, in an order that changes from round to round, each beside what it is put in relation to.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::fleet::{FEW_SLOTS, SLOTS};
use crate::latency::{self, Samples, quantile};
use crate::load::{self, CHUNK, Drained, Load};
use crate::report::{median, short};
use crate::server::{Cost, Db, Server};
use crate::workflows::{Payload, chain3, chain40, diamond, map, noop};
use crate::{fleet, floor, quiet};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Shape {
    Noop,
    Chain3,
    Diamond,
    Map1000,
    StartMany,
    Idle1,
    Idle3,
    Chain40,
    Map10000,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    floor_rows: u32,
    noop: u32,
    chain3: u32,
    diamond: u32,
    maps: u32,
    start_many: u32,
    idle: u32,
    idle40: u32,
    fleet_runs: u32,
    warm_up: u32,
}

impl Sizes {
    /// Each load takes about a second or more.
    pub(crate) const FULL: Self = Self {
        floor_rows: 150_000,
        noop: 40_000,
        chain3: 25_000,
        diamond: 20_000,
        maps: 100,
        start_many: 80_000,
        idle: 300,
        idle40: 50,
        fleet_runs: 5,
        warm_up: 500,
    };
    /// Only to see that everything works.
    pub(crate) const QUICK: Self = Self {
        floor_rows: 40_000,
        noop: 5_000,
        chain3: 3_000,
        diamond: 3_000,
        maps: 10,
        start_many: 10_000,
        idle: 100,
        idle40: 5,
        fleet_runs: 2,
        warm_up: 200,
    };
}

/// What one round has shown, by name.
pub(crate) type Figures = BTreeMap<String, f64>;

/// Measures every shape, each beside the floor or the commit. The round's number turns their order. `patience` is how long each
/// waits for a quiet machine; `statements` says whether to print what the server was busy with.
pub(crate) async fn round(
    server: &Server,
    shapes: &[Shape],
    sizes: &Sizes,
    number: usize,
    patience: Duration,
    statements: bool,
) -> Result<Figures> {
    let mut round = Round { server, sizes, floor: Floor::prepare(server, number).await?, commits: Vec::new() };
    let mut busy = Vec::new();
    let mut figures = Figures::new();
    let mut shapes = shapes.to_vec();
    let turn = number % shapes.len().max(1);
    shapes.rotate_left(turn);
    for shape in shapes {
        let name = shape.name();
        let db = server.fresh(&format!("{name}_{number}")).await?;
        busy.extend(quiet::wait(patience).await);
        let measured = shape.measure(&mut round, &db).await.with_context(|| format!("measuring {name}"))?;
        if statements {
            for line in server.longest_statements(&db).await? {
                eprintln!("    {line}");
            }
        }
        server.remove(db).await?;
        let shown: Vec<String> = measured.iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
        eprintln!("round {number}: {}", shown.join(", "));
        figures.extend(measured);
    }
    figures.extend(round.floor.finish(server).await?);
    if !busy.is_empty() {
        figures.insert("busy_before_shapes".to_owned(), median(&busy));
    }
    if !round.commits.is_empty() {
        figures.insert("commit_ms".to_owned(), quantile(&round.commits, 0.5) * 1e3);
        figures.insert("commit_p95_ms".to_owned(), quantile(&round.commits, 0.95) * 1e3);
    }
    Ok(figures)
}

/// What the shapes of a round share.
struct Round<'a> {
    server: &'a Server,
    sizes: &'a Sizes,
    floor: Floor,
    /// The commits beside all latencies.
    commits: Vec<Duration>,
}

impl Round<'_> {
    /// A load between two pieces of the floor.
    async fn beside_the_floor(&mut self, shape: Shape, load: impl Future<Output = Result<Drained>>) -> Result<Figures> {
        let before = self.floor.piece(self.server, self.sizes.floor_rows).await?;
        let drained = load.await?;
        let after = self.floor.piece(self.server, self.sizes.floor_rows).await?;
        // As many rows in each: the rate of both together.
        let floor = 2.0 / (1.0 / before + 1.0 / after);

        let name = shape.name();
        let rate = drained.steps / drained.seconds;
        let mut figures = Figures::from([
            (format!("{name}_of_floor"), rate / floor),
            (format!("{name}_per_second"), rate),
            (format!("{name}_seconds"), drained.seconds),
        ]);
        figures.extend(each(&name, drained.cost, drained.steps));
        figures.extend(drained.commits_each.map(|commits| (format!("{name}_commits_each"), commits)));
        Ok(figures)
    }

    /// The latency of a run, or of one of so many steps of it.
    fn in_commits(&mut self, name: &str, samples: Samples, parts: u32) -> Figures {
        let commit = quantile(&samples.commits, 0.5);
        let p50 = quantile(&samples.runs, 0.5) / f64::from(parts);
        let p95 = quantile(&samples.runs, 0.95) / f64::from(parts);
        self.commits.extend(samples.commits);
        let mut figures = Figures::from([
            (format!("{name}_in_commits"), p50 / commit),
            (format!("{name}_p95_in_commits"), p95 / commit),
            (format!("{name}_ms"), p50 * 1e3),
        ]);
        figures.extend(each(name, samples.cost, samples.runs.len() as f64 * f64::from(parts)));
        figures
    }
}

/// What the server had to do for one of so many.
fn each(name: &str, cost: Cost, many: f64) -> Figures {
    let mut figures = Figures::from([(format!("{name}_wal_bytes_each"), cost.wal_bytes / many)]);
    figures.extend(cost.statements.map(|statements| (format!("{name}_statements_each"), statements / many)));
    figures
}

/// The floor of a round, measured in pieces: one before and one after each load.
struct Floor {
    db: Db,
    rows_per_second: Vec<f64>,
    wal_bytes_per_row: Vec<f64>,
}

impl Floor {
    async fn prepare(server: &Server, number: usize) -> Result<Self> {
        let db = server.fresh(&format!("floor_{number}")).await?;
        floor::prepare(&db).await?;
        Ok(Self { db, rows_per_second: Vec::new(), wal_bytes_per_row: Vec::new() })
    }

    async fn piece(&mut self, server: &Server, rows: u32) -> Result<f64> {
        let wal = server.wal().await?;
        let rate = floor::floor(&self.db, rows).await?;
        self.wal_bytes_per_row.push((server.wal().await? - wal) / f64::from(rows));
        self.rows_per_second.push(rate);
        Ok(rate)
    }

    async fn finish(self, server: &Server) -> Result<Figures> {
        server.remove(self.db).await?;
        if self.rows_per_second.is_empty() {
            return Ok(Figures::new());
        }
        Ok(Figures::from([
            ("floor_rows_per_second".to_owned(), median(&self.rows_per_second)),
            ("floor_wal_bytes_per_row".to_owned(), median(&self.wal_bytes_per_row)),
        ]))
    }
}

impl Shape {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    async fn measure(self, round: &mut Round<'_>, db: &Db) -> Result<Figures> {
        let (server, sizes) = (round.server, round.sizes);
        let payload = |n| Payload { n };
        let runs = |runs, steps| Load {
            runs,
            warm_up: sizes.warm_up,
            counted: steps,
            outcomes: steps,
            chunk: CHUNK,
            starters: 2,
        };
        Ok(match self {
            Self::Noop => {
                let load = load::drain::<noop::Workflow>(server, db, runs(sizes.noop, 1), payload);
                round.beside_the_floor(self, load).await?
            }
            Self::Chain3 => {
                let load = load::drain::<chain3::Workflow>(server, db, runs(sizes.chain3, 3), payload);
                let mut figures = round.beside_the_floor(self, load).await?;
                let wal = figures.remove("chain3_wal_bytes_each");
                figures.extend(wal.map(|wal| ("wal_bytes_per_step".to_owned(), wal)));
                figures
            }
            Self::Diamond => {
                let load = load::drain::<diamond::Workflow>(server, db, runs(sizes.diamond, 4), payload);
                round.beside_the_floor(self, load).await?
            }
            Self::Map1000 => {
                let load = Load { outcomes: 1_002, chunk: 5, warm_up: 3, ..runs(sizes.maps, 1_000) };
                let load = load::drain::<map::Workflow>(server, db, load, |_| Payload { n: 1_000 });
                round.beside_the_floor(self, load).await?
            }
            Self::StartMany => {
                let load = Load { starters: 4, ..runs(sizes.start_many, 0) };
                let load = load::start_many::<noop::Workflow>(server, db, load, payload);
                round.beside_the_floor(self, load).await?
            }
            Self::Idle1 => {
                let here = latency::idle::<noop::Workflow>(server, db, sizes.idle, 1).await?;
                let mut figures = round.in_commits("idle1", here, 1);
                let elsewhere = latency::idle_elsewhere(server, db, sizes.idle / 3).await?;
                figures.extend(round.in_commits("idle1_elsewhere", elsewhere, 1));
                figures
            }
            Self::Idle3 => {
                round.in_commits("idle3", latency::idle::<chain3::Workflow>(server, db, sizes.idle, 3).await?, 1)
            }
            Self::Chain40 => {
                round.in_commits("chain40", latency::idle::<chain40::Workflow>(server, db, sizes.idle40, 40).await?, 40)
            }
            Self::Map10000 => {
                let (one, two) = fleet::one_and_two(db, FEW_SLOTS, sizes.fleet_runs, 10_000).await?;
                let (one_of_more, two_of_more) = fleet::one_and_two(db, SLOTS, sizes.fleet_runs, 10_000).await?;
                Figures::from([
                    ("map10000_two_workers".to_owned(), one / two),
                    ("map10000_two_workers_more_slots".to_owned(), one_of_more / two_of_more),
                    ("map10000_one_worker_ms".to_owned(), one * 1e3),
                    ("map10000_two_workers_ms".to_owned(), two * 1e3),
                ])
            }
        })
    }
}
