//! Runs that are steps of others: what a parent knows of its children.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::encoded::Encoded;
use crate::step::RunId;

/// The workflow that a step starts a run of.
#[derive(Clone, Debug)]
pub(crate) struct PlanChild {
    pub(crate) workflow: Arc<str>,
    pub(crate) version: i32,
    pub(crate) deadline: Option<Duration>,
    /// Where its runs are executed; none for the queue of the parent.
    pub(crate) queue: Option<String>,
}

/// A child of a run.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    /// Which attempt of its unit has started it.
    pub(crate) number: u16,
    /// How it has ended; none while it has not.
    pub(crate) end: Option<ChildEnd>,
}

/// How a child has ended: with an output, or with what is said of it.
#[derive(Clone, Debug)]
pub(crate) enum ChildEnd {
    Completed(Encoded),
    Failed(String),
}

/// What the database tells of a child.
#[derive(Deserialize)]
struct Told {
    child: RunId,
    output: Option<Box<RawValue>>,
    error: Option<String>,
    step: Option<String>,
}

impl Child {
    /// From the payload of a row, the letter of its end, and the attempt that has started it.
    pub(crate) fn read(told: &Encoded, end: Option<u8>, number: i32) -> Option<Self> {
        let Told { child, output, error, step } = told.decode().ok()?;
        let is_without_reason = error.is_none();
        let error = error.unwrap_or_default();
        let end = end.map(|end| match (end, step) {
            // A last step that was skipped has given nothing.
            (b'c', _) => ChildEnd::Completed(output.map_or_else(|| Encoded::from("null"), Encoded::from)),
            (b'x', _) if is_without_reason => ChildEnd::Failed(format!("run {child} was cancelled")),
            (b'x', _) => ChildEnd::Failed(format!("run {child} was cancelled: {error}")),
            (_, Some(step)) => ChildEnd::Failed(format!("run {child} failed at step `{step}`: {error}")),
            (_, None) => ChildEnd::Failed(format!("run {child} failed: {error}")),
        });
        Some(Self { number: u16::try_from(number).unwrap_or(u16::MAX), end })
    }
}
