//! What holds for every graph.

use pgflow_graph::{Graph, Node, Rule};
use proptest::prelude::*;
use proptest::sample::Index;

fn name(step: usize) -> String {
    format!("step_{step}")
}

/// A graph without cycles, in an order of its own: edges lead from a step to others of a smaller rank.
fn acyclic() -> impl Strategy<Value = Vec<Node>> {
    (1_usize..24)
        .prop_flat_map(|steps| {
            let edges = prop::collection::vec(any::<u32>(), steps);
            (Just(steps), edges, Just((0..steps).collect::<Vec<_>>()).prop_shuffle())
        })
        .prop_map(|(steps, edges, rank)| {
            (0..steps)
                .map(|step| {
                    let depends_on: Vec<String> = (0..steps)
                        .filter(|&to| rank[to] < rank[step] && edges[step] >> to & 1 == 1)
                        .map(name)
                        .collect();
                    Node::new(name(step), depends_on.iter().map(String::as_str))
                })
                .collect()
        })
}

fn waits_for(nodes: &[Node], from: &str, to: &str) -> bool {
    nodes.iter().any(|node| node.name == from && node.depends_on.iter().any(|name| name == to))
}

/// The steps that `step` waits for, at whatever distance.
fn ancestors(graph: &Graph, step: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open = graph.dependencies(step).to_vec();
    while let Some(next) = open.pop() {
        if !found.contains(&next) {
            found.push(next);
            open.extend(graph.dependencies(next));
        }
    }
    found
}

proptest! {
    #[test]
    fn a_graph_without_cycles_has_no_problem(nodes in acyclic()) {
        prop_assert!(Graph::check("w", nodes).is_ok());
    }

    #[test]
    fn levels_hold_each_step_once_and_after_what_it_waits_for(nodes in acyclic()) {
        let graph = Graph::check("w", nodes.clone()).expect("no cycles");
        let mut level = vec![usize::MAX; nodes.len()];
        for (at, steps) in graph.levels().iter().enumerate() {
            for &step in steps {
                prop_assert_eq!(level[step], usize::MAX, "in two levels");
                level[step] = at;
            }
        }
        for step in 0..nodes.len() {
            let needed = graph.dependencies(step).iter().map(|&to| level[to] + 1).max().unwrap_or(0);
            prop_assert_eq!(level[step], needed);
        }
    }

    #[test]
    fn leaves_are_the_steps_on_which_none_depends(nodes in acyclic()) {
        let graph = Graph::check("w", nodes.clone()).expect("no cycles");
        for (step, node) in nodes.iter().enumerate() {
            let depended_on = nodes.iter().any(|other| waits_for(&nodes, &other.name, &node.name));
            prop_assert_eq!(graph.leaves().contains(&step), !depended_on);
        }
    }

    #[test]
    fn an_edge_back_gives_cycles_whose_paths_are_real(nodes in acyclic(), pick in any::<Index>(), back in any::<Index>()) {
        let graph = Graph::check("w", nodes.clone()).expect("no cycles");
        let with_ancestors: Vec<usize> = (0..nodes.len()).filter(|&step| !graph.dependencies(step).is_empty()).collect();
        prop_assume!(!with_ancestors.is_empty());
        let step = *pick.get(&with_ancestors);
        let ancestors = ancestors(&graph, step);
        let mut nodes = nodes;
        nodes[*back.get(&ancestors)].depends_on.push(name(step));

        let problems = Graph::check("w", nodes.clone()).expect_err("there is a cycle now");
        let (back, again) = (name(step), Graph::check("w", nodes.clone()).expect_err("there is a cycle now"));
        prop_assert_eq!(&problems, &again, "the answer is the same each time");
        for problem in &problems {
            let Rule::Cycle { path, .. } = &problem.rule else { return Err(TestCaseError::fail(problem.to_string())) };
            for (from, to) in path.iter().zip(path.iter().cycle().skip(1)) {
                prop_assert!(waits_for(&nodes, from, to), "{} does not wait for {}", from, to);
            }
            prop_assert!(path.contains(&back), "each cycle goes over the edge back");
            prop_assert_eq!(path.last(), Some(&problem.name));
        }
        // Without the dependencies that are pointed at, no cycle is left.
        for problem in problems.iter().rev() {
            nodes[problem.step].depends_on.remove(problem.edge.expect("a cycle has an edge"));
        }
        prop_assert!(Graph::check("w", nodes).is_ok());
    }

    #[test]
    fn no_names_make_it_panic(nodes in prop::collection::vec(("\\PC{0,4}", prop::collection::vec("[a-c]{0,2}", 0..4)), 0..6)) {
        let nodes = nodes.into_iter().map(|(name, depends_on)| Node { depends_on, ..Node::new(name, []) }).collect();
        if let Err(problems) = Graph::check("w", nodes) {
            for problem in problems {
                prop_assert!(!problem.to_string().is_empty());
            }
        }
    }
}
