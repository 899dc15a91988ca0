//! Graphs of any shape, with all policies combined: drawn from a seed, written as Rust source, and compiled. What the compiler accepts is
//! what the documents demand, since the types stand there by their words; and what the engine then hands over is what the types say.
//!
//! `PGFLOW_GRAPHS_SEED=7` draws others; the workflows are in `graphs.rs` of the build script's folder.

mod cases;
#[allow(dead_code, reason = "what the build script alone reads")]
mod draw;
mod reference;
#[allow(dead_code, reason = "what the build script alone reads")]
mod shape;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use cases::Played;
use draw::{graphs, mixed};
use futures_util::StreamExt;
use pgflow_tests::TestDb;
use reference::{Reason, Story, tell};
use shape::Graph;
use values::{Seen, Stage};

/// What the build script wrote.
#[allow(clippy::all, reason = "it was written by a program")]
mod generated {
    #![deny(warnings)]

    use pgflow::{Result, Skippable, State, StepContext, step, workflow};

    use crate::cases::{Case, case};
    use crate::values::{Made, NO_NEED, Parcel, Stage, Told, holds};

    include!(concat!(env!("OUT_DIR"), "/graphs.rs"));
}

/// How many runs each workflow has.
const IN_MEMORY: u64 = 40;
const ON_POSTGRES: u64 = 5;

fn drawn() -> Vec<Graph> {
    graphs(env!("PGFLOW_GRAPHS_DRAWN").parse().expect("the seed is a number"))
}

fn graph_of<'a>(graphs: &'a [Graph], name: &str) -> &'a Graph {
    graphs.iter().find(|graph| graph.name == name).expect("what was written was drawn")
}

#[tokio::test]
async fn what_types_promise_is_kept_in_memory() {
    let graphs = drawn();
    let mut met = Met::default();
    for case in generated::cases() {
        let graph = graph_of(&graphs, case.name());
        for number in (0..IN_MEMORY).map(mixed) {
            let told = tell(graph, number);
            compare(graph, number, &told, case.in_memory(number).await);
            met.story(graph, &told);
        }
    }
    met.check();
}

#[tokio::test]
async fn what_types_promise_is_kept_on_postgres() {
    let graphs = drawn();
    let cases = generated::cases();
    let (db, stage) = (TestDb::new().await, Arc::new(Stage::default()));
    let builder = cases.iter().fold(db.worker(), |worker, case| worker.register(case.registration(&stage)));
    let worker = builder.start().await.unwrap();
    let client = db.client();
    // Others than in memory.
    let numbers = (0..ON_POSTGRES).map(|number| mixed(number ^ 1_000));
    let runs = numbers.flat_map(|number| cases.iter().map(move |case| (case, number)));
    let playing = runs.map(|(case, number)| {
        let (graphs, client, stage) = (&graphs, &client, &stage);
        async move {
            let graph = graph_of(graphs, case.name());
            let mut told = tell(graph, number);
            for step in told.steps.values_mut().filter(|step| step.items.is_some()) {
                // The list of steps does not tell what a map step gave.
                step.output = None;
            }
            compare(graph, number, &told, case.on_postgres(client, stage, number).await);
        }
    });
    futures_util::stream::iter(playing).buffer_unordered(16).collect::<Vec<()>>().await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

fn compare(graph: &Graph, number: u64, told: &Story, played: Played) {
    let Played { mut story, reasons } = played;
    for (name, ended) in &told.steps {
        let said = reasons.get(name);
        let fits = match &ended.reason {
            None => said.is_none(),
            Some(reason) => said.is_some_and(|said| reason.is(said)),
        };
        assert!(fits, "step `{name}` of `{}` with {number}: {said:?}, where {:?} is told", graph.name, ended.reason);
        if let Some(step) = story.steps.get_mut(name) {
            step.reason = ended.reason.clone();
        }
    }
    story.output.sort();
    let mut told = told.clone();
    told.output.sort();
    let what = format!("`{}` with {number}", graph.name);
    assert_eq!(told.output, story.output, "the output of {what}: it is told (left) otherwise than it was (right)");
    assert_eq!(told.steps, story.steps, "the steps of {what}: they are told (left) otherwise than they were (right)");
    assert_eq!(told.acts, story.acts, "what was given in {what}: it is told (left) otherwise than it was (right)");
}

/// How often things were met that are worth it.
#[derive(Debug, Default)]
struct Met(BTreeMap<&'static str, usize>);

const WORTH: [&str; 14] = [
    "a skip by a condition",
    "a skip by the function",
    "a skip in place of a failure",
    "a skip with another step",
    "a skip through three levels",
    "a map that is skipped with its parent",
    "a map over a map",
    "a map over no items",
    "a gap",
    "a list that is missing",
    "a list with gaps that may be missing",
    "a null that is no skip",
    "a plain value of a step that may be skipped",
    "a step outside that is skipped",
];

impl Met {
    fn add(&mut self, what: &'static str, is: bool) {
        assert!(WORTH.contains(&what));
        *self.0.entry(what).or_default() += usize::from(is);
    }

    fn story(&mut self, graph: &Graph, story: &Story) {
        let mut levels = Vec::new();
        for step in &graph.steps {
            let ended = &story.steps[&step.name];
            let with = matches!(ended.reason, Some(Reason::With(_)));
            let above = step.edges.iter().filter(|edge| edge.with).map(|edge| levels[edge.to]).max();
            levels.push(if with { above.unwrap_or(0) + 1 } else { usize::from(ended.reason.is_some()) });
            self.add("a skip by a condition", ended.reason == Some(Reason::Condition));
            self.add("a skip by the function", ended.reason == Some(Reason::Said(values::NO_NEED)));
            self.add("a skip in place of a failure", ended.reason == Some(Reason::Said(values::TIRED)));
            self.add("a skip with another step", with);
            self.add("a skip through three levels", levels.last() > Some(&2));
            self.add("a map that is skipped with its parent", with && step.map.is_some());
            self.add("a map over no items", ended.items == Some(0));
            self.add("a step outside that is skipped", step.place != shape::Place::Own && ended.status == "skipped");
            let over = step.map.and_then(|map| if let shape::From::Step(from) = map.from { Some(from) } else { None });
            let maps_map = over.is_some_and(|from| graph.steps[from].map.is_some());
            self.add("a map over a map", maps_map && ended.items > Some(0));
        }
        for act in &story.acts {
            let step = graph.steps.iter().find(|step| step.name == act.step).expect("it is a step");
            let own = usize::from(step.takes_input) + usize::from(step.map.is_some());
            let edges = step.edges.iter().filter(|edge| edge.value);
            for (edge, given) in edges.zip(&act.given[own..]) {
                let from = &graph.steps[edge.to];
                let (may_miss, list) = (graph.may_miss(edge), from.map.is_some());
                let holds_gap = |given: &Seen| matches!(given, Seen::List(items) if items.contains(&Seen::Missing));
                let null = |given: &Seen| matches!(given, Seen::There(there) if there.json().is_null());
                self.add("a gap", from.has_gaps() && holds_gap(given));
                self.add("a list that is missing", list && may_miss && *given == Seen::Missing);
                let there = matches!(given, Seen::There(there) if holds_gap(there));
                self.add("a list with gaps that may be missing", from.has_gaps() && may_miss && there);
                self.add("a null that is no skip", !list && may_miss && null(given));
                self.add("a plain value of a step that may be skipped", from.may_be_skipped() && !may_miss);
            }
        }
    }

    fn check(&self) {
        println!("{:#?}", self.0);
        let never: Vec<_> = WORTH.iter().filter(|what| self.0.get(**what).is_none_or(|count| *count == 0)).collect();
        assert!(never.is_empty(), "never met: {never:?}");
    }
}
