//! How the runs stand, as text, to be compared with what the database and the board say.

use std::fmt::Write as _;

use serde_json::Value;

use super::Model;
use super::run::{Kind, Place, Run};

impl Model {
    /// How the database ought to describe each run.
    pub(crate) fn recorded(&self) -> Vec<String> {
        self.runs.iter().map(Run::recorded).collect()
    }

    /// What ought to be under way: (run, unit, what it is handed).
    pub(crate) fn under_way(&self) -> Vec<(usize, super::Unit, String)> {
        let of_run = |(number, run): (usize, &Run)| -> Vec<_> {
            run.running.iter().map(|unit| (number, *unit, run.seen(*unit).to_string())).collect()
        };
        self.runs.iter().enumerate().flat_map(of_run).collect()
    }
}

impl Run {
    fn recorded(&self) -> String {
        let mut text = format!("{}\n", self.place_text());
        for ((step, index), outcome) in &self.outcomes {
            let (kind, output) = match &outcome.kind {
                Kind::Completed(output) => ("c", jsonb(output)),
                Kind::Failed => ("f", "-".to_owned()),
                Kind::Skipped => ("s", "-".to_owned()),
            };
            let _ = writeln!(text, "outcome {step} {index} {kind} {} {output}", outcome.attempts);
        }
        for ((step, index, number), tried) in &self.tried {
            let (due, resumed) = (if tried.due { "due" } else { "later" }, if tried.resumed { " resumed" } else { "" });
            let _ = writeln!(text, "tried {step} {index} {number} {due}{resumed}");
        }
        for (step, items) in &self.maps {
            let _ = writeln!(text, "map {step} {items}");
        }
        for step in 0..self.shape.steps.len() {
            let _ = writeln!(text, "step {step} {}", self.step_text(step));
        }
        text
    }

    /// How many items of map steps were skipped.
    pub(crate) fn skipped_items(&self) -> usize {
        self.outcomes.iter().filter(|(at, outcome)| at.1 >= 0 && outcome.kind == Kind::Skipped).count()
    }

    fn place_text(&self) -> String {
        match self.place {
            Place::Completed => format!("completed {}", self.result()),
            Place::Failed => {
                let failed = self.outcomes.iter().find(|(_, outcome)| outcome.kind == Kind::Failed);
                format!("failed s{}", failed.map_or(0, |(at, _)| at.0))
            }
            place => format!("{place:?}").to_lowercase(),
        }
    }

    /// The output of the run.
    fn result(&self) -> String {
        let leaves: Vec<usize> = (0..self.shape.steps.len()).filter(|step| self.shape.is_leaf(*step)).collect();
        if let [leaf] = leaves[..] {
            return if self.is_skipped(leaf) { "-".to_owned() } else { jsonb(&self.output_of(leaf)) };
        }
        let given = leaves.into_iter().filter(|leaf| !self.is_skipped(*leaf));
        jsonb(&given.map(|leaf| (format!("s{leaf}"), self.output_of(leaf))).collect())
    }

    pub(crate) fn step_text(&self, step: usize) -> &'static str {
        let failed = |((other, _), outcome): (&(usize, i32), &super::run::Outcome)| {
            *other == step && outcome.kind == Kind::Failed
        };
        if self.outcomes.iter().any(failed) {
            "failed"
        } else if self.is_skipped(step) {
            "skipped"
        } else if self.is_settled(step) {
            "completed"
        } else if self.has_ended() {
            "cancelled"
        } else if self.shape.steps[step].after.iter().any(|(after, _)| !self.is_settled(*after)) {
            "blocked"
        } else {
            "open"
        }
    }
}

/// As Postgres prints it.
fn jsonb(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(jsonb).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("\"{key}\": {}", jsonb(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
