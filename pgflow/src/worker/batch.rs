//! What goes to the database in one round trip.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::unit::{Holder, Unit};
use crate::encoded::Encoded;

/// What was done since the last round trip, by the run or task that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) attempts: Vec<FailedAttempt>,
    pub(crate) repeats: Vec<AskedAgain>,
    pub(crate) children: Vec<ChildStart>,
    /// Runs that end, or have failed, with a parent or children that are to be told.
    pub(crate) families: Vec<Uuid>,
    pub(crate) maps: Vec<MapSize>,
    pub(crate) shares: Vec<Share>,
    pub(crate) beginnings: Vec<Beginning>,
    /// Messages that were heard.
    pub(crate) heard: Vec<i64>,
    /// By holder and claim: a run that was lost and claimed again is another one.
    places: HashMap<(Holder, i64), usize>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) holder: Holder,
    pub(crate) run: Uuid,
    pub(crate) period: i32,
    /// The claim, for an owned run.
    pub(crate) claim: i64,
    pub(crate) fate: Fate,
    pub(crate) shared: bool,
    /// Whether a step is executed when the run has failed.
    pub(crate) hook: bool,
}

/// What becomes of a run or task with this round trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    GoesOn,
    /// A run has failed, and goes on with the step that is for that.
    Failing,
    /// A run has completed; nothing is left of a task.
    Completed,
    /// A run has failed; with a reason where no outcome says it.
    Failed(Option<String>),
    /// A run was cancelled, for this reason.
    Cancelled(Option<String>),
    /// A run is given up until so many milliseconds have passed.
    Parked {
        due_ms: i64,
    },
    /// A run is given up until somebody resumes it and so many milliseconds have passed.
    Paused {
        due_ms: i64,
    },
    /// A run is given to whoever takes it.
    HandedBack,
}

#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) entry: usize,
    pub(crate) step: usize,
    pub(crate) index: i32,
    pub(crate) attempts: u16,
    pub(crate) duration_ms: f32,
    pub(crate) verdict: Verdict,
}

/// What became of a unit for good.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Completed(Encoded),
    /// For this reason.
    Failed(String),
    /// For this reason.
    Skipped(String),
}

impl Verdict {
    pub(crate) fn output(&self) -> Option<&Encoded> {
        match self {
            Self::Completed(output) => Some(output),
            Self::Failed(_) | Self::Skipped(_) => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Completed(_) => None,
            Self::Failed(reason) | Self::Skipped(reason) => Some(reason),
        }
    }

    /// How it is written; see `pgflow.outcome`.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Completed(_) => b'c',
            Self::Failed(_) => b'f',
            Self::Skipped(_) => b's',
        }
    }
}

impl Outcome {
    fn size(&self) -> usize {
        self.verdict.output().map(Encoded::as_str).or(self.verdict.reason()).map_or(0, str::len)
    }
}

#[derive(Debug)]
pub(crate) struct FailedAttempt {
    pub(crate) entry: usize,
    pub(crate) step: usize,
    pub(crate) index: i32,
    pub(crate) number: u16,
    pub(crate) duration_ms: f32,
    pub(crate) retry_ms: i64,
    pub(crate) error: String,
    /// For a unit of a task: its item, which goes into the task of the retry.
    pub(crate) item: Option<Encoded>,
}

/// That a unit has asked to be executed again.
#[derive(Debug)]
pub(crate) struct AskedAgain {
    pub(crate) entry: usize,
    pub(crate) step: usize,
    pub(crate) index: i32,
    pub(crate) count: u32,
    /// How many failed attempts lie before.
    pub(crate) attempts: u16,
    /// When it is due, and in how long.
    pub(crate) due: Instant,
    pub(crate) wait_ms: i64,
    pub(crate) state: Encoded,
    /// For a unit of a task: its item, which goes into the task of its own.
    pub(crate) item: Option<Encoded>,
}

/// That a unit starts a run.
#[derive(Debug)]
pub(crate) struct ChildStart {
    pub(crate) entry: usize,
    pub(crate) step: usize,
    pub(crate) index: i32,
    /// The attempt of the unit.
    pub(crate) number: u16,
    pub(crate) version: i32,
    pub(crate) queue: Option<String>,
    pub(crate) deadline_ms: Option<i64>,
    pub(crate) input: Encoded,
}

#[derive(Debug)]
pub(crate) struct MapSize {
    pub(crate) entry: usize,
    pub(crate) step: usize,
    pub(crate) items: i32,
}

/// Work that is given away: a range of items, or a plain step.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) entry: usize,
    pub(crate) step: usize,
    pub(crate) first: i32,
    pub(crate) count: i32,
    /// How many attempts its only unit has behind it.
    pub(crate) attempts: u16,
    /// Whose workers are to do it; none for those of the run's queue.
    pub(crate) queue: Option<Arc<str>>,
    pub(crate) items: Option<Encoded>,
}

/// A unit that begins once this is recorded, since its run or task has lost a worker to a crash.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) entry: usize,
    pub(crate) unit: Unit,
    /// Whether nothing else will run beside it.
    pub(crate) alone: bool,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.heard.is_empty()
    }

    /// Why units failed or were skipped; none where all were completed.
    pub(crate) fn reasons(&self) -> Option<Vec<Option<Cow<'_, str>>>> {
        let reasons = || self.outcomes.iter().map(|outcome| outcome.verdict.reason());
        reasons().any(|reason| reason.is_some()).then(|| reasons().map(|reason| reason.map(storable)).collect())
    }

    /// The place of the entry of a holder (and claim, 0 for a task), which is made if there is none.
    pub(crate) fn entry(&mut self, holder: Holder, claim: i64, make: impl FnOnce() -> Entry) -> usize {
        *self.places.entry((holder, claim)).or_insert_with(|| {
            self.entries.push(make());
            self.entries.len() - 1
        })
    }

    /// Takes what goes into one round trip: everything, but for outcomes beyond so many bytes (and the fates that depend on them),
    /// which stay for the next one. At least one outcome is taken.
    pub(crate) fn take(&mut self, bytes: usize) -> Self {
        let mut sum = 0;
        let fits = self.outcomes.iter().position(|outcome| {
            let before = sum;
            sum += outcome.size();
            before > 0 && sum > bytes
        });
        let rest = fits.map_or_else(Vec::new, |place| self.outcomes.split_off(place));
        let mut part = std::mem::take(self);
        for mut outcome in rest {
            let entry = &mut part.entries[outcome.entry];
            let run = entry.run;
            outcome.entry = self.entry(entry.holder, entry.claim, || Entry {
                fate: std::mem::replace(&mut entry.fate, Fate::GoesOn),
                ..*entry
            });
            if let Some(at) = part.families.iter().position(|family| *family == run) {
                self.families.push(part.families.remove(at));
            }
            self.outcomes.push(outcome);
        }
        part
    }

    /// Makes a failure of an outcome that the database refuses.
    pub(crate) fn refuse_outcome(&mut self, place: usize, reason: &str) {
        let outcome = &mut self.outcomes[place];
        outcome.verdict = Verdict::Failed(format!("the output cannot be stored: {reason}"));
        let entry = outcome.entry;
        self.fail(entry);
    }

    /// Makes a failure of a repetition whose state the database refuses.
    pub(crate) fn refuse_repeat(&mut self, place: usize, reason: &str) {
        let AskedAgain { entry, step, index, attempts, .. } = self.repeats.remove(place);
        let verdict = Verdict::Failed(format!("its state cannot be stored: {reason}"));
        let attempts = attempts.saturating_add(1);
        self.outcomes.push(Outcome { entry, step, index, attempts, duration_ms: 0.0, verdict });
        self.fail(entry);
    }

    /// Makes a failure of a unit whose child the database refuses, by its input.
    pub(crate) fn refuse_child(&mut self, place: usize, reason: &str) {
        let ChildStart { entry, step, index, number: attempts, .. } = self.children.remove(place);
        let verdict = Verdict::Failed(format!("the input of the run that it starts cannot be stored: {reason}"));
        self.outcomes.push(Outcome { entry, step, index, attempts, duration_ms: 0.0, verdict });
        self.fail(entry);
    }

    fn fail(&mut self, entry: usize) {
        let entry = &mut self.entries[entry];
        if matches!(entry.holder, Holder::Run(_)) {
            // Where that was the step for it, it fails anyway.
            if !matches!(entry.fate, Fate::Failed(_)) {
                entry.fate = if entry.hook { Fate::Failing } else { Fate::Failed(None) };
            }
            // What is out of the run is taken back, if anything is.
            entry.shared = true;
        }
    }
}

/// Text as the database takes it: without the character that it has no place for.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(sizes: &[(u128, usize)]) -> Batch {
        let mut batch = Batch::default();
        for (run, size) in sizes {
            let run = Uuid::from_u128(*run);
            let holder = Holder::Run(run);
            let entry = batch.entry(holder, 1, || Entry {
                holder,
                run,
                period: 0,
                claim: 1,
                fate: Fate::Completed,
                shared: false,
                hook: false,
            });
            let index = i32::try_from(batch.outcomes.len()).unwrap();
            let verdict = Verdict::Completed(Encoded::from("1".repeat(*size).as_str()));
            batch.outcomes.push(Outcome { entry, step: 0, index, attempts: 1, duration_ms: 0.0, verdict });
        }
        batch
    }

    fn told(batch: &Batch) -> Vec<(u128, Fate, Vec<i32>)> {
        let indexes = |place| batch.outcomes.iter().filter(|o| o.entry == place).map(|o| o.index).collect();
        batch.entries.iter().enumerate().map(|(n, e)| (e.run.as_u128(), e.fate.clone(), indexes(n))).collect()
    }

    #[test]
    fn a_small_batch_is_taken_as_a_whole() {
        let mut all = batch(&[(1, 10), (2, 10)]);
        let part = all.take(100);
        assert!(all.is_empty());
        assert_eq!(told(&part), [(1, Fate::Completed, vec![0]), (2, Fate::Completed, vec![1])]);
    }

    #[test]
    fn a_large_batch_goes_in_parts_and_a_run_ends_with_the_last_of_its_outcomes() {
        let mut all = batch(&[(1, 60), (2, 30), (1, 30), (2, 200)]);
        assert_eq!(told(&all.take(100)), [(1, Fate::GoesOn, vec![0]), (2, Fate::GoesOn, vec![1])]);
        assert_eq!(told(&all.take(100)), [(1, Fate::Completed, vec![2]), (2, Fate::GoesOn, vec![])]);
        assert_eq!(told(&all.take(100)), [(2, Fate::Completed, vec![3])]);
        assert!(all.is_empty());
    }
}
