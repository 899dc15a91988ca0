//! What differs between two versions of a workflow, and whether a program that has one goes on with the runs of the other.

use std::fmt;

use crate::definition::{Definition, StepDefinition};

/// A difference between two versions of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The step that it is about; none for the workflow as a whole.
    pub step: Option<String>,
    /// What differs.
    pub kind: ChangeKind,
    /// Whether a program that has only the later version leaves the runs of the earlier one alone for it.
    pub breaks: bool,
}

/// What differs between two versions of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A step is new.
    Added,
    /// A step is gone.
    Removed,
    /// What a step, or the workflow, takes.
    Input,
    /// What a step, or the workflow, gives.
    Output,
    /// What a step depends on, or maps over.
    Dependencies,
    /// When a step is skipped.
    Skipping,
    /// How a step is run: attempts, times, queue. No part of the version.
    Options,
}

impl Definition {
    /// What differs from this version to a later one, the workflow as a whole first and then step by step.
    ///
    /// ```
    /// use pgflow::{ChangeKind, Result, Workflow, step, workflow};
    ///
    /// mod old {
    ///     use super::*;
    ///     #[workflow]
    ///     pub mod greet {
    ///         use super::*;
    ///         #[step]
    ///         pub async fn hello(input: String) -> Result<String> {
    ///             Ok(format!("hello {input}"))
    ///         }
    ///     }
    /// }
    ///
    /// mod new {
    ///     use super::*;
    ///     #[workflow]
    ///     pub mod greet {
    ///         use super::*;
    ///         #[step]
    ///         pub async fn hello(input: String) -> Result<String> {
    ///             Ok(format!("hello {input}"))
    ///         }
    ///         #[step(depends_on = [hello])]
    ///         pub async fn bow(hello: String) -> Result<String> {
    ///             Ok(hello)
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() {
    /// let changes = old::greet::Workflow::definition().changes(&new::greet::Workflow::definition());
    /// assert_eq!(changes[0].step.as_deref(), Some("bow"));
    /// assert_eq!((changes[0].kind, changes[0].breaks), (ChangeKind::Added, false));
    /// # }
    /// ```
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut note = |step: Option<&str>, kind, breaks| {
            changes.push(Change { step: step.map(ToOwned::to_owned), kind, breaks });
        };
        if !self.takes_the_same(later) {
            note(None, ChangeKind::Input, true);
        }
        if !same_schema(&self.output, &later.output) {
            // What it gives is made of what its last steps give: those say whether it breaks anything.
            note(None, ChangeKind::Output, false);
        }
        for step in &self.steps {
            let name = Some(step.name.as_str());
            let Some(other) = later.step(&step.name) else {
                note(name, ChangeKind::Removed, true);
                continue;
            };
            if self.contract(step) != later.contract(other) {
                for kind in self.kinds(step, later, other) {
                    note(name, kind, true);
                }
            }
            if step.options != other.options {
                note(name, ChangeKind::Options, false);
            }
        }
        for step in later.steps.iter().filter(|step| self.step(&step.name).is_none()) {
            note(Some(&step.name), ChangeKind::Added, false);
        }
        changes
    }

    /// Whether a program that has this version goes on with runs of `other`: all that those are made of is in this one too, unchanged.
    #[must_use]
    pub fn goes_on_with(&self, other: &Self) -> bool {
        other.takes_the_same(self)
            && other
                .steps
                .iter()
                .all(|step| self.step(&step.name).is_some_and(|own| self.contract(own) == other.contract(step)))
    }

    fn takes_the_same(&self, other: &Self) -> bool {
        same_schema(&self.input, &other.input)
    }

    /// The step of this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepDefinition> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// In what the contracts of a step differ.
    fn kinds(&self, step: &StepDefinition, later: &Self, other: &StepDefinition) -> Vec<ChangeKind> {
        let mut kinds = Vec::new();
        if !same_schema(&step.output, &other.output) {
            kinds.push(ChangeKind::Output);
        }
        if step.skip != other.skip {
            kinds.push(ChangeKind::Skipping);
        }
        if step.depends_on != other.depends_on || step.map != other.map || step.takes_input != other.takes_input {
            kinds.push(ChangeKind::Dependencies);
        }
        let given =
            |definition: &Self, name: &str| definition.step(name).map(|step| (step.output.clone(), step.map.is_some()));
        let is_fed_otherwise =
            step.depends_on.iter().any(|edge| match (given(self, &edge.step), given(later, &edge.step)) {
                (Some((before, was_map)), Some((after, is_map))) => !same_schema(&before, &after) || was_map != is_map,
                _ => false,
            });
        if is_fed_otherwise || step.takes_input && !self.takes_the_same(later) {
            kinds.push(ChangeKind::Input);
        }
        if kinds.is_empty() {
            kinds.push(ChangeKind::Input);
        }
        kinds
    }
}

fn same_schema(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    crate::definition::without_descriptions(one) == crate::definition::without_descriptions(other)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "step `{step}`")?,
            None => f.write_str("the workflow")?,
        }
        f.write_str(match self.kind {
            ChangeKind::Added => " is new",
            ChangeKind::Removed => " is gone",
            ChangeKind::Input => " takes something else",
            ChangeKind::Output => " gives something else",
            ChangeKind::Dependencies => " depends on something else",
            ChangeKind::Skipping => " is skipped otherwise",
            ChangeKind::Options => " is run with other options",
        })
    }
}
