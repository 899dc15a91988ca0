//! Draws graphs: any edges, and all policies combined as the rules permit.

use super::shape::{Edge, From, Graph, Kind, Map, Place, Step, When};

/// The seed where nobody gives another.
pub(crate) const SEED: u64 = 20_261;
/// How many are drawn, without those that are made of the outside steps of another one.
pub(crate) const GRAPHS: u64 = 48;

const HOLDS: [&str; 4] = ["unix", "all()", "any(unix, windows)", "not(any())"];
const HOLDS_NOT: [&str; 3] = ["not(unix)", "any()", "all(unix, windows)"];

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or(0)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

pub(crate) fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// All workflows of a seed.
pub(crate) fn graphs(seed: u64) -> Vec<Graph> {
    let mut all = Vec::new();
    for number in 0..GRAPHS {
        let mut dice = Dice::new(mixed(seed) ^ number);
        let mut drawn = graph(format!("g{number}"), &mut dice);
        // A quarter, drawn or not: no seed is without them.
        if number % 4 == 0 {
            move_outside(&mut drawn, &mut dice);
            let again = again(&drawn, &mut dice);
            all.push(drawn);
            all.extend(again);
        } else {
            all.push(drawn);
        }
    }
    all
}

fn graph(name: String, dice: &mut Dice) -> Graph {
    let input = if dice.chance(60) { Kind::Parcel } else { Kind::List };
    let steps = 2 + dice.below(8);
    let mut graph =
        Graph { origin: name.clone(), name, input, steps: Vec::new(), order: Vec::new(), talks: dice.chance(25) };
    for number in 0..steps {
        let step = step(&graph, number, dice);
        graph.steps.push(step);
        let place = dice.below(number + 1);
        graph.order.insert(place, number);
    }
    graph
}

fn step(graph: &Graph, number: usize, dice: &mut Dice) -> Step {
    let mut edges: Vec<Edge> = Vec::new();
    for to in 0..number {
        if dice.chance(200 / (number + 2)) && edges.len() < 4 {
            edges.push(edge(to, dice.chance(75), true, dice));
        }
    }
    let map = dice.chance(45).then(|| map(graph, dice)).flatten();
    if let Some(Map { from: From::Step(from), .. }) = map {
        let listed = edges.iter().any(|edge| edge.to == from);
        if !listed {
            edges.push(edge(from, dice.chance(25), dice.chance(25), dice));
        }
    }
    for edge in &mut edges {
        let forced = map.is_some_and(|map| map.from == From::Step(edge.to));
        edge.with = graph.steps[edge.to].may_be_skipped() && (forced || dice.chance(35));
    }
    if dice.chance(30) {
        edges.reverse();
    }
    let when = dice.chance(25).then(|| {
        let looked_at = (0..edges.len()).filter(|_| dice.chance(50)).collect();
        When { input: edges.is_empty() || dice.chance(50), edges: looked_at, typed: dice.chance(50) }
    });
    let on_exhausted = dice.chance(25);
    let cfg = dice.chance(8).then(|| dice.pick(&HOLDS));
    Step {
        name: format!("s{number}"),
        function: format!("s{number}"),
        place: Place::Own,
        cfg,
        decoy: dice.chance(8).then(|| dice.pick(&HOLDS_NOT)),
        takes_input: if edges.is_empty() { dice.chance(85) } else { dice.chance(25) },
        edges,
        map,
        when,
        on_exhausted,
        max_attempts: if on_exhausted && dice.chance(30) { 2 } else { 1 },
        skippable: dice.chance(25),
        delayed: dice.chance(8),
        kind: dice.pick(&[
            Kind::Number,
            Kind::Number,
            Kind::Number,
            Kind::List,
            Kind::List,
            Kind::List,
            Kind::Parcel,
            Kind::Maybe,
            Kind::Unit,
        ]),
        backwards: dice.chance(30),
    }
}

fn edge(to: usize, value: bool, listed: bool, dice: &mut Dice) -> Edge {
    Edge { to, value, with: false, listed, by_path: dice.chance(50), renamed: dice.chance(25) }
}

/// Over the input, over a plain step that gives a list, or over a map step without gaps.
fn map(graph: &Graph, dice: &mut Dice) -> Option<Map> {
    const FIELDS: [&str; 2] = [".list", ".deep.list"];
    let field = |kind, dice: &mut Dice| match kind {
        Kind::List => Some(""),
        Kind::Parcel => Some(dice.pick(&FIELDS)),
        _ => None,
    };
    let mut found = Vec::new();
    for (from, step) in graph.steps.iter().enumerate() {
        let field = if step.map.is_some() { (!step.has_gaps()).then_some("") } else { field(step.kind, dice) };
        found.extend(field.map(|field| Map { from: From::Step(from), field }));
    }
    if found.is_empty() || dice.chance(30) {
        return field(graph.input, dice).map(|field| Map { from: From::Input, field });
    }
    Some(dice.pick(&found))
}

/// Moves some steps, and what they depend on, to modules outside; some get another name in the workflow.
fn move_outside(graph: &mut Graph, dice: &mut Dice) {
    let all = dice.chance(25);
    for number in (0..graph.steps.len()).rev() {
        let used = |other: &Step| other.place != Place::Own && other.edges.iter().any(|edge| edge.to == number);
        if all || number == 0 || graph.steps.iter().any(used) || dice.chance(35) {
            let module = dice.pick(&['a', 'b']);
            graph.steps[number].place = Place::Outside(module);
            graph.steps[number].decoy = None;
        }
    }
    let mut same = Vec::new();
    for number in 0..graph.steps.len() {
        let Place::Outside(module) = graph.steps[number].place else { continue };
        if !dice.chance(40) {
            continue;
        }
        // One of each module has the name of one of the other, if none depends on both.
        let both = |other: &usize| {
            let on = |step: &Step, to: usize| step.edges.iter().any(|edge| edge.to == to);
            graph.steps.iter().any(|step| on(step, *other) && on(step, number))
                || on(&graph.steps[number], *other)
                || graph.steps[*other].place == Place::Outside(module)
        };
        let function = if same.iter().any(both) { format!("o{number}") } else { "same".to_owned() };
        if function == "same" {
            same.push(number);
        }
        graph.steps[number].function = function;
    }
}

/// Another workflow of the outside steps alone, some by yet another name.
fn again(graph: &Graph, dice: &mut Dice) -> Option<Graph> {
    let places: Vec<usize> = (0..graph.steps.len()).filter(|&at| graph.steps[at].place != Place::Own).collect();
    if places.len() == graph.steps.len() {
        return None;
    }
    let new = |old: usize| places.iter().position(|&place| place == old).unwrap_or(usize::MAX);
    let mut again =
        Graph { name: format!("{}_again", graph.name), steps: Vec::new(), order: Vec::new(), ..graph.clone() };
    for &place in &places {
        let mut step = graph.steps[place].clone();
        for edge in &mut step.edges {
            edge.to = new(edge.to);
        }
        if let Some(Map { from: From::Step(from), .. }) = &mut step.map {
            *from = new(*from);
        }
        if step.function != step.name || dice.chance(40) {
            step.name = format!("t{place}");
        }
        again.order.push(again.steps.len());
        again.steps.push(step);
    }
    Some(again)
}
