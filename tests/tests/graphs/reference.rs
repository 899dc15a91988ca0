//! What must become of a run, by the words of the documents: one step after the other, each once all before it are done.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::shape::{Edge, From, Graph, Kind, Step};
use crate::values::{Act, Fate, Made, NO_NEED, Parcel, Seen, TIRED, Told, fate, holds};

/// What is seen of a run in the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Story {
    pub(crate) steps: BTreeMap<String, Ended>,
    pub(crate) acts: Vec<Act>,
    pub(crate) output: Vec<(String, Seen)>,
}

/// How a step has ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) status: &'static str,
    pub(crate) attempts: u16,
    pub(crate) items: Option<usize>,
    /// As JSON; none of what was skipped.
    pub(crate) output: Option<Value>,
    pub(crate) reason: Option<Reason>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    Condition,
    /// One of these was skipped.
    With(Vec<String>),
    Said(&'static str),
}

impl Reason {
    pub(crate) fn is(&self, said: &str) -> bool {
        match self {
            Self::Condition => said == "its condition does not hold",
            Self::With(names) => names.iter().any(|name| said == format!("`{name}` was skipped")),
            Self::Said(reason) => said == *reason,
        }
    }
}

/// What a step has given.
enum Gave {
    Skipped,
    One(Seen),
    Items(Vec<Option<Seen>>),
}

struct Telling<'a> {
    graph: &'a Graph,
    input: Seen,
    gave: Vec<Gave>,
    story: Story,
}

/// What must become of a run with the input of this number.
pub(crate) fn tell(graph: &Graph, number: u64) -> Story {
    let story = Story { steps: BTreeMap::new(), acts: Vec::new(), output: Vec::new() };
    let mut told = Telling { graph, input: made(graph.input, number), gave: Vec::new(), story };
    for step in &graph.steps {
        let (gave, ended) = told.step(step);
        told.gave.push(gave);
        told.story.steps.insert(step.name.clone(), ended);
    }
    for leaf in graph.leaves() {
        let step = &graph.steps[leaf];
        let mut output = told.form(leaf, step.may_be_skipped());
        if step.has_gaps() {
            nulls(&mut output);
        }
        told.story.output.push((step.name.clone(), output));
    }
    told.story.acts.sort();
    told.story
}

/// "Items that were skipped are null there": in the output of a run, an item that gave null is told like one that was skipped.
fn nulls(output: &mut Seen) {
    match output {
        Seen::There(list) => nulls(list),
        Seen::List(items) => {
            for item in items.iter_mut().filter(|item| item.json().is_null()) {
                *item = Seen::Missing;
            }
        }
        _ => {}
    }
}

fn made(kind: Kind, number: u64) -> Seen {
    match kind {
        Kind::Number => u64::made(number).told(),
        Kind::Maybe => Option::<u64>::made(number).told(),
        Kind::Unit => Seen::Unit,
        Kind::List => Vec::<u64>::made(number).told(),
        Kind::Parcel => Parcel::made(number).told(),
    }
}

fn skipped(reason: Reason, attempts: u16) -> Ended {
    Ended { status: "skipped", attempts, items: None, output: None, reason: Some(reason) }
}

impl Telling<'_> {
    fn step(&mut self, step: &Step) -> (Gave, Ended) {
        let is_skipped = |edge: &&Edge| edge.with && matches!(self.gave[edge.to], Gave::Skipped);
        let with = step.edges.iter().filter(is_skipped).map(|edge| self.graph.steps[edge.to].name.clone());
        let with: Vec<String> = with.collect();
        if !with.is_empty() {
            return (Gave::Skipped, skipped(Reason::With(with), 0));
        }
        if let Some(when) = &step.when {
            let mut told: Vec<Seen> = when.input.then(|| self.input.clone()).into_iter().collect();
            told.extend(when.edges.iter().map(|&at| self.given(&step.edges[at])));
            if !holds(&self.graph.key(step), &told) {
                return (Gave::Skipped, skipped(Reason::Condition, 0));
            }
        }
        let Some(items) = self.items(step) else {
            let (one, attempts, why) = self.unit(step, None);
            let output = one.as_ref().map(Seen::json);
            return match one {
                Some(one) => {
                    (Gave::One(one), Ended { status: "completed", attempts, items: None, output, reason: None })
                }
                None => (Gave::Skipped, skipped(Reason::Said(why), attempts)),
            };
        };
        let units: Vec<_> = (0..).zip(&items).map(|(at, item)| self.unit(step, Some((at, item)))).collect();
        let attempts = units.iter().map(|(_, attempts, _)| *attempts).max().unwrap_or(0);
        let outputs: Vec<Option<Seen>> = units.into_iter().map(|(output, ..)| output).collect();
        let json = outputs.iter().map(|output| output.as_ref().map_or(Value::Null, Seen::json)).collect();
        let items = Some(items.len());
        (Gave::Items(outputs), Ended { status: "completed", attempts, items, output: Some(json), reason: None })
    }

    /// Its output or none, how many attempts there were, and why there is none.
    fn unit(&mut self, step: &Step, item: Option<(u32, &Seen)>) -> (Option<Seen>, u16, &'static str) {
        let mut given: Vec<Seen> = step.takes_input.then(|| self.input.clone()).into_iter().collect();
        given.extend(item.map(|(_, item)| item.clone()));
        given.extend(step.edges.iter().filter(|edge| edge.value).map(|edge| self.given(edge)));
        let index = item.map(|(at, _)| at);
        for attempt in 1.. {
            self.story.acts.push(Act { step: step.name.clone(), index, attempt, given: given.clone() });
            match fate((&step.name, index), &given, step.on_exhausted, step.skippable, attempt) {
                Fate::Done(number) => return (Some(made(step.kind, number)), attempt, ""),
                Fate::Skips => return (None, attempt, NO_NEED),
                Fate::Fails if attempt < step.max_attempts => {}
                Fate::Fails | Fate::FailsForGood => return (None, attempt, TIRED),
            }
        }
        unreachable!("the last attempt is the last one")
    }

    /// What a step is given by a dependency.
    fn given(&self, edge: &Edge) -> Seen {
        self.form(edge.to, self.graph.may_miss(edge))
    }

    fn form(&self, step: usize, may_be_missing: bool) -> Seen {
        let there = match &self.gave[step] {
            Gave::Skipped => {
                assert!(may_be_missing, "what is a plain `T` when this is compiled is there when it runs");
                return Seen::Missing;
            }
            Gave::One(one) => one.clone(),
            Gave::Items(items) if self.graph.steps[step].has_gaps() => {
                let gap = |item: &Option<Seen>| item.clone().map_or(Seen::Missing, |item| Seen::There(Box::new(item)));
                Seen::List(items.iter().map(gap).collect())
            }
            Gave::Items(items) => {
                Seen::List(items.iter().map(|item| item.clone().expect("no item is skipped")).collect())
            }
        };
        if may_be_missing { Seen::There(Box::new(there)) } else { there }
    }

    /// What a map step maps over.
    fn items(&self, step: &Step) -> Option<Vec<Seen>> {
        let map = step.map?;
        let source = match map.from {
            From::Input => self.input.clone(),
            From::Step(from) => self.form(from, false),
        };
        let numbers = |list: &[u64]| list.iter().map(|number| Seen::Number(*number)).collect();
        Some(match (source, map.field) {
            (Seen::List(items), "") => items,
            (Seen::Parcel(_, list, _), ".list") => numbers(&list),
            (Seen::Parcel(_, _, deep), ".deep.list") => numbers(&deep),
            (source, field) => panic!("there is no list at `{field}` of {source:?}"),
        })
    }
}
