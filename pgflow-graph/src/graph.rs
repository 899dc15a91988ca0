//! The graph and its check: from names to indexes, or to problems in the order of the source.

use std::collections::HashMap;

use crate::cycle;
use crate::name::check_step_name;
use crate::problem::{Problem, Rule};
use crate::suggest::nearest;

/// A step as the rules see it: a name, the names of the steps that it waits for, and when it is skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The step's name.
    pub name: String,
    /// The names that it depends on, in the order of their declaration.
    pub depends_on: Vec<String>,
    /// For a map step, where its list comes from.
    pub map: Option<Source>,
    /// When it is skipped.
    pub skip: Skip,
}

/// Where the list of a map step comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The workflow's input.
    Input,
    /// The step of this name, which stands among the dependencies.
    Step(String),
}

/// When a step is skipped. By default, never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    /// Where its condition is false.
    pub when: bool,
    /// In place of a failure. Of a map step: the item.
    pub on_exhausted: bool,
    /// Where its function says so. Of a map step: the item.
    pub skippable: bool,
    /// Where one of these dependencies is skipped.
    pub with: Vec<String>,
}

/// A graph that keeps all rules: every dependency is a step, and there is no cycle.
///
/// Steps are spoken of by their index in the list that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    edges: Vec<Vec<usize>>,
}

impl Node {
    /// A step of this name that waits for these.
    pub fn new<'a>(name: impl Into<String>, depends_on: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            name: name.into(),
            depends_on: depends_on.into_iter().map(Into::into).collect(),
            map: None,
            skip: Skip::default(),
        }
    }

    /// Whether the step as a whole may be skipped.
    #[must_use]
    pub fn may_be_skipped(&self) -> bool {
        let Skip { when, on_exhausted, skippable, with } = &self.skip;
        *when || !with.is_empty() || self.map.is_none() && (*on_exhausted || *skippable)
    }

    /// Whether single items of the map step may be skipped: its outputs have gaps then.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.map.is_some() && (self.skip.on_exhausted || self.skip.skippable)
    }

    /// Whether the step is executed though this dependency was skipped: it then takes it as an `Option`.
    #[must_use]
    pub fn may_miss(&self, dependency: &Self) -> bool {
        dependency.may_be_skipped() && !self.skip.with.contains(&dependency.name)
    }
}

impl Graph {
    /// Checks the steps of `workflow` against every rule.
    ///
    /// # Errors
    /// All problems, in the order in which they stand in the source. Each mistake is reported once: an edge that is wrong in itself
    /// is left out of the search for cycles.
    pub fn check(workflow: &str, nodes: Vec<Node>) -> Result<Self, Vec<Problem>> {
        let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
        // Of steps with one name the first is meant, so that the others' dependants do not fail as well.
        let mut index: HashMap<&str, usize> = HashMap::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            index.entry(name).or_insert(at);
        }

        let mut problems = Vec::new();
        if nodes.is_empty() {
            problems.push(Problem::new(workflow, "", 0, None, Rule::Empty));
        }
        let mut edges: Vec<Vec<Option<usize>>> = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            let mut report = |edge, rule| problems.push(Problem::new(workflow, &node.name, at, edge, rule));
            if let Err(problem) = check_step_name(&node.name) {
                report(None, Rule::Name(problem));
            }
            let first = index[node.name.as_str()];
            if first != at {
                report(None, Rule::Duplicate { first });
            }
            edges.push(
                node.depends_on
                    .iter()
                    .enumerate()
                    .map(|(edge, name)| match edge_rule(at, edge, name, node, &names, &index) {
                        Ok(to) => Some(to),
                        Err(rule) => {
                            report(Some(edge), rule);
                            None
                        }
                    })
                    .collect(),
            );
            skip_rules(node, &nodes, &index, &mut report);
        }
        for cycle in cycle::find(&edges) {
            let path = cycle.path.iter().map(|&step| names[step].to_owned()).collect();
            problems.push(Problem::new(
                workflow,
                names[cycle.step],
                cycle.step,
                Some(cycle.edge),
                Rule::Cycle { steps: cycle.path, path },
            ));
        }
        problems.sort_by_key(|problem| (problem.step, problem.edge));

        if problems.is_empty() {
            Ok(Self { edges: edges.into_iter().map(|edges| edges.into_iter().flatten().collect()).collect() })
        } else {
            Err(problems)
        }
    }

    /// The steps that this one waits for.
    #[must_use]
    pub fn dependencies(&self, step: usize) -> &[usize] {
        self.edges.get(step).map_or(&[], Vec::as_slice)
    }

    /// The steps on which no other depends: their outputs make the run's output.
    #[must_use]
    pub fn leaves(&self) -> Vec<usize> {
        let mut leaf = vec![true; self.edges.len()];
        for &step in self.edges.iter().flatten() {
            leaf[step] = false;
        }
        (0..leaf.len()).filter(|&step| leaf[step]).collect()
    }

    /// The steps by level: those of the first wait for none, those of each further one wait for one of the level before it and for
    /// none after. Within a level they stand in the order of the source.
    #[must_use]
    pub fn levels(&self) -> Vec<Vec<usize>> {
        let mut waiting: Vec<usize> = self.edges.iter().map(Vec::len).collect();
        let mut dependants = vec![Vec::new(); self.edges.len()];
        for (step, edges) in self.edges.iter().enumerate() {
            for &to in edges {
                dependants[to].push(step);
            }
        }
        let mut levels = Vec::new();
        let mut level: Vec<usize> = (0..waiting.len()).filter(|&step| waiting[step] == 0).collect();
        while !level.is_empty() {
            let mut next = Vec::new();
            for &step in level.iter().flat_map(|&step| &dependants[step]) {
                waiting[step] -= 1;
                if waiting[step] == 0 {
                    next.push(step);
                }
            }
            next.sort_unstable();
            levels.push(std::mem::replace(&mut level, next));
        }
        levels
    }

    /// The steps in an order in which each comes after all that it waits for.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        self.levels().concat()
    }
}

/// Reports what is wrong with how a step is skipped, and with what it maps over.
fn skip_rules(node: &Node, nodes: &[Node], index: &HashMap<&str, usize>, report: &mut impl FnMut(Option<usize>, Rule)) {
    let edge_to = |name: &str| node.depends_on.iter().position(|dependency| dependency == name);
    let known = |name: &str| index.get(name).map(|&at| &nodes[at]);
    for (at, name) in node.skip.with.iter().enumerate() {
        let rule = match (edge_to(name), known(name)) {
            _ if node.skip.with[..at].contains(name) => Rule::SkipsTwice { at, name: name.clone() },
            (None, step) => {
                let dependencies = node.depends_on.iter().map(String::as_str);
                let similar = nearest(name, dependencies).map(ToOwned::to_owned);
                Rule::SkipsWithout { at, name: name.clone(), exists: step.is_some(), similar }
            }
            (Some(_), Some(dependency)) if !dependency.may_be_skipped() => {
                Rule::SkipsWithCertain { at, name: name.clone(), gaps: dependency.has_gaps() }
            }
            _ => continue,
        };
        report(edge_to(name), rule);
    }
    if let Some(Source::Step(name)) = &node.map
        && let Some(source) = known(name)
    {
        if node.may_miss(source) {
            report(edge_to(name), Rule::MapsOverSkipped { name: name.clone() });
        }
        if source.has_gaps() {
            report(edge_to(name), Rule::MapsOverGaps { name: name.clone() });
        }
    }
}

/// The index that an edge leads to, or the rule that the edge breaks by itself.
fn edge_rule(
    step: usize,
    edge: usize,
    name: &str,
    node: &Node,
    names: &[&str],
    index: &HashMap<&str, usize>,
) -> Result<usize, Rule> {
    if node.depends_on[..edge].iter().any(|earlier| earlier == name) {
        return Err(Rule::Repeated { name: name.to_owned() });
    }
    match index.get(name) {
        Some(&to) if to == step || name == node.name => Err(Rule::Itself),
        Some(&to) => Ok(to),
        None => Err(Rule::Unknown {
            name: name.to_owned(),
            similar: nearest(name, names.iter().copied().filter(|&other| other != node.name)).map(ToOwned::to_owned),
            steps: names.iter().filter(|&&other| other != node.name).map(|&other| other.to_owned()).collect(),
        }),
    }
}
