//! The rounds: floor, commit and every shape once, in an order that changes from round to round.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::latency::{self, quantile};
use crate::load::{self, CHUNK, Drained, Load};
use crate::server::{Db, Server};
use crate::workflows::{Payload, chain3, chain40, diamond, map, noop};
use crate::{fleet, floor};

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
    commits: u32,
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
        floor_rows: 400_000,
        commits: 1_000,
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
        floor_rows: 100_000,
        commits: 200,
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

/// Measures floor and commit, then the shapes. The round's number turns their order.
pub(crate) async fn round(server: &Server, shapes: &[Shape], sizes: &Sizes, number: usize) -> Result<Figures> {
    let mut figures = Figures::new();
    let db = server.fresh(&format!("floor_{number}")).await?;
    floor::prepare(&db).await?;
    let wal = server.wal().await?;
    let rows = floor::floor(&db, sizes.floor_rows).await?;
    let wal = (server.wal().await? - wal) / f64::from(sizes.floor_rows);
    let commits = floor::commits(&db, sizes.commits).await?;
    server.remove(db).await?;
    let base = Base { rows, commit: quantile(&commits, 0.5) };
    eprintln!("round {number}: floor {rows:.0} rows/s, commit {:.3} ms", base.commit * 1e3);
    figures.insert("floor_rows_per_second".to_owned(), rows);
    figures.insert("floor_wal_bytes_per_row".to_owned(), wal);
    figures.insert("commit_ms".to_owned(), base.commit * 1e3);
    figures.insert("commit_p95_ms".to_owned(), quantile(&commits, 0.95) * 1e3);

    let mut shapes = shapes.to_vec();
    let turn = number % shapes.len().max(1);
    shapes.rotate_left(turn);
    for shape in shapes {
        let name = shape.name();
        let db = server.fresh(&format!("{name}_{number}")).await?;
        let measured = shape.measure(server, &db, sizes, &base).await.with_context(|| format!("measuring {name}"))?;
        server.remove(db).await?;
        let shown: Vec<String> = measured.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
        eprintln!("round {number}: {}", shown.join(", "));
        figures.extend(measured);
    }
    Ok(figures)
}

/// What a round's figures are put in relation to.
struct Base {
    rows: f64,
    commit: f64,
}

impl Shape {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    async fn measure(self, server: &Server, db: &Db, sizes: &Sizes, base: &Base) -> Result<Figures> {
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
                let drained = load::drain::<noop::Workflow>(server, db, runs(sizes.noop, 1), payload).await?;
                self.throughput(&drained, "noop_of_floor", base)
            }
            Self::Chain3 => {
                let drained = load::drain::<chain3::Workflow>(server, db, runs(sizes.chain3, 3), payload).await?;
                let mut figures = self.throughput(&drained, "chain3_of_floor", base);
                figures.insert("wal_bytes_per_step".to_owned(), drained.wal_bytes / drained.steps);
                figures
            }
            Self::Diamond => {
                let drained = load::drain::<diamond::Workflow>(server, db, runs(sizes.diamond, 4), payload).await?;
                self.throughput(&drained, "diamond_of_floor", base)
            }
            Self::Map1000 => {
                let load = Load { outcomes: 1_002, chunk: 5, warm_up: 3, ..runs(sizes.maps, 1_000) };
                let drained = load::drain::<map::Workflow>(server, db, load, |_| Payload { n: 1_000 }).await?;
                self.throughput(&drained, "map1000_of_floor", base)
            }
            Self::StartMany => {
                let load = Load { starters: 4, ..runs(sizes.start_many, 0) };
                let started = load::start_many::<noop::Workflow>(server, db, load, payload).await?;
                self.throughput(&started, "start_many_of_floor", base)
            }
            Self::Idle1 => self.latency(&latency::idle::<noop::Workflow>(db, sizes.idle, 1).await?, 1, base),
            Self::Idle3 => self.latency(&latency::idle::<chain3::Workflow>(db, sizes.idle, 3).await?, 1, base),
            Self::Chain40 => self.latency(&latency::idle::<chain40::Workflow>(db, sizes.idle40, 40).await?, 40, base),
            Self::Map10000 => {
                let (one, two) = fleet::one_and_two(db, sizes.fleet_runs, 10_000).await?;
                Figures::from([
                    ("map10000_two_workers".to_owned(), one / two),
                    ("map10000_one_worker_ms".to_owned(), one * 1e3),
                    ("map10000_two_workers_ms".to_owned(), two * 1e3),
                ])
            }
        })
    }

    fn throughput(self, drained: &Drained, key: &str, base: &Base) -> Figures {
        let name = self.name();
        let rate = drained.steps / drained.seconds;
        let mut figures = Figures::from([
            (key.to_owned(), rate / base.rows),
            (format!("{name}_per_second"), rate),
            (format!("{name}_seconds"), drained.seconds),
            (format!("{name}_wal_bytes_each"), drained.wal_bytes / drained.steps),
        ]);
        if let Some(statements) = drained.statements {
            figures.insert(format!("{name}_statements_each"), statements / drained.steps);
        }
        figures
    }

    /// The latency of a run, or of one of so many steps of it.
    fn latency(self, samples: &[std::time::Duration], parts: u32, base: &Base) -> Figures {
        let name = self.name();
        let p50 = quantile(samples, 0.5) / f64::from(parts);
        let p95 = quantile(samples, 0.95) / f64::from(parts);
        Figures::from([
            (format!("{name}_in_commits"), p50 / base.commit),
            (format!("{name}_p95_in_commits"), p95 / base.commit),
            (format!("{name}_ms"), p50 * 1e3),
        ])
    }
}
