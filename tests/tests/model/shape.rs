//! What is drawn: a workflow of any shape, and what happens to its runs.

use proptest::collection::vec;
use proptest::prelude::*;

/// A case: a workflow, and what happens one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) shape: Shape,
    pub(crate) ops: Vec<Op>,
    /// Whether the runs go on to their end when all has happened; otherwise they are cancelled.
    pub(crate) to_the_end: bool,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) steps: Vec<Step>,
    /// How many items the list of the input has.
    pub(crate) list: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The steps it depends on, in their order, and whether their outputs are passed on.
    pub(crate) after: Vec<(usize, bool)>,
    pub(crate) map: Option<Source>,
    pub(crate) when: When,
    pub(crate) on_exhausted: bool,
    pub(crate) skippable: bool,
    pub(crate) skip_with: Vec<usize>,
    pub(crate) max_attempts: u16,
    /// Whether the back-off is long, or none.
    pub(crate) backs_off: bool,
    /// Whether it waits for long before its first attempt.
    pub(crate) delay: bool,
    /// Whether its handler asks to be told when it is cancelled.
    pub(crate) heeds: bool,
}

/// What a map step maps over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Input,
    Step(usize),
}

/// The condition of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    Never,
    /// When no list that is passed on is empty.
    Full,
}

/// Something that happens. Places are taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Start {
        later: bool,
    },
    Answer {
        unit: u8,
        how: How,
    },
    /// All attempts that are under way complete at once.
    AnswerAll,
    Cancel {
        run: u8,
    },
    Pause {
        run: u8,
    },
    Resume {
        run: u8,
    },
    Retry {
        run: u8,
        step: u8,
        item: Option<u8>,
    },
    CancelAttempt {
        unit: u8,
    },
    Fork {
        run: u8,
        from: Option<u8>,
    },
    TimePasses,
    /// A worker is declared dead; `late` says whether its attempts complete after that.
    Kill {
        worker: u8,
        late: bool,
    },
    /// Two of them at the same time.
    Together(Box<Op>, Box<Op>),
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// With a list of so many numbers; four is null, where nobody maps over it.
    Complete(u8),
    /// With an error after which it is to be tried again at once.
    Soon,
    /// In an hour.
    Later,
    /// After the back-off of the step.
    Backoff,
    Panic,
    Fatal,
    Skip,
}

impl Shape {
    /// Whether a step as a whole may be skipped.
    pub(crate) fn may_be_skipped(&self, step: usize) -> bool {
        let step = &self.steps[step];
        let by_itself = step.map.is_none() && (step.on_exhausted || step.skippable);
        step.when != When::Always || !step.skip_with.is_empty() || by_itself
    }

    pub(crate) fn is_mapped_over(&self, step: usize) -> bool {
        self.steps.iter().any(|other| other.map == Some(Source::Step(step)))
    }

    pub(crate) fn is_leaf(&self, step: usize) -> bool {
        !self.steps.iter().any(|other| other.after.iter().any(|(after, _)| *after == step))
    }
}

/// What is drawn of a step, before it is known which steps there are.
type Draft = (Vec<(u8, bool)>, u8, u8, (bool, bool, bool, bool), u8, u16);

fn draft() -> impl Strategy<Value = Draft> {
    let rarely = prop::bool::weighted(0.15);
    let flags = (rarely, prop::bool::weighted(0.2), prop::bool::weighted(0.5), prop::bool::weighted(0.07));
    (vec((any::<u8>(), prop::bool::weighted(0.75)), 0..=3), 0..8_u8, 0..8_u8, flags, any::<u8>(), 1..=3_u16)
}

fn shape_of(drafts: Vec<Draft>, list: usize) -> Shape {
    let mut shape = Shape { steps: Vec::new(), list };
    for (number, (after, map, when, (on_exhausted, skippable, heeds, delay), with, max_attempts)) in
        drafts.into_iter().enumerate()
    {
        let mut edges: Vec<(usize, bool)> = Vec::new();
        for (step, value) in after {
            let Some(step) = usize::from(step).checked_rem(number) else { continue };
            if edges.iter().all(|(other, _)| *other != step) {
                edges.push((step, value));
            }
        }
        edges.sort_unstable();
        let source = match (map, edges.first()) {
            (0, _) | (1, None) => Some(Source::Input),
            (1 | 2, Some((step, _))) => Some(Source::Step(*step)),
            _ => None,
        };
        let mut skip_with: Vec<usize> = Vec::new();
        for (step, _) in &edges {
            if !shape.may_be_skipped(*step) {
                continue;
            }
            // What maps over it is skipped with it; other steps take what may be skipped as an `Option`, or are skipped with it, too.
            if source == Some(Source::Step(*step)) || (with >> (*step % 8)) & 1 == 1 {
                skip_with.push(*step);
            }
        }
        shape.steps.push(Step {
            when: match when {
                0 => When::Never,
                1 | 2 if edges.iter().any(|(_, value)| *value) => When::Full,
                _ => When::Always,
            },
            after: edges,
            map: source,
            on_exhausted,
            skippable,
            skip_with,
            max_attempts,
            backs_off: with % 2 == 0,
            delay,
            heeds,
        });
    }
    shape
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        16 => (0..=4_u8).prop_map(How::Complete),
        2 => Just(How::Soon),
        2 => Just(How::Later),
        1 => Just(How::Backoff),
        1 => Just(How::Panic),
        1 => Just(How::Fatal),
        2 => Just(How::Skip),
    ]
}

fn answer() -> impl Strategy<Value = Op> {
    (any::<u8>(), how()).prop_map(|(unit, how)| Op::Answer { unit, how })
}

fn control() -> impl Strategy<Value = Op> {
    let retry = (any::<u8>(), any::<u8>(), prop::option::weighted(0.3, any::<u8>()));
    prop_oneof![
        1 => any::<u8>().prop_map(|run| Op::Cancel { run }),
        4 => any::<u8>().prop_map(|run| Op::Pause { run }),
        4 => any::<u8>().prop_map(|run| Op::Resume { run }),
        3 => retry.prop_map(|(run, step, item)| Op::Retry { run, step, item }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let fork = (any::<u8>(), prop::option::weighted(0.7, any::<u8>()));
    let either = || prop_oneof![2 => answer(), 1 => control()];
    prop_oneof![
        20 => answer(),
        9 => control(),
        3 => Just(Op::AnswerAll),
        2 => any::<u8>().prop_map(|unit| Op::CancelAttempt { unit }),
        1 => fork.prop_map(|(run, from)| Op::Fork { run, from }),
        2 => Just(Op::TimePasses),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(worker, late)| Op::Kill { worker, late }),
        2 => (either(), either()).prop_map(|(a, b)| Op::Together(Box::new(a), Box::new(b))),
        2 => any::<u8>().prop_map(|start| Op::Start { later: start < 60 }),
    ]
}

/// One operation, or some about one run that seldom come in a row by chance.
fn ops() -> impl Strategy<Value = Vec<Op>> {
    let undecided = any::<u8>().prop_map(|run| vec![Op::Pause { run }, Op::Resume { run }, Op::Pause { run }]);
    let struck = (any::<u8>(), any::<u8>(), any::<bool>())
        .prop_map(|(run, worker, late)| vec![Op::Pause { run }, Op::Kill { worker, late }]);
    let early = (any::<u8>(), any::<u8>()).prop_map(|(run, step)| {
        vec![Op::Start { later: true }, Op::Retry { run, step, item: None }, Op::Pause { run }]
    });
    prop_oneof![60 => op().prop_map(|op| vec![op]), 2 => undecided, 3 => struck, 2 => early]
}

/// All cases.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (vec(draft(), 1..=8), 0..=3_usize, vec(ops(), 1..=20), prop::bool::weighted(0.3)).prop_map(
        |(drafts, list, ops, to_the_end)| Case { shape: shape_of(drafts, list), ops: ops.concat(), to_the_end },
    )
}
