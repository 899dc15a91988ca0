//! A workflow's graph as a picture: as text, for Mermaid, and for Graphviz.

mod dot;
mod mermaid;
#[cfg(test)]
mod tests;
mod text;

use pgflow_graph::{Graph, Node};

use crate::definition::{Definition, MapSource, StepDefinition, StepOptions};
use crate::words;

/// A workflow's graph, ready to be drawn: [`Definition::draw`].
#[derive(Clone, Debug)]
pub struct Drawing<'a> {
    definition: &'a Definition,
    /// The steps by level, without the one for failures.
    levels: Vec<Vec<usize>>,
}

/// The name, and when runs are started by themselves.
fn title(definition: &Definition) -> String {
    match &definition.schedule {
        None => definition.name.clone(),
        schedule => format!("{}, at {}", definition.name, words::schedule(schedule.as_ref())),
    }
}

impl Definition {
    /// The graph, to be drawn: [`text`](Drawing::text), [`mermaid`](Drawing::mermaid), [`dot`](Drawing::dot).
    ///
    /// A definition that was made by hand and breaks a rule of the graph has one level only.
    ///
    /// ```
    /// use pgflow::{Result, Workflow, step, workflow};
    ///
    /// /// Sends an order.
    /// #[workflow]
    /// mod order {
    ///     use super::*;
    ///
    ///     #[step]
    ///     pub async fn reserve(input: Vec<u32>) -> Result<Vec<u32>> {
    ///         Ok(input)
    ///     }
    ///
    ///     #[step(depends_on = [reserve], queue = "payments")]
    ///     pub async fn charge(reserve: Vec<u32>) -> Result<u32> {
    ///         Ok(reserve.iter().sum())
    ///     }
    ///
    ///     #[step(map = reserve)]
    ///     pub async fn pack(item: u32) -> Result<u32> {
    ///         Ok(item)
    ///     }
    ///
    ///     #[step(depends_on = [pack, charge])]
    ///     pub async fn send(pack: Vec<u32>) -> Result<usize> {
    ///         Ok(pack.len())
    ///     }
    /// }
    ///
    /// # fn main() {
    /// assert_eq!(
    ///     order::Workflow::definition().draw().text(),
    ///     "\
    /// workflow order: Sends an order.
    ///
    ///  1  reserve  takes input
    ///  2  charge   takes reserve; queue payments
    ///     pack     for each of reserve
    ///  3  send     takes pack; after charge
    /// "
    /// );
    /// # }
    /// ```
    #[must_use]
    pub fn draw(&self) -> Drawing<'_> {
        let steps: Vec<usize> = (0..self.steps.len()).filter(|&number| !self.steps[number].on_failure).collect();
        let node = |&number: &usize| {
            let step = &self.steps[number];
            Node::new(step.name.as_str(), step.depends_on.iter().map(|edge| edge.step.as_str()))
        };
        let levels = match Graph::check(&self.name, steps.iter().map(node).collect()) {
            Ok(graph) => {
                let numbers = |level: Vec<usize>| level.into_iter().filter_map(|at| steps.get(at).copied()).collect();
                graph.levels().into_iter().map(numbers).collect()
            }
            Err(_) => vec![steps],
        };
        Drawing { definition: self, levels }
    }
}

/// What one step, or the input, gives to another.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// Its output.
    Value,
    /// The items of a list: of the output, or at this path in it.
    Items(Vec<String>),
    /// Nothing: it comes before.
    Order,
}

/// Where an arrow begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Input,
    Step(usize),
}

impl Drawing<'_> {
    /// The steps that are executed when the run has failed.
    fn hooks(&self) -> impl Iterator<Item = usize> {
        (0..self.definition.steps.len()).filter(|&number| self.definition.steps[number].on_failure)
    }

    /// All arrows, in the order of the steps that they lead to.
    fn arrows(&self) -> Vec<(From, usize, Line)> {
        let steps = &self.definition.steps;
        let mut arrows = Vec::new();
        for (to, step) in steps.iter().enumerate() {
            let items = |name: Option<&str>| {
                let from_there = |map: &&MapSource| map.count.is_none() && map.step.as_deref() == name;
                step.map.as_ref().filter(from_there).map(|map| Line::Items(map.path.clone()))
            };
            if let Some(line) = items(None).or_else(|| step.takes_input.then_some(Line::Value)) {
                arrows.push((From::Input, to, line));
            }
            for edge in &step.depends_on {
                let Some(from) = steps.iter().position(|other| other.name == edge.step) else { continue };
                let line = items(Some(&edge.step)).unwrap_or(if edge.value { Line::Value } else { Line::Order });
                arrows.push((From::Step(from), to, line));
            }
        }
        arrows
    }
}

impl Line {
    /// What an arrow is labelled with.
    fn label(&self) -> Option<String> {
        match self {
            Self::Items(path) if path.is_empty() => Some("each".to_owned()),
            Self::Items(path) => Some(format!("each of {}", path.join("."))),
            Self::Value | Self::Order => None,
        }
    }
}

/// What is said of a step apart from its arrows: conditions, and options that are not the default.
fn remarks(step: &StepDefinition) -> Vec<String> {
    let mut said = words::conditions(step);
    said.extend(words::child(step));
    said.extend(words::signal(step));
    said.extend(words::repeat(step));
    let defaults = words::options(&StepOptions::default());
    for ((name, value), (_, default)) in words::options(&step.options).into_iter().zip(defaults) {
        match name {
            _ if value == default => {}
            "attempts" if value == "1" => said.push("1 attempt".to_owned()),
            "attempts" => said.push(format!("{value} attempts")),
            // How long the waits are between attempts is no part of a picture.
            "backoff" | "longest backoff" => {}
            "repeats" => said.push(format!("{value} repeats")),
            _ => said.push(format!("{name} {value}")),
        }
    }
    said
}

/// The first line of a description, at most so many characters of it.
fn first_line(description: &str, most: usize) -> String {
    let line = description.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}
