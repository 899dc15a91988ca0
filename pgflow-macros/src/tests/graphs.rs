//! The graphs that the tests `graphs` draw, and each of them with one change that breaks a rule: that rule is named by `pgflow-graph`, and
//! the macro says the same.

#[path = "../../../tests/tests/graphs/draw.rs"]
#[allow(dead_code, reason = "others read more of it")]
mod draw;
#[path = "../../../tests/tests/graphs/shape.rs"]
#[allow(dead_code, reason = "others read more of it")]
mod shape;
#[path = "../../../tests/tests/graphs/write.rs"]
#[allow(dead_code, reason = "others read more of it")]
mod write;

use draw::{Dice, SEED, mixed};
use pgflow_graph::{Graph as Checked, Node, Problem, Rule, Skip, Source};
use shape::{Edge, From, Graph, Map, Place};

use super::{messages, workflow};

/// `PGFLOW_GRAPHS_SEED` draws others.
fn drawn() -> Vec<Graph> {
    let seed = std::env::var("PGFLOW_GRAPHS_SEED").map_or(SEED, |seed| seed.parse().expect("the seed is a number"));
    draw::graphs(seed)
}

/// As the rules see it, in the order of the source.
fn nodes(graph: &Graph) -> Vec<Node> {
    let name = |step: usize| graph.steps[step].name.clone();
    let nodes = graph.order.iter().map(|&at| &graph.steps[at]).map(|step| Node {
        name: step.name.clone(),
        depends_on: step.edges.iter().map(|edge| name(edge.to)).collect(),
        map: step.map.map(|map| match map.from {
            From::Input => Source::Input,
            From::Step(from) => Source::Step(name(from)),
        }),
        skip: Skip {
            when: step.when.is_some(),
            on_exhausted: step.on_exhausted,
            skippable: step.skippable,
            with: step.edges.iter().filter(|edge| edge.with).map(|edge| name(edge.to)).collect(),
        },
    });
    nodes.collect()
}

#[test]
fn what_was_drawn_keeps_all_rules_and_means_the_same_to_them() {
    for graph in drawn() {
        let nodes = nodes(&graph);
        let checked = Checked::check(&graph.name, nodes.clone()).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut leaves: Vec<usize> = checked.leaves().into_iter().map(|leaf| graph.order[leaf]).collect();
        leaves.sort_unstable();
        assert_eq!(leaves, graph.leaves());
        let node = |step: usize| graph.order.iter().position(|at| *at == step).map(|at| &nodes[at]).expect("it is one");
        for (number, step) in graph.steps.iter().enumerate() {
            let own = node(number);
            assert_eq!((own.may_be_skipped(), own.has_gaps()), (step.may_be_skipped(), step.has_gaps()));
            for edge in &step.edges {
                assert_eq!(own.may_miss(node(edge.to)), graph.may_miss(edge));
            }
        }
    }
}

/// The change, and the rule that it breaks at a step.
struct Broken {
    graph: Graph,
    step: usize,
    is: fn(&Rule) -> bool,
}

/// All single changes that break one rule.
fn breaks(graph: &Graph) -> Vec<Broken> {
    let mut all = Vec::new();
    for (number, step) in graph.steps.iter().enumerate() {
        let mut add = |is: fn(&Rule) -> bool, change: &mut dyn FnMut(&mut Graph)| {
            let mut graph = graph.clone();
            change(&mut graph);
            all.push(Broken { graph, step: number, is });
        };
        for (at, edge) in step.edges.iter().enumerate() {
            let to = &graph.steps[edge.to];
            let mapped = step.map.is_some_and(|map| map.from == From::Step(edge.to));
            if !to.may_be_skipped() {
                let is = |rule: &Rule| matches!(rule, Rule::SkipsWithCertain { .. });
                add(is, &mut |graph| graph.steps[number].edges[at].with = true);
            }
            if mapped && edge.with {
                let is = |rule: &Rule| matches!(rule, Rule::MapsOverSkipped { .. });
                add(is, &mut |graph| graph.steps[number].edges[at].with = false);
            }
            if mapped && to.map.is_some() {
                let is = |rule: &Rule| matches!(rule, Rule::MapsOverGaps { .. });
                add(is, &mut |graph| graph.steps[edge.to].skippable = true);
            }
            // What is mapped over may stand in `depends_on` as well.
            if edge.listed || !mapped {
                let is = |rule: &Rule| matches!(rule, Rule::Repeated { .. });
                add(is, &mut |graph| {
                    graph.steps[number].edges.push(Edge { with: false, value: false, listed: true, ..*edge })
                });
            }
        }
        let is = |rule: &Rule| matches!(rule, Rule::Itself);
        add(is, &mut |graph| graph.steps[number].edges.push(plain(number)));
        let is_free = |other: usize| step.edges.iter().all(|edge| edge.to != other);
        for (other, from) in graph.steps[..number].iter().enumerate().filter(|(other, _)| is_free(*other)) {
            let map = Some(Map { from: From::Step(other), field: "" });
            let mut over = |graph: &mut Graph| {
                graph.steps[number].map = map;
                graph.steps[number].edges.push(plain(other));
            };
            // A step that becomes a map has gaps in place of a skip: one change more, for whoever maps over it.
            let alone = step.map.is_some();
            if from.may_be_skipped() && !from.has_gaps() && alone {
                add(|rule| matches!(rule, Rule::MapsOverSkipped { .. }), &mut over);
            } else if from.has_gaps() && !from.may_be_skipped() && alone {
                add(|rule| matches!(rule, Rule::MapsOverGaps { .. }), &mut over);
            }
        }
    }
    all
}

fn plain(to: usize) -> Edge {
    Edge { to, value: false, with: false, listed: true, by_path: false, renamed: false }
}

fn problems(graph: &Graph) -> Vec<Problem> {
    Checked::check(&graph.name, nodes(graph)).err().unwrap_or_default()
}

/// What the macro says, if it knows all of the graph. Of what is compiled out it says nothing.
fn said(graph: &Graph) -> Option<Vec<String>> {
    let mut graph = graph.clone();
    for step in &mut graph.steps {
        (step.cfg, step.decoy) = (None, None);
    }
    let is_own = graph.steps.iter().all(|step| step.place == Place::Own);
    is_own.then(|| messages(workflow("", &write::own(&graph, None))))
}

#[test]
fn what_was_drawn_is_told_nothing() {
    for graph in drawn() {
        assert_eq!(said(&graph).unwrap_or_default(), [""; 0], "`{}`", graph.name);
    }
}

#[test]
fn a_graph_that_breaks_a_rule_is_refused_for_that_rule() {
    let mut met = [0; 4];
    for graph in drawn() {
        for (number, Broken { graph, step, is }) in breaks(&graph).into_iter().enumerate() {
            let found = problems(&graph);
            let named = found.iter().any(|problem| is(&problem.rule) && graph.order[problem.step] == step);
            assert!(named, "`{}` at `{}`: {found:#?}", graph.name, graph.steps[step].name);
            // The macro takes its time.
            if number % 4 == 0 {
                says_the_same(&graph, &found);
            }
            for problem in &found {
                met[match problem.rule {
                    Rule::SkipsWithCertain { .. } => 0,
                    Rule::MapsOverSkipped { .. } => 1,
                    Rule::MapsOverGaps { .. } => 2,
                    Rule::Repeated { .. } | Rule::Itself => 3,
                    _ => panic!("{problem:?}"),
                }] += 1;
            }
        }
    }
    assert!(met.iter().all(|count| *count > 20), "{met:?}");
}

/// The macro tells each problem, in its order, and nothing else. The workflow is called otherwise there.
fn says_the_same(graph: &Graph, problems: &[Problem]) {
    let Some(said) = said(graph) else { return };
    let told: Vec<String> =
        problems.iter().map(|problem| problem.message().replace(&format!("`{}`", graph.name), "`orders`")).collect();
    let same = said.len() == told.len() && said.iter().zip(&told).all(|(said, told)| said.starts_with(told));
    assert!(same, "`{}`: {said:#?} is said, and {told:#?} is told", graph.name);
}

/// A path that leads back: nothing else is wrong, so the cycle is told, whole and once.
#[test]
fn a_graph_with_a_way_back_is_refused_for_its_cycle() {
    let mut cycles = 0;
    for mut graph in drawn() {
        let mut dice = Dice::new(mixed(cycles));
        let edges: Vec<(usize, usize)> = (0..graph.steps.len())
            .flat_map(|step| graph.steps[step].edges.iter().map(move |edge| (step, edge.to)))
            .collect();
        if edges.is_empty() {
            continue;
        }
        let (after, before): (usize, usize) = dice.pick(&edges);
        graph.steps[before].edges.push(plain(after));
        let found = problems(&graph);
        let told = found.iter().any(|problem| match &problem.rule {
            Rule::Cycle { path, .. } => [after, before].iter().all(|step| path.contains(&graph.steps[*step].name)),
            _ => false,
        });
        assert!(told && found.iter().all(|problem| matches!(problem.rule, Rule::Cycle { .. })), "{found:#?}");
        says_the_same(&graph, &found);
        cycles += 1;
    }
    assert!(cycles > 20);
}
