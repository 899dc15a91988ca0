//! What differs between two versions of a workflow, and what that means for the runs of the earlier one.

mod judge;
mod schema;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use crate::definition::{Definition, StepDefinition};
use judge::Judge;
use schema::same_schema;

/// A difference between two versions of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The step that it is about; none for the workflow as a whole.
    pub step: Option<String>,
    /// What differs.
    pub kind: ChangeKind,
    /// What it means for runs of the earlier version that are under way.
    pub verdict: Verdict,
    /// What exactly differs, one line each: fields of a payload, options, dependencies.
    pub details: Vec<String>,
    /// The contract that the step had in the earlier version; none for what is new, and for the workflow as a whole.
    pub contract: Option<String>,
}

/// What differs between two versions of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A step, or the workflow, is new.
    Added,
    /// A step, or the workflow, is gone.
    Removed,
    /// What a step, or the workflow, takes.
    Input,
    /// What a step, or the workflow, gives.
    Output,
    /// What a step depends on, or maps over.
    Dependencies,
    /// When a step is skipped.
    Skipping,
    /// Of which workflow a step is a run.
    Child,
    /// What signal a step waits for.
    Signal,
    /// What a step remembers that asks to be executed again.
    Repeat,
    /// Whether a step is executed when the run has failed.
    OnFailure,
    /// In which order the steps are declared: another version, in which nothing of a step differs.
    Order,
    /// From which outputs of earlier versions a step makes its own. No part of the version.
    Upcasts,
    /// When runs of the workflow are started by themselves. No part of the version.
    Schedule,
    /// How a step is run: attempts, times, queue. Of the workflow: its deadline. No part of the version.
    Options,
}

/// What a difference between two versions means for the runs of the earlier one that are under way: the larger, the more there is to do.
///
/// ```
/// use pgflow::Verdict;
///
/// assert!(Verdict::Safe < Verdict::NeedsUpcaster && Verdict::NeedsUpcaster < Verdict::MustDrain);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing has to be done: workers of the later version go on with these runs.
    Safe,
    /// Workers of the later version leave these runs alone; they would go on with them if the step had an up-caster for the outputs that
    /// are stored of it (`upcast` of `#[step]`).
    NeedsUpcaster,
    /// Workers of the later version leave these runs alone: workers of the earlier one have to stay until the runs have ended.
    MustDrain,
}

impl Definition {
    /// What differs from this version to a later one, the workflow as a whole first and then step by step.
    ///
    /// ```
    /// use pgflow::{ChangeKind, Result, Verdict, Workflow, step, workflow};
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
    /// assert_eq!((changes[0].kind, changes[0].verdict), (ChangeKind::Added, Verdict::Safe));
    /// assert_eq!(changes[0].advice(), "runs under way go on by the graph that they began with, without it");
    /// # }
    /// ```
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<Change> {
        Judge::new(self, later, &has_upcaster).changes()
    }

    /// Whether a program that has this version goes on with runs of `other` as they are: nothing that they are made of is missing, or
    /// differs. What it can carry over is not meant: [`carries_over`](Self::carries_over).
    #[must_use]
    pub fn goes_on_with(&self, other: &Self) -> bool {
        Judge::new(other, self, &|_, _| false).is_safe()
    }

    /// The step of this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepDefinition> {
        self.steps.iter().find(|step| step.name == name)
    }
}

/// Whether a step of a later version makes its output from what an earlier one has given.
fn has_upcaster(earlier: &StepDefinition, later: &StepDefinition) -> bool {
    later.upcasts.iter().any(|schema| same_schema(schema, &earlier.output))
}

/// What these changes mean together.
pub(crate) fn verdict<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Verdict {
    changes.into_iter().map(|change| change.verdict).max().unwrap_or(Verdict::Safe)
}

impl Change {
    /// Of the workflow as a whole: it is new, or gone.
    pub(crate) fn of_workflow(kind: ChangeKind, verdict: Verdict) -> Self {
        Self { step: None, kind, verdict, details: Vec::new(), contract: None }
    }
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
            ChangeKind::Child => " is a run of another workflow",
            ChangeKind::Signal => " waits for another signal",
            ChangeKind::Repeat => " remembers something else from one repetition to the next",
            ChangeKind::OnFailure => " is executed on another occasion",
            ChangeKind::Order => " declares its steps in another order",
            ChangeKind::Upcasts => " carries over other outputs of earlier versions",
            ChangeKind::Schedule => " has another schedule",
            ChangeKind::Options if self.step.is_none() => " has another deadline",
            ChangeKind::Options => " is run with other options",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Safe => "safe",
            Self::NeedsUpcaster => "needs an up-caster",
            Self::MustDrain => "must drain",
        })
    }
}
