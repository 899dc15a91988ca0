//! Values, what is told of them, and what functions and conditions decide by it: nothing else, so that all of it can be known beforehand.

use std::collections::HashMap;
use std::sync::Mutex;

use pgflow::{RunId, StepContext, StepError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::draw::mixed;

pub(crate) const NO_NEED: &str = "there is no need";
pub(crate) const TIRED: &str = "tired";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Parcel {
    pub(crate) mark: u64,
    pub(crate) list: Vec<u64>,
    pub(crate) deep: Deep,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Deep {
    pub(crate) list: Vec<u64>,
}

/// What is seen of a value, with each `Option` that its type has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    Unit,
    Number(u64),
    Missing,
    There(Box<Seen>),
    List(Vec<Seen>),
    Parcel(u64, Vec<u64>, Vec<u64>),
}

pub(crate) trait Told {
    fn told(&self) -> Seen;
}

/// Values that follow from a number.
pub(crate) trait Made {
    fn made(number: u64) -> Self;
}

impl Told for () {
    fn told(&self) -> Seen {
        Seen::Unit
    }
}

impl Told for u64 {
    fn told(&self) -> Seen {
        Seen::Number(*self)
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> Seen {
        self.as_ref().map_or(Seen::Missing, |there| Seen::There(Box::new(there.told())))
    }
}

impl<T: Told> Told for Vec<T> {
    fn told(&self) -> Seen {
        Seen::List(self.iter().map(Told::told).collect())
    }
}

impl Told for Parcel {
    fn told(&self) -> Seen {
        Seen::Parcel(self.mark, self.list.clone(), self.deep.list.clone())
    }
}

impl Made for () {
    fn made(_: u64) -> Self {}
}

impl Made for u64 {
    fn made(number: u64) -> Self {
        mixed(number) % 1_000_000
    }
}

impl Made for Option<u64> {
    fn made(number: u64) -> Self {
        (!number.is_multiple_of(3)).then(|| u64::made(number))
    }
}

impl Made for Vec<u64> {
    fn made(number: u64) -> Self {
        (0..mixed(number) % 5).map(|at| u64::made(number ^ (at << 40))).collect()
    }
}

impl Made for Parcel {
    fn made(number: u64) -> Self {
        Self { mark: u64::made(number), list: Vec::made(number ^ 1), deep: Deep { list: Vec::made(number ^ 2) } }
    }
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Unit | Self::Missing => Value::Null,
            Self::Number(number) => json!(number),
            Self::There(there) => there.json(),
            Self::List(list) => list.iter().map(Self::json).collect(),
            Self::Parcel(mark, list, deep) => json!({ "mark": mark, "list": list, "deep": { "list": deep } }),
        }
    }
}

fn digest(of: &impl std::fmt::Debug) -> u64 {
    let text = format!("{of:?}");
    text.bytes().fold(7, |sum, byte| mixed(sum ^ u64::from(byte)))
}

/// Whether a condition holds: two times of three.
pub(crate) fn holds(key: &str, told: &[Seen]) -> bool {
    !digest(&(key, told)).is_multiple_of(3)
}

/// What becomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// With the number that its output is made of.
    Done(u64),
    Skips,
    Fails,
    FailsForGood,
}

/// What a unit of a step does in an attempt: that follows from its name and from what it was given.
pub(crate) fn fate(unit: (&str, Option<u32>), given: &[Seen], fails: bool, skips: bool, attempt: u16) -> Fate {
    let number = digest(&(unit, given));
    match mixed(number) % 7 {
        0 if fails => Fate::Fails,
        1 if fails && attempt == 1 => Fate::Fails,
        2 if fails => Fate::FailsForGood,
        3 | 4 if skips => Fate::Skips,
        _ => Fate::Done(number),
    }
}

/// An attempt that was made, with what it was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Act {
    pub(crate) step: String,
    pub(crate) index: Option<u32>,
    pub(crate) attempt: u16,
    pub(crate) given: Vec<Seen>,
}

/// The state of all workflows: keeps what was done.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    acts: Mutex<HashMap<RunId, Vec<Act>>>,
}

impl Stage {
    /// An attempt of a step that may say that it is skipped: none where it says so.
    pub(crate) fn perhaps(&self, ctx: &StepContext, fails: bool, given: Vec<Seen>) -> pgflow::Result<Option<u64>> {
        self.act(ctx, fails, true, given)
    }

    /// An attempt of any other step.
    pub(crate) fn surely(&self, ctx: &StepContext, fails: bool, given: Vec<Seen>) -> pgflow::Result<u64> {
        Ok(self.act(ctx, fails, false, given)?.expect("it does not skip"))
    }

    fn act(&self, ctx: &StepContext, fails: bool, skips: bool, given: Vec<Seen>) -> pgflow::Result<Option<u64>> {
        let (step, index, attempt) = (ctx.step(), ctx.index(), ctx.attempt());
        let fate = fate((step, index), &given, fails, skips, attempt);
        let act = Act { step: step.to_owned(), index, attempt, given };
        self.acts.lock().expect("nobody panics").entry(ctx.run_id()).or_default().push(act);
        match fate {
            Fate::Done(number) => Ok(Some(number)),
            Fate::Skips => Ok(None),
            Fate::Fails => Err(StepError::retry(TIRED)),
            Fate::FailsForGood => Err(StepError::fatal(TIRED)),
        }
    }

    /// What was done in a run, in the order of steps and items.
    pub(crate) fn take(&self, run: RunId) -> Vec<Act> {
        let mut acts = self.acts.lock().expect("nobody panics").remove(&run).unwrap_or_default();
        acts.sort();
        acts
    }
}
