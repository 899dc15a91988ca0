//! Waits until the engine stands as the reference says, and tells the difference where it does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::board::Entry;
use crate::play::{Failure, Player};
use crate::reference::{Model, Reply, Unit};

/// What is under way: (run, unit, what it is handed).
type UnderWay = Vec<(usize, Unit, String)>;

impl Player<'_> {
    /// Waits until the engine stands as one of the models does. From then on only those count with which it agrees, if it is known to
    /// have come to rest (`settled`).
    pub(crate) async fn expect(&mut self, models: Vec<Model>, replies: &[Reply], settled: bool) -> Result<(), Failure> {
        let mut models = models;
        if models.is_empty() {
            return Err(self.failure(&format!("the reference gives another answer than {replies:?}"), &[]));
        }
        let ids: Vec<Uuid> = self.runs.iter().map(|run| run.as_uuid()).collect();
        let recorded: Vec<Vec<String>> = models.iter().map(Model::recorded).collect();
        let under_way: Vec<UnderWay> = models.iter().map(Model::under_way).collect();
        let deadline = Instant::now() + self.patience;
        loop {
            let changed = self.board.changed.notified();
            let real = self.real();
            let mut fits: Vec<bool> = under_way.iter().map(|expected| *expected == real).collect();
            if fits.contains(&true) {
                let texts =
                    self.stage.look(&ids).await.map_err(|error| self.failure(&format!("no look: {error}"), &[]))?;
                let steady = self.real() == real;
                for (place, fit) in fits.iter_mut().enumerate() {
                    *fit = *fit && steady && recorded[place] == texts && self.agrees_on_beginnings(&models[place]);
                }
                if fits.contains(&true) {
                    if settled {
                        let mut fits = fits.iter();
                        models.retain(|_| *fits.next().unwrap_or(&false));
                    }
                    self.coverage.states(&models[0]);
                    self.models = models;
                    return Ok(());
                }
            }
            if Instant::now() > deadline {
                return Err(self.difference(&models, &ids).await);
            }
            let _ = tokio::time::timeout(Duration::from_millis(1), changed).await;
        }
    }

    /// What is under way on the board.
    fn real(&self) -> UnderWay {
        let entry = |entry: Entry| (self.place_of(&entry).unwrap_or(usize::MAX), entry.unit, entry.seen);
        let mut real: UnderWay = self.board.entries().into_iter().map(entry).collect();
        real.sort_unstable();
        real
    }

    /// Whether each attempt has begun as often as it ought to: nothing that is recorded is executed again.
    fn agrees_on_beginnings(&self, model: &Model) -> bool {
        !self.counts || self.begun() == expected_beginnings(model)
    }

    fn begun(&self) -> BTreeMap<(usize, Unit), u32> {
        let place = |run| self.runs.iter().position(|other| *other == run).unwrap_or(usize::MAX);
        self.board.begun().into_iter().map(|((run, unit), times)| ((place(run), unit), times)).collect()
    }

    async fn difference(&self, models: &[Model], ids: &[Uuid]) -> Failure {
        let looked = self.stage.look(ids).await.unwrap_or_else(|error| vec![error.to_string()]);
        let mut text = String::new();
        for (place, model) in models.iter().enumerate() {
            let _ = writeln!(
                text,
                "--- the reference{}",
                if models.len() > 1 { format!(", way {place}") } else { String::new() }
            );
            describe(&mut text, &model.recorded(), &model.under_way());
            if self.counts && self.begun() != expected_beginnings(model) {
                let (real, expected) = (self.begun(), expected_beginnings(model));
                let units = real.keys().chain(expected.keys()).filter(|unit| real.get(*unit) != expected.get(*unit));
                for unit in units.collect::<std::collections::BTreeSet<_>>() {
                    let times = |counts: &BTreeMap<_, u32>| counts.get(unit).copied().unwrap_or(0);
                    let _ =
                        writeln!(text, "{unit:?} has begun {} times, and ought to {}", times(&real), times(&expected));
                }
            }
        }
        let _ = writeln!(text, "--- the engine");
        describe(&mut text, &looked, &self.real());
        self.failure("the engine and the reference disagree", &[text])
    }

    /// What happened until something was wrong.
    pub(crate) fn failure(&self, why: &str, more: &[String]) -> Failure {
        let mut text = format!("{why}, after:\n");
        for line in &self.log {
            let _ = writeln!(text, "  {line}");
        }
        text + &more.concat()
    }
}

fn expected_beginnings(model: &Model) -> BTreeMap<(usize, Unit), u32> {
    let of_run = |(place, run): (usize, &crate::reference::Run)| -> Vec<_> {
        run.begun.iter().map(|(unit, times)| ((place, *unit), *times)).collect()
    };
    model.runs.iter().enumerate().flat_map(of_run).collect()
}

fn describe(text: &mut String, recorded: &[String], under_way: &UnderWay) {
    for (run, recorded) in recorded.iter().enumerate() {
        let _ = writeln!(text, "run {run}: {recorded}");
    }
    for (run, unit, seen) in under_way {
        let _ = writeln!(text, "under way: run {run} {unit:?} {seen}");
    }
}
