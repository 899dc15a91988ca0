//! The reference: how runs stand, and what happens to them, told as plainly as can be. It follows the documents, not the engine:
//! whatever can be derived is derived anew from what is recorded.

mod control;
mod data;
mod run;
mod text;

use std::sync::Arc;

pub(crate) use self::data::{input, output};
pub(crate) use self::run::{Aside, Place, Run, Unit};
use crate::shape::{How, Shape};

/// All runs of a case.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) shape: Arc<Shape>,
    pub(crate) runs: Vec<Run>,
}

/// Something that happens to them.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Start {
        later: bool,
    },
    Answer {
        run: usize,
        unit: Unit,
        how: How,
    },
    AnswerAll {
        units: Vec<(usize, Unit)>,
    },
    Cancel {
        run: usize,
    },
    Pause {
        run: usize,
    },
    Resume {
        run: usize,
    },
    Retry {
        run: usize,
        step: usize,
        item: Option<i32>,
    },
    CancelAttempt {
        run: usize,
        step: usize,
        index: i32,
    },
    Fork {
        run: usize,
        from: Option<usize>,
    },
    TimePasses,
    /// The owner of these runs is dead.
    Kill {
        worker: usize,
        runs: Vec<usize>,
        late: bool,
    },
}

/// What is said to whoever does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Refused,
}

impl Model {
    pub(crate) fn new(shape: Arc<Shape>) -> Self {
        Self { shape, runs: Vec::new() }
    }

    /// Lets something happen, and all that follows from it.
    pub(crate) fn apply(&mut self, act: &Act) -> Reply {
        let reply = self.begin(act);
        self.go_on();
        reply
    }

    /// Lets all follow that follows.
    pub(crate) fn go_on(&mut self) {
        self.runs.iter_mut().for_each(Run::go_on);
    }

    /// Whether the attempts that something happens to are under way.
    pub(crate) fn allows(&self, act: &Act) -> bool {
        let runs = |run: &usize, unit: &Unit| self.runs[*run].running.contains(unit);
        match act {
            Act::Answer { run, unit, .. } => runs(run, unit),
            Act::AnswerAll { units } => units.iter().all(|(run, unit)| runs(run, unit)),
            Act::CancelAttempt { run, step, index } => {
                self.runs[*run].running.iter().any(|unit| (unit.0, unit.1) == (*step, *index))
            }
            _ => true,
        }
    }

    /// Lets something happen, and nothing yet that follows from it.
    pub(crate) fn begin(&mut self, act: &Act) -> Reply {
        match act {
            Act::Start { later } => {
                self.runs.push(Run::new(Arc::clone(&self.shape), *later));
                Reply::Done
            }
            Act::Answer { run, unit, how } => {
                self.runs[*run].answer(*unit, *how);
                Reply::Done
            }
            Act::AnswerAll { units } => {
                for (run, unit) in units {
                    self.runs[*run].answer(*unit, How::Complete(1));
                }
                Reply::Done
            }
            Act::Cancel { run } => self.runs[*run].cancel(),
            Act::Pause { run } => self.runs[*run].pause(),
            Act::Resume { run } => self.runs[*run].resume(),
            Act::Retry { run, step, item } => self.runs[*run].retry(*step, *item),
            Act::CancelAttempt { run, step, index } => self.runs[*run].cancel_attempt(*step, *index),
            Act::Fork { run, from } => {
                let fork = self.runs[*run].fork(*from);
                self.runs.push(fork);
                Reply::Done
            }
            Act::TimePasses => {
                self.runs.iter_mut().for_each(Run::time_passes);
                Reply::Done
            }
            Act::Kill { runs, .. } => {
                for run in runs {
                    self.runs[*run].lose_owner();
                }
                Reply::Done
            }
        }
    }
}
