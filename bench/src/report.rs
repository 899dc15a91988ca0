//! The table, and `results.json`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::rounds::Figures;

/// A figure that is asked for: its goals now and in the end, and whether more is better.
struct Goal {
    key: &'static str,
    what: &'static str,
    now: f64,
    end: f64,
    more: bool,
}

const fn more(key: &'static str, what: &'static str, now: f64, end: f64) -> Goal {
    Goal { key, what, now, end, more: true }
}

const fn less(key: &'static str, what: &'static str, now: f64, end: f64) -> Goal {
    Goal { key, what, now, end, more: false }
}

const GOALS: [Goal; 10] = [
    more("noop_of_floor", "1-step runs a second, of the floor", 0.06, 0.15),
    more("chain3_of_floor", "steps a second of 3-step chains, of the floor", 0.12, 0.25),
    more("diamond_of_floor", "steps a second of diamonds, of the floor", 0.12, 0.28),
    more("map1000_of_floor", "items a second of maps of 1,000, of the floor", 0.15, 0.35),
    more("start_many_of_floor", "runs a second through start_many, of the floor", 0.20, 0.45),
    less("idle1_in_commits", "an idle 1-step run, in commits", 5.0, 3.0),
    less("idle3_in_commits", "an idle 3-step run, in commits", 9.0, 5.0),
    less("chain40_in_commits", "a step of an idle chain of 40, in commits", 2.5, 1.5),
    less("wal_bytes_per_step", "bytes of WAL for a step of 3-step chains", 700.0, 420.0),
    more("map10000_two_workers", "a map of 10,000 by two processes, against one", 1.7, 1.9),
];

/// The middle one; of an even number, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// All rounds together.
pub(crate) struct Report {
    /// By name: the figure of each round.
    series: std::collections::BTreeMap<String, Vec<f64>>,
    server: Vec<(String, String)>,
}

impl Report {
    pub(crate) fn new(rounds: Vec<Figures>, server: Vec<(String, String)>) -> Self {
        let mut series = std::collections::BTreeMap::<String, Vec<f64>>::new();
        for (name, value) in rounds.into_iter().flatten() {
            series.entry(name).or_default().push(value);
        }
        Self { series, server }
    }

    /// The table for the terminal.
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![format!(
            "{:<22} {:>9} {:>7} {:>7}  {:<21} {:<5} {}",
            "figure", "median", "now", "end", "smallest .. largest", "met", "what"
        )];
        for goal in &GOALS {
            let Some(values) = self.series.get(goal.key) else { continue };
            let figure = median(values);
            let reached = |aim: f64| if goal.more { figure >= aim } else { figure <= aim };
            let met = match (reached(goal.end), reached(goal.now)) {
                (true, _) => "end",
                (false, true) => "now",
                (false, false) => "no",
            };
            let (least, most) = range(values);
            lines.push(format!(
                "{:<22} {:>9} {:>7} {:>7}  {:<21} {:<5} {}",
                goal.key,
                short(figure),
                short(goal.now),
                short(goal.end),
                format!("{} .. {}", short(least), short(most)),
                met,
                goal.what
            ));
        }
        lines.push(String::new());
        for (name, values) in self.details() {
            let (least, most) = range(values);
            lines.push(format!("  {name:<32} {:>10}  {} .. {}", short(median(values)), short(least), short(most)));
        }
        lines.push(String::new());
        lines.push(self.server.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", "));
        lines.join("\n")
    }

    /// What is published besides the figures that are asked for.
    fn details(&self) -> impl Iterator<Item = (&String, &Vec<f64>)> {
        self.series.iter().filter(|(name, _)| !GOALS.iter().any(|goal| goal.key == **name))
    }

    /// The figures as numbers at the top; all else in objects below.
    pub(crate) fn json(&self) -> Value {
        let mut top = Map::new();
        for goal in &GOALS {
            if let Some(values) = self.series.get(goal.key) {
                top.insert(goal.key.to_owned(), json!(median(values)));
            }
        }
        let spread = self.series.iter().map(|(name, values)| {
            let (least, most) = range(values);
            (name.clone(), json!({ "min": least, "max": most }))
        });
        top.insert("spread".to_owned(), spread.collect::<Map<_, _>>().into());
        let details = self.details().map(|(name, values)| (name.clone(), json!(median(values))));
        top.insert("details".to_owned(), details.collect::<Map<_, _>>().into());
        top.insert("rounds".to_owned(), json!(self.series));
        let server = self.server.iter().map(|(name, value)| (name.clone(), json!(value)));
        top.insert("server".to_owned(), server.collect::<Map<_, _>>().into());
        top.into()
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// A number with three digits that mean something.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Writes `target/bench/<name>` of the workspace: where it was built, or else below the current folder.
pub(crate) fn write(name: &str, value: &Value) -> Result<PathBuf> {
    let built =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().filter(|workspace| workspace.join("Cargo.toml").is_file());
    let folder = built.unwrap_or(Path::new(".")).join("target").join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let path = folder.join(name);
    std::fs::write(&path, format!("{value:#}\n")).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}
