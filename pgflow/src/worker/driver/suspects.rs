//! Units that may end the whole process: they are marked before they begin, and suspects run alone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Driver;
use crate::worker::batch::Beginning;
use crate::worker::caution::Known;
use crate::worker::unit::{Holder, Unit};

/// How long nothing else is begun so that a suspect can run alone; and how long the others have their turn when that was in vain,
/// because something runs for longer.
const TURN: Duration = Duration::from_secs(10);

/// Suspects that wait until nothing else runs.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    waiting: VecDeque<Unit>,
    /// Until when nothing else is begun; afterwards, from when on a suspect waits again.
    turn: Option<Turn>,
    /// The attempt that runs alone.
    alone: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Turn {
    OfSuspects(Instant),
    OfOthers(Instant),
}

impl Suspects {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets the units of a holder, and gives how many there were.
    pub(super) fn remove(&mut self, holder: Holder) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|unit| unit.holder != holder);
        before - self.waiting.len()
    }

    /// When the turn changes.
    pub(super) fn turn(&self) -> Option<Instant> {
        match self.turn? {
            Turn::OfSuspects(until) | Turn::OfOthers(until) => (!self.waiting.is_empty()).then_some(until),
        }
    }
}

impl Driver {
    /// What is known of a unit whose run or task has lost a worker to a crash; none where it has not.
    pub(super) fn caution(&self, unit: Unit) -> Option<Known> {
        let caution = match unit.holder {
            Holder::Run(id) => self.runs.get(&id)?.caution.as_ref()?,
            Holder::Task(id) => self.tasks.get(&id)?.caution.as_ref()?,
        };
        Some(caution.of((unit.step, unit.index)))
    }

    /// Lets a unit wait until its beginning is recorded; a suspect, until nothing else runs.
    pub(super) fn begin_with_caution(&mut self, unit: Unit, known: Known) {
        if known.crashes >= self.options.max_crashes {
            if let Holder::Run(id) = unit.holder
                && let Some(run) = self.runs.get_mut(&id)
            {
                run.active -= 1;
            }
            let times = if known.crashes == 1 { "once".to_owned() } else { format!("{} times", known.crashes) };
            let error = format!(
                "the step ended its worker's process {times} while nothing else ran in it (an abort, a stack overflow, too much memory?)"
            );
            tracing::error!(run = ?self.run_of(unit.holder), step = unit.step, index = unit.index, error, "a step fails by policy");
            self.give_up(unit, 0.0, error);
        } else if known.suspect {
            self.suspects.waiting.push_back(unit);
        } else {
            self.mark(unit, false);
        }
    }

    /// Whether nothing more may begin, for something runs alone, or is to. Brings in the suspect whose turn it is.
    pub(super) fn is_quiet(&mut self) -> bool {
        if self.suspects.alone.is_some_and(|serial| self.running.contains_key(&serial))
            || self.beginning.values().any(|alone| *alone)
        {
            return true;
        }
        self.suspects.alone = None;
        if self.suspects.waiting.is_empty() {
            self.suspects.turn = None;
            return false;
        }
        let now = Instant::now();
        match self.suspects.turn {
            Some(Turn::OfOthers(until)) if now < until => return false,
            Some(Turn::OfSuspects(until)) if now >= until && !self.running.is_empty() => {
                self.suspects.turn = Some(Turn::OfOthers(now + TURN));
                return false;
            }
            Some(Turn::OfSuspects(_)) => {}
            _ => self.suspects.turn = Some(Turn::OfSuspects(now + TURN)),
        }
        if self.running.is_empty()
            && self.beginning.is_empty()
            && let Some(unit) = self.suspects.waiting.pop_front()
        {
            // The others have a turn after each suspect, however many there are.
            self.suspects.turn = Some(Turn::OfOthers(now + Duration::from_millis(100)));
            self.mark(unit, true);
        }
        true
    }

    fn mark(&mut self, unit: Unit, alone: bool) {
        if let Some((batch, entry)) = self.entry(unit.holder) {
            batch.beginnings.push(Beginning { entry, unit, alone });
            self.beginning.insert(unit, alone);
        }
    }

    /// The beginning of a unit is recorded: it may run.
    pub(super) fn begun(&mut self, unit: Unit) {
        // One that was cut meanwhile is no longer known; one that has not begun when the worker stops is handed back.
        let Some(alone) = self.beginning.remove(&unit) else { return };
        if self.stopping {
            return;
        }
        let serial = self.start(unit);
        if alone {
            self.suspects.alone = serial;
        }
    }
}
