//! A run in the hands of its owner: which steps are open, which are done, what follows. It knows nothing of the database.

mod done;
mod elsewhere;
mod failing;
mod history;
mod signals;
mod skip;
mod wait;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

pub(crate) use self::failing::Failing;
pub(crate) use self::history::{History, Recorded};
use self::signals::Awaited;
use super::caution::Caution;
use super::clock::Clock;
use super::family::Child;
use super::plan::{Plan, PlanMap, StepQueue};
use super::repetition::Repetition;
use super::unit::{Holder, PLAIN, Unit};
use crate::encoded::Encoded;
use crate::handler::Dependency;
use crate::step::Failure;

/// An owned run.
///
/// A step counts as *reported* when its outcomes are on their way to the database, and as *done* when they are committed: what
/// follows it begins only then.
pub(crate) struct OwnedRun {
    pub(crate) id: Uuid,
    /// The number of the claim that names it, and the lane that made it.
    pub(crate) claim: i64,
    pub(crate) lane: usize,
    pub(crate) plan: Arc<Plan>,
    pub(crate) input: Encoded,
    steps: Vec<Step>,
    unreported: usize,
    history: History,
    /// Steps of which something is recorded already: they were not skipped.
    begun: HashSet<usize>,
    /// The payloads that are kept: the input, and outputs that some step still reads.
    pub(crate) bytes: usize,
    /// Units that are queued or running here.
    pub(crate) active: usize,
    /// Outcomes and attempts that are on their way to the database.
    pub(crate) recording: usize,
    /// Attempts that wait for their time.
    pub(crate) retries: Vec<(Instant, Unit)>,
    /// Whether it has a parent, or children, that are to be told of its end.
    pub(crate) family: bool,
    /// Whether it ever gave work away, or an owner before may have.
    pub(crate) shared: bool,
    /// What is known of its units where it has lost an owner to a crash; none where it has not.
    pub(crate) caution: Option<Caution>,
    /// The place of its queue among those of the worker.
    queue: u16,
    /// How many of its units are out.
    out: usize,
    /// How many of them are of steps that the workers of other queues execute, and when the last was sent there.
    elsewhere: usize,
    sent_at: Instant,
    /// Whether some of them wait for somebody to take them, as far as is known.
    pub(crate) pooled: bool,
    /// It could not be parked, for a message has come that is not read yet.
    pub(crate) summoned: bool,
    /// Its end, or its park, is on its way to the database.
    pub(crate) leaving: bool,
    /// Nothing more of it begins here, for it is to leave.
    pub(crate) aside: Option<Aside>,
    /// Messages that it is to leave for: they count as heard when it does.
    pub(crate) wishes: Vec<i64>,
    /// Steps whose wait for a signal is over by the clock here, each with the number of the last round trip before that: messages are
    /// looked at once more.
    pub(crate) overdue: Vec<(usize, i64)>,
    /// The timers of its retries, and of its deadline.
    pub(crate) timers: Vec<u64>,
    /// When it fails unless it has ended.
    pub(crate) deadline: Option<Instant>,
    clock: Clock,
    /// What it has failed of, as far as a step says so.
    pub(crate) failure: Option<Failure>,
    /// How far it is with that, where something is to be executed then.
    pub(crate) failing: Failing,
    /// What units have to remember that have asked to be executed again.
    repetitions: HashMap<(usize, i32), Repetition>,
    /// How many attempts of units lie before those that they were given when somebody had the run go on.
    resumed: HashMap<(usize, i32), u16>,
}

/// What becomes of a run when what of it is under way here has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    Paused,
    HandedBack,
}

struct Step {
    /// Dependencies that are not done.
    blockers: usize,
    /// Those among them that are not skipped either, as far as is known here: a skip counts before it is committed.
    unsettled: usize,
    /// Whether it is skipped.
    skipped: bool,
    /// Consumers that still want the output.
    readers: usize,
    progress: Progress,
}

enum Progress {
    Blocked,
    Open {
        units: Vec<UnitState>,
        /// The items of a map step; empty for a plain one.
        items: Vec<Encoded>,
        unreported: usize,
        undone: usize,
    },
    /// The step as a whole is skipped, and that is on its way to the database.
    Skipping,
    Done(Dependency),
}

#[derive(Clone)]
enum UnitState {
    Here,
    /// Shared: somebody else does it, or will.
    Out,
    Reported,
    Done(Option<Encoded>),
    Skipped,
}

/// What opening or advancing a run has brought.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// Units that can begin now.
    pub(crate) units: Vec<Unit>,
    /// Map steps whose size is to be recorded: (step, items).
    pub(crate) maps: Vec<(usize, i32)>,
    /// Steps that are skipped, and why.
    pub(crate) skipped: Vec<(usize, String)>,
    /// Steps that wait before their first attempt.
    pub(crate) delayed: Vec<Delayed>,
    /// Units whose runs have ended.
    pub(crate) children: Vec<(usize, i32, Child)>,
    /// Why the run cannot go on: a step (and what it failed of, where that is not recorded yet).
    pub(crate) failed: Option<(usize, Option<String>)>,
}

/// That a step waits before its first attempt.
#[derive(Debug)]
pub(crate) struct Delayed {
    pub(crate) unit: Unit,
    /// Until when, and how long.
    pub(crate) until: Instant,
    pub(crate) wait: Duration,
    /// What for.
    pub(crate) why: String,
}

impl OwnedRun {
    pub(crate) fn new(
        id: Uuid,
        queue: u16,
        (lane, claim): (usize, i64),
        plan: Arc<Plan>,
        input: Encoded,
        mut history: History,
    ) -> Self {
        let steps: Vec<Step> = plan
            .steps
            .iter()
            .map(|step| Step {
                blockers: step.dependencies.len(),
                unsettled: step.dependencies.len(),
                skipped: false,
                readers: step.readers,
                progress: Progress::Blocked,
            })
            .collect();
        Self {
            id,
            claim,
            lane,
            unreported: steps.len() - usize::from(plan.hook.is_some()),
            failure: None,
            failing: Failing::No,
            bytes: input.as_str().len() + history.bytes(),
            steps,
            plan,
            input,
            // What was out may have come back, with a message, while the history was read.
            begun: history.begun(),
            shared: !history.out.is_empty() || !history.outcomes.is_empty() || history.caution.is_some(),
            caution: history.caution.take(),
            resumed: std::mem::take(&mut history.resumed),
            repetitions: HashMap::new(),
            deadline: history.deadline,
            clock: history.clock.clone(),
            aside: None,
            wishes: Vec::new(),
            overdue: Vec::new(),
            timers: Vec::new(),
            summoned: false,
            family: !history.children.is_empty(),
            queue,
            out: 0,
            elsewhere: 0,
            sent_at: history.clock.now(),
            pooled: false,
            history,
            active: 0,
            recording: 0,
            retries: Vec::new(),
            leaving: false,
        }
    }

    /// Opens the steps that depend on nothing (and, as far as they are recorded, those that follow).
    pub(crate) fn begin(&mut self) -> Opened {
        let mut opened = Opened::default();
        // From the back, as a stack: the steps open in the order of their declaration.
        let hook = self.plan.hook;
        let first =
            (0..self.steps.len()).rev().filter(|number| self.steps[*number].blockers == 0 && Some(*number) != hook);
        let first = first.collect();
        self.open_all(first, &mut opened);
        opened
    }

    /// Whether all steps are reported: with what is on its way, the run has completed.
    pub(crate) fn is_complete(&self) -> bool {
        self.unreported == 0 && self.failing == Failing::No
    }

    /// Notes that the outcome of a unit is on its way.
    pub(crate) fn report(&mut self, step: usize, index: i32) {
        let is_elsewhere = self.is_elsewhere(step);
        let Progress::Open { units, unreported, .. } = &mut self.steps[step].progress else { return };
        let Some(unit) = units.get_mut(place(index)) else { return };
        if matches!(unit, UnitState::Here | UnitState::Out) {
            let was_out = usize::from(matches!(unit, UnitState::Out));
            self.out -= was_out;
            if is_elsewhere {
                self.elsewhere -= was_out;
            }
            *unit = UnitState::Reported;
            *unreported -= 1;
            if *unreported == 0 {
                self.step_reported(step);
            }
        }
    }

    /// Takes in an outcome that is committed, and opens what follows. No output says that the unit was skipped.
    pub(crate) fn settle(&mut self, step: usize, index: i32, output: Option<&Encoded>) -> Opened {
        self.report(step, index);
        let mut opened = Opened::default();
        if self.failing != Failing::No && Some(step) != self.plan.hook {
            // Nothing follows.
            return opened;
        }
        if self.steps[step].skipped && matches!(self.steps[step].progress, Progress::Skipping) {
            let mut next = Vec::new();
            self.step_done(step, &mut next);
            self.open_all(next, &mut opened);
            return opened;
        }
        let keep = self.steps[step].readers > 0;
        let Progress::Open { units, undone, .. } = &mut self.steps[step].progress else { return opened };
        let Some(unit) = units.get_mut(place(index)) else { return opened };
        if !matches!(unit, UnitState::Done(_) | UnitState::Skipped) {
            if keep {
                self.bytes += output.map_or(0, |output| output.as_str().len());
            }
            *unit = match output {
                Some(output) => UnitState::Done(keep.then(|| output.clone())),
                None => UnitState::Skipped,
            };
            *undone -= 1;
            if *undone == 0 {
                let mut next = Vec::new();
                self.step_done(step, &mut next);
                self.open_all(next, &mut opened);
            }
        }
        opened
    }

    /// The place of a step's queue among those of the worker.
    pub(crate) fn queue_of(&self, step: usize) -> u16 {
        match self.plan.steps[step].at {
            StepQueue::Here(place) => place,
            StepQueue::OfRun | StepQueue::Elsewhere(_) => self.queue,
        }
    }

    /// What the dependencies of a step give, in their order.
    pub(crate) fn dependencies(&self, step: usize) -> Vec<Dependency> {
        self.plan.steps[step]
            .dependencies
            .iter()
            .map(|edge| match &self.steps[edge.step].progress {
                Progress::Done(output) if edge.value => output.clone(),
                _ => Dependency::Order,
            })
            .collect()
    }

    /// The item of a unit of a map step.
    pub(crate) fn item(&self, step: usize, index: i32) -> Option<Encoded> {
        match &self.steps[step].progress {
            Progress::Open { items, .. } if index != PLAIN => items.get(place(index)).cloned(),
            _ => None,
        }
    }

    /// Opens steps, and those that follow at once from what is recorded. A loop: a chain of them may be long.
    fn open_all(&mut self, mut steps: Vec<usize>, opened: &mut Opened) {
        while let Some(number) = steps.pop() {
            if opened.failed.is_some() {
                return;
            }
            self.open(number, opened, &mut steps);
        }
    }

    fn open(&mut self, number: usize, opened: &mut Opened, next: &mut Vec<usize>) {
        if let Some(Recorded::Skipped) = self.history.outcomes.get(&(number, PLAIN))
            && self.plan.steps[number].map.is_some()
        {
            self.steps[number].skipped = true;
            self.step_reported(number);
            return self.step_done(number, next);
        }
        match self.skip_reason(number) {
            Ok(None) => {}
            Ok(Some(reason)) => return self.skip(number, reason, opened),
            Err(error) => {
                opened.failed = Some((number, Some(error)));
                return;
            }
        }
        match self.is_delayed(number, opened) {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => {
                opened.failed = Some((number, Some(error)));
                return;
            }
        }
        match self.awaits_signal(number, opened) {
            Awaited::Begins => {}
            Awaited::Waits => return,
            Awaited::InVain(why) if self.plan.steps[number].skips_exhausted => return self.skip(number, why, opened),
            Awaited::InVain(why) => {
                opened.failed = Some((number, Some(why)));
                return;
            }
        }
        let count = match self.items_of(number) {
            Ok(None) => 1,
            Ok(Some(items)) => {
                let count = items.len();
                let Ok(size) = i32::try_from(count) else {
                    opened.failed = Some((
                        number,
                        Some(format!("a map of {count} items is more than the {} that are possible", i32::MAX)),
                    ));
                    return;
                };
                opened.maps.push((number, size));
                self.bytes += bytes(&items);
                self.steps[number].progress = Progress::Open { units: Vec::new(), items, unreported: 0, undone: 0 };
                count
            }
            Err(error) => {
                opened.failed = Some((number, Some(error)));
                return;
            }
        };
        let items = match std::mem::replace(&mut self.steps[number].progress, Progress::Blocked) {
            Progress::Open { items, .. } => items,
            _ => Vec::new(),
        };
        let first = if self.plan.steps[number].map.is_some() { 0 } else { PLAIN };
        let mut units = Vec::with_capacity(count);
        let mut left = count;
        let keep = self.steps[number].readers > 0;
        for n in 0..count {
            // The count fits: it was checked above.
            let index = if first == PLAIN { PLAIN } else { i32::try_from(n).unwrap_or(i32::MAX) };
            units.push(match self.history.outcomes.remove(&(number, index)) {
                Some(Recorded::Completed(output)) => {
                    left -= 1;
                    UnitState::Done(keep.then_some(output))
                }
                Some(Recorded::Skipped) => {
                    left -= 1;
                    UnitState::Skipped
                }
                Some(Recorded::Failed(error)) => {
                    self.failure = Some(self.failure_of(number, index, error));
                    opened.failed = Some((number, None));
                    return;
                }
                None if self.history.is_out(number, index) => {
                    self.count_out(number);
                    UnitState::Out
                }
                None => match self.history.child(number, index) {
                    Some(child) => {
                        self.count_out(number);
                        opened.children.extend(child.end.is_some().then_some((number, index, child)));
                        UnitState::Out
                    }
                    None => {
                        self.open_unit(number, index, opened);
                        UnitState::Here
                    }
                },
            });
        }
        self.steps[number].progress = Progress::Open { units, items, unreported: left, undone: left };
        if left == 0 {
            self.step_reported(number);
            self.step_done(number, next);
        }
    }

    fn open_unit(&mut self, step: usize, index: i32, opened: &mut Opened) {
        let unit = Unit { holder: Holder::Run(self.id), step, index, attempt: 1, queue: self.queue_of(step) };
        let tried = self.history.attempts.remove(&(step, index));
        let asked = self.history.repeats.remove(&(step, index));
        let attempt = tried.map_or(1, |(tried, _)| tried.saturating_add(1));
        match tried.map(|(_, at)| at).max(asked.as_ref().map(|(_, at)| *at)) {
            Some(at) => self.retries.push((at, Unit { attempt, ..unit })),
            None => opened.units.push(unit),
        }
        if let Some((repetition, _)) = asked {
            self.remember((step, index), repetition);
        }
    }

    fn items_of(&self, number: usize) -> Result<Option<Vec<Encoded>>, String> {
        let source = match self.plan.steps[number].map {
            None => return Ok(None),
            Some(PlanMap::Input) => Dependency::Output(self.input.clone()),
            Some(PlanMap::Step(step)) => match &self.steps[step].progress {
                Progress::Done(output) => output.clone(),
                _ => Dependency::Order,
            },
        };
        self.plan.handlers.expand(number, &source).map(Some).map_err(|error| error.message().to_owned())
    }
}

impl UnitState {
    fn into_output(self) -> Option<Encoded> {
        match self {
            Self::Done(output) => output,
            _ => None,
        }
    }
}

impl std::fmt::Debug for OwnedRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnedRun").field("id", &self.id).field("plan", &self.plan).finish_non_exhaustive()
    }
}

fn bytes(items: &[Encoded]) -> usize {
    items.iter().map(|item| item.as_str().len()).sum()
}

/// The place of a unit among those of its step.
fn place(index: i32) -> usize {
    usize::try_from(index).unwrap_or(0)
}
