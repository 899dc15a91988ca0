//! What a change is called, and what is to be done about it.

use super::schema::{self, same_schema};
use super::{Change, ChangeKind, Verdict};
use crate::definition::{StepDefinition, StepOptions};
use crate::words;
pub(super) use crate::words::{schedule, time};

/// `timeout: 30s, now none`.
pub(super) fn now(what: &str, before: &str, after: &str) -> String {
    format!("{what}: {before}, now {after}")
}

pub(super) fn options(before: &StepOptions, after: &StepOptions) -> Vec<String> {
    let pairs = words::options(before).into_iter().zip(words::options(after));
    pairs.filter(|(one, other)| one != other).map(|((name, one), (_, other))| now(name, &one, &other)).collect()
}

/// Whether they carry over the same, in the same order.
pub(super) fn same_upcasts(before: &StepDefinition, after: &StepDefinition) -> bool {
    let pairs = || before.upcasts.iter().zip(&after.upcasts);
    before.upcasts.len() == after.upcasts.len() && pairs().all(|(one, other)| same_schema(one, other))
}

/// Whether they wait for the same signal.
pub(super) fn same_signal(before: &StepDefinition, after: &StepDefinition) -> bool {
    match (&before.signal, &after.signal) {
        (Some(one), Some(other)) => {
            one.name == other.name && one.optional == other.optional && same_schema(&one.payload, &other.payload)
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Whether they remember the same from one repetition to the next.
pub(super) fn same_state(before: &StepDefinition, after: &StepDefinition) -> bool {
    match (&before.repeat, &after.repeat) {
        (Some(one), Some(other)) => same_schema(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

pub(super) fn states(before: &StepDefinition, after: &StepDefinition) -> Vec<String> {
    let said = |step: &StepDefinition| words::repeat(step).unwrap_or_else(|| "is executed once".to_owned());
    match (&before.repeat, &after.repeat) {
        (Some(one), Some(other)) => schema::told(one, other),
        _ => vec![now("repetition", &said(before), &said(after))],
    }
}

pub(super) fn signals(before: &StepDefinition, after: &StepDefinition) -> Vec<String> {
    let said = |step: &StepDefinition| words::signal(step).unwrap_or_else(|| "waits for none".to_owned());
    if let (true, Some(one), Some(other)) = (said(before) == said(after), &before.signal, &after.signal) {
        return schema::told(&one.payload, &other.payload);
    }
    vec![now("signal", &said(before), &said(after))]
}

pub(super) fn skips(step: &StepDefinition) -> String {
    let conditions = words::conditions(step);
    if conditions.is_empty() { "never".to_owned() } else { conditions.join(", ") }
}

pub(super) fn dependencies(before: &StepDefinition, after: &StepDefinition) -> Vec<String> {
    let list = |names: Vec<&str>| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let source = |step: &StepDefinition| step.map.as_ref().map_or_else(|| "nothing".to_owned(), words::source);
    let told: Vec<String> = [
        ("takes", list(words::takes(before)), list(words::takes(after))),
        ("after", list(words::after(before)), list(words::after(after))),
        ("for each of", source(before), source(after)),
    ]
    .into_iter()
    .filter(|(_, one, other)| one != other)
    .map(|(what, one, other)| now(what, &one, &other))
    .collect();
    if told.is_empty() { vec!["they are declared in another order".to_owned()] } else { told }
}

impl Change {
    /// What it means for runs of the earlier version that are under way, and what to do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        use ChangeKind::{Added, Input, Options, Order, Output, Removed, Schedule, Upcasts};
        match (self.verdict, self.kind, self.step.is_some()) {
            (Verdict::NeedsUpcaster, Input, _) => "nothing has to be done here: what it takes has to be carried over",
            (Verdict::NeedsUpcaster, ..) => {
                "outputs that are stored are of the former type: carry them over (`upcast` of `#[step]`), or keep workers of the old program until runs under way have ended"
            }
            (Verdict::MustDrain, Removed, true) => {
                "runs under way are to execute it: keep workers of the old program until they have ended, or leave it in"
            }
            (Verdict::MustDrain, Removed, false) => {
                "nobody else executes its runs: keep workers of the old program until they have ended"
            }
            (Verdict::MustDrain, Input, false) => {
                "runs under way hold the former input: keep workers of the old program until they have ended"
            }
            (Verdict::MustDrain, Output, _) => {
                "more differs than what it gives, of itself, of those that take it, or of which steps are last: keep workers of the old program until runs under way have ended"
            }
            (Verdict::MustDrain, ..) => {
                "runs under way are to be executed as before: keep workers of the old program until they have ended"
            }
            (_, Added, true) => "runs under way go on by the graph that they began with, without it",
            (_, Added, false) => "nothing of it is under way",
            (_, Output, false) => {
                "made of what its last steps give; whoever reads outputs of earlier runs by the new type has to know"
            }
            (_, Output | Input, _) => "outputs that are stored are carried over by an up-caster",
            (_, Upcasts, _) => "what it carries over is judged where outputs differ",
            (_, Order, _) => "a new version, in which nothing of a step differs",
            (_, Schedule, _) => {
                "from now on, as soon as the new program is registered; times that have passed are not caught up with"
            }
            (_, Options, false) => "for runs that are started from now on",
            (_, Options, true) => "for runs under way too, as soon as workers of the new program have them",
            _ => "nothing has to be done",
        }
    }
}
