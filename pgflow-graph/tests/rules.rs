//! Each rule by an example, with its words.

use pgflow_graph::{Graph, MAX_NAME_BYTES, Node, Problem, Skip, Source, check_name};

fn problems(nodes: &[(&str, &[&str])]) -> Vec<Problem> {
    let nodes = nodes.iter().map(|(name, edges)| Node::new(*name, edges.iter().copied())).collect();
    Graph::check("ingest", nodes).expect_err("the graph breaks a rule")
}

fn texts(nodes: &[(&str, &[&str])]) -> Vec<String> {
    problems(nodes).iter().map(ToString::to_string).collect()
}

#[test]
fn a_cycle_is_told_with_its_path_from_the_step_that_comes_first() {
    assert_eq!(
        texts(&[("fetch", &["store"]), ("parse", &["fetch"]), ("store", &["parse"])]),
        [
            "workflow `ingest` has a dependency cycle (`fetch` needs `store`, which needs `parse`, which needs `fetch`; remove one of them)"
        ]
    );
    let problem = &problems(&[("fetch", &["store"]), ("parse", &["fetch"]), ("store", &["parse"])])[0];
    assert_eq!((problem.step, problem.edge), (1, Some(0)), "the dependency that closes the cycle");
}

#[test]
fn two_cycles_are_two_problems_and_what_hangs_on_them_is_none() {
    let found = texts(&[("a", &["b"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"]), ("e", &["a", "d"])]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn two_cycles_through_one_step_are_two_problems() {
    assert_eq!(texts(&[("a", &["b", "c"]), ("b", &["a"]), ("c", &["a"])]).len(), 2);
}

#[test]
fn a_step_that_depends_on_itself_is_no_cycle_besides() {
    assert_eq!(texts(&[("parse", &["parse"])]), ["step `parse` depends on itself"]);
}

#[test]
fn an_unknown_dependency_comes_with_a_guess_or_with_the_list() {
    assert_eq!(
        texts(&[("fetch_order", &[]), ("bill", &["fetch_ordr", "x"]), ("send", &[])]),
        [
            "workflow `ingest` has no step `fetch_ordr` (a step with a similar name exists: `fetch_order`)",
            "workflow `ingest` has no step `x` (its other steps are `fetch_order` and `send`)",
        ]
    );
}

#[test]
fn a_long_list_of_steps_is_cut() {
    let names: Vec<String> = (10..40).map(|n| format!("step_{n}")).collect();
    let mut nodes: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), [].as_slice())).collect();
    nodes.push(("last", &["other"]));
    assert!(texts(&nodes)[0].ends_with("`step_21` and 18 more)"), "{:?}", texts(&nodes));
}

#[test]
fn names_are_checked() {
    assert_eq!(
        texts(&[("input", &[]), ("naïve", &[]), ("a", &[]), ("a", &[]), ("b", &["a", "a"])]),
        [
            "a step cannot be named `input` (a parameter of this name takes the workflow's input; give the step another name)",
            "`naïve` cannot be the name of a step (a name is made of ASCII letters, digits and underscores, and does not begin with a digit)",
            "workflow `ingest` has two steps named `a`",
            "step `b` names its dependency `a` twice (once is enough)",
        ]
    );
    assert!(check_name(&"x".repeat(MAX_NAME_BYTES)).is_ok());
    assert!(check_name(&"x".repeat(MAX_NAME_BYTES + 1)).is_err());
    assert!(check_name("").is_err());
    assert!(check_name("1a").is_err());
    assert!(check_name("_1").is_ok());
}

#[test]
fn a_workflow_without_steps_is_refused() {
    assert_eq!(texts(&[]), ["workflow `ingest` has no steps"]);
}

#[test]
fn levels_and_leaves() {
    let nodes = [
        ("ship", &["charge", "pack"] as &[&str]),
        ("reserve", &[]),
        ("charge", &["reserve"]),
        ("pack", &["reserve"]),
        ("log", &[]),
    ];
    let graph =
        Graph::check("orders", nodes.iter().map(|(name, edges)| Node::new(*name, edges.iter().copied())).collect())
            .expect("the graph keeps all rules");
    assert_eq!(graph.levels(), [vec![1, 4], vec![2, 3], vec![0]]);
    assert_eq!(graph.leaves(), [0, 4]);
    assert_eq!(graph.order(), [1, 4, 2, 3, 0]);
    assert_eq!(graph.dependencies(0), [2, 3]);
}

/// `a` may be skipped, `maps` has gaps, `b` is certain.
fn with_skips(more: Node) -> Vec<String> {
    let skip = |skip| Node { skip, ..Node::new("a", []) };
    let nodes = vec![
        skip(Skip { when: true, ..Skip::default() }),
        Node::new("b", []),
        Node {
            map: Some(Source::Input),
            skip: Skip { on_exhausted: true, ..Skip::default() },
            ..Node::new("maps", [])
        },
        more,
    ];
    Graph::check("orders", nodes).err().into_iter().flatten().map(|problem| problem.to_string()).collect()
}

fn skips_with(depends_on: &[&str], with: &[&str]) -> Node {
    let with = with.iter().map(|&name| name.to_owned()).collect();
    Node { skip: Skip { with, ..Skip::default() }, ..Node::new("c", depends_on.iter().copied()) }
}

#[test]
fn a_step_is_skipped_with_dependencies_that_may_be_skipped() {
    assert_eq!(with_skips(skips_with(&["a", "b"], &["a"])), [""; 0]);
    assert_eq!(
        with_skips(skips_with(&["b"], &["a"])),
        ["step `c` is skipped with `a`, but does not depend on it (add `a` to `depends_on`)"]
    );
    assert_eq!(
        with_skips(skips_with(&["a", "maps"], &["mapps"])),
        [
            "step `c` is skipped with `mapps`, but does not depend on it (a dependency with a similar name exists: `maps`)"
        ]
    );
    assert_eq!(
        with_skips(skips_with(&["a"], &["a", "a"])),
        ["step `c` names `a` twice in `skip_with` (once is enough)"]
    );
    assert_eq!(
        with_skips(skips_with(&["b"], &["b"])),
        [
            "step `c` is skipped with `b`, which is never skipped (leave it out; a step may be skipped that has `when`, `on_exhausted = skip`, `skippable` or `skip_with`, and `b` has none)"
        ]
    );
    assert_eq!(
        with_skips(skips_with(&["maps"], &["maps"])),
        [
            "step `c` is skipped with `maps`, which is never skipped (single items of `maps` may be: they are `None` in the list that it gives)"
        ]
    );
}

#[test]
fn a_list_is_there_when_it_is_mapped_over() {
    let over = |source: &str, with: &[&str]| Node {
        map: Some(Source::Step(source.to_owned())),
        ..skips_with(&["a", "maps"], with)
    };
    assert_eq!(
        with_skips(over("a", &[])),
        ["step `c` maps over `a`, which may be skipped (let it be skipped too: `skip_with = [a]`)"]
    );
    assert_eq!(with_skips(over("a", &["a"])), [""; 0]);
    assert_eq!(
        with_skips(over("maps", &[])),
        [
            "step `c` maps over `maps`, whose items may be skipped (let a step between them keep what is there, and map over that)"
        ]
    );
}

#[test]
fn what_may_be_skipped() {
    let node = |map: bool, skip| Node { map: map.then_some(Source::Input), skip, ..Node::new("a", []) };
    let exhausted = || Skip { on_exhausted: true, ..Skip::default() };
    let decides = || Skip { skippable: true, ..Skip::default() };
    let when = || Skip { when: true, ..Skip::default() };
    for skip in [exhausted(), decides()] {
        assert!(node(false, skip.clone()).may_be_skipped() && !node(false, skip.clone()).has_gaps());
        assert!(!node(true, skip.clone()).may_be_skipped() && node(true, skip).has_gaps());
    }
    for map in [false, true] {
        assert!(node(map, when()).may_be_skipped() && !node(map, when()).has_gaps());
        assert!(!node(map, Skip::default()).may_be_skipped());
    }
    let consumer = skips_with(&["a"], &["a"]);
    assert!(consumer.may_be_skipped() && !consumer.may_miss(&node(false, when())));
    assert!(Node::new("d", ["a"]).may_miss(&node(false, when())));
}
