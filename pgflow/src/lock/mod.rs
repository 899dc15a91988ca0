//! The lock file: what the workflows of a program are, committed beside its code, so that a change of them is seen in the review and
//! judged before it is deployed.
//!
//! A test writes and checks it: [`testing::assert_locked`](crate::testing::assert_locked). This module is what that is made of, for
//! tools:
//!
//! ```
//! use pgflow::lock::Lock;
//! use pgflow::{Result, Verdict, Workflow, step, workflow};
//!
//! # mod old {
//! # use super::*;
//! #[workflow]
//! pub mod order {
//!     use super::*;
//!     #[step]
//!     pub async fn reserve(input: u32) -> Result<u32> {
//!         Ok(input)
//!     }
//! }
//! # }
//! # mod new {
//! #     use super::*;
//! #     #[workflow]
//! #     pub mod order {
//! #         use super::*;
//! #         #[step]
//! #         pub async fn reserve(input: u32) -> Result<String> {
//! #             Ok(input.to_string())
//! #         }
//! #     }
//! # }
//!
//! # fn main() -> std::result::Result<(), pgflow::lock::LockError> {
//! let committed = Lock::of([old::order::Workflow::definition()]).to_string();
//!
//! // `reserve` gives a `String` now.
//! let report = committed.parse::<Lock>()?.check(&Lock::of([new::order::Workflow::definition()]));
//! assert_eq!(report.verdict(), Verdict::NeedsUpcaster);
//! assert_eq!(report.differences[1].change.to_string(), "step `reserve` gives something else");
//! assert_eq!(report.differences[1].change.details[0], "it was integer, and is string now");
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod error;
mod print;
mod report;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::str::FromStr;

use crate::compare::{Change, ChangeKind, Verdict, verdict};
use crate::definition::{Definition, sorted, without_descriptions};

pub use error::LockError;
#[cfg(feature = "postgres")]
pub(crate) use report::tell;
pub use report::{Difference, Report};

/// What the workflows of a program are: their graphs, contracts, schemas and options, without descriptions.
///
/// Its [`Display`](fmt::Display) form is the lock file, and [`FromStr`] reads that.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// By name, and by hash where a program has several versions of one.
    workflows: Vec<Definition>,
}

impl Lock {
    /// That of these workflows. A program may have several versions of one, for workers of their own.
    #[must_use]
    pub fn of(definitions: impl IntoIterator<Item = Definition>) -> Self {
        let mut workflows: Vec<Definition> = definitions.into_iter().map(bare).collect();
        workflows.sort_by_cached_key(|workflow| (workflow.name.clone(), workflow.hash()));
        workflows.dedup();
        Self { workflows }
    }

    /// The workflows, by name.
    #[must_use]
    pub fn workflows(&self) -> &[Definition] {
        &self.workflows
    }

    /// What differs from this lock to a later one, and what that means for runs that a program of this lock has started.
    #[must_use]
    pub fn check(&self, later: &Self) -> Report {
        let mut differences = Vec::new();
        let mut note = |workflow: &Definition, changes: Vec<Change>| {
            let workflow = &workflow.name;
            differences.extend(changes.into_iter().map(|change| Difference { workflow: workflow.clone(), change }));
        };
        let mut met = Vec::new();
        for workflow in &self.workflows {
            match later.nearest(workflow) {
                Some((nearest, changes)) => {
                    met.push(nearest);
                    note(workflow, changes);
                }
                None => note(workflow, vec![Change::of_workflow(ChangeKind::Removed, Verdict::MustDrain)]),
            }
        }
        for (number, workflow) in later.workflows.iter().enumerate() {
            if !met.contains(&number) && !self.workflows.contains(workflow) {
                note(workflow, vec![Change::of_workflow(ChangeKind::Added, Verdict::Safe)]);
            }
        }
        differences.sort_by(|one, other| one.workflow.cmp(&other.workflow));
        Report { differences }
    }

    /// The version here that a run of this one would be gone on with, or would have to be: with the least to do, and then the fewest
    /// changes.
    pub(crate) fn nearest(&self, earlier: &Definition) -> Option<(usize, Vec<Change>)> {
        let same = self.workflows.iter().enumerate().filter(|(_, workflow)| workflow.name == earlier.name);
        let judged = same.map(|(number, workflow)| (number, earlier.changes(workflow)));
        judged.min_by_key(|(_, changes)| (verdict(changes), changes.len()))
    }
}

/// A definition without what is no part of the lock: descriptions, and the schemas of items, which follow from those of their lists.
fn bare(mut definition: Definition) -> Definition {
    definition.description = None;
    definition.input = sorted(&without_descriptions(&definition.input));
    definition.output = sorted(&without_descriptions(&definition.output));
    for step in &mut definition.steps {
        step.description = None;
        step.item = None;
        step.output = sorted(&without_descriptions(&step.output));
        for schema in &mut step.upcasts {
            *schema = sorted(&without_descriptions(schema));
        }
    }
    definition
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::write(&self.workflows))
    }
}

impl FromStr for Lock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, LockError> {
        text::read(text).map(Self::of)
    }
}
