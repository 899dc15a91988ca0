//! A workflow as text.

use std::fmt::Write as _;

use crate::definition::StepDefinition;
use crate::workflow::Workflow;

/// A workflow as text, for snapshots in tests: its steps, what each depends on and when it is skipped, and below them the JSON Schemas of
/// all payloads. It changes when the workflow's version does, and with descriptions; options are left out.
#[must_use]
pub fn snapshot<W: Workflow>() -> String {
    let definition = W::definition();
    let mut text = format!("workflow {}\n", definition.name);
    for step in &definition.steps {
        let _ = writeln!(text, "  {}", line(step));
    }
    let schema = serde_json::to_string_pretty(&crate::definition::sorted(&definition.schema())).unwrap_or_default();
    let _ = writeln!(text, "{schema}");
    text
}

fn line(step: &StepDefinition) -> String {
    let mut takes: Vec<&str> = step.depends_on.iter().filter(|edge| edge.value).map(|edge| &*edge.step).collect();
    if step.takes_input {
        takes.insert(0, "input");
    }
    let mut text = format!("{}({})", step.name, takes.join(", "));
    let waits: Vec<&str> = step.depends_on.iter().filter(|edge| !edge.value).map(|edge| &*edge.step).collect();
    if !waits.is_empty() {
        let _ = write!(text, " after {}", waits.join(", "));
    }
    if let Some(map) = &step.map {
        let source = std::iter::once(map.step.as_deref().unwrap_or("input")).chain(map.path.iter().map(String::as_str));
        let _ = write!(text, " for each of {}", source.collect::<Vec<_>>().join("."));
    }
    let skip = &step.skip;
    for (is, word) in [
        (skip.when, " under a condition"),
        (skip.on_exhausted, " or skipped when exhausted"),
        (skip.skippable, " or skipped by itself"),
        (step.on_failure, " when the run has failed"),
    ] {
        if is {
            text.push_str(word);
        }
    }
    if !skip.with.is_empty() {
        let _ = write!(text, " or skipped with {}", skip.with.join(", "));
    }
    text
}
