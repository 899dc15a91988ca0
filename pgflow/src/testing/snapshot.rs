//! A workflow as text.

use std::fmt::Write as _;

use crate::definition::StepDefinition;
use crate::words;
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
    let mut text = format!("{}({})", step.name, words::takes(step).join(", "));
    // The source of a map step stands among what it waits for.
    let waits: Vec<&str> = step.depends_on.iter().filter(|edge| !edge.value).map(|edge| &*edge.step).collect();
    if !waits.is_empty() {
        let _ = write!(text, " after {}", waits.join(", "));
    }
    if let Some(map) = &step.map {
        let _ = write!(text, " for each of {}", words::source(map));
    }
    for words in words::conditions(step) {
        let _ = write!(text, "{}{words}", if words.starts_with("skipped") { " or " } else { " " });
    }
    for words in words::child(step).into_iter().chain(words::signal(step)).chain(words::repeat(step)) {
        let _ = write!(text, ", {words}");
    }
    if step.on_failure {
        text.push_str(" when the run has failed");
    }
    text
}
