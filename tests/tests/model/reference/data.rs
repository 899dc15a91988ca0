//! What flows along the edges.

use serde_json::{Value, json};

use super::run::{At, Kind, Run, Unit};
use crate::shape::{Shape, Source, When};

/// The input of all runs of a workflow: a list, and the condition of each step.
pub(crate) fn input(shape: &Shape) -> Value {
    let conditions: Vec<u8> = shape
        .steps
        .iter()
        .map(|step| match step.when {
            When::Always => 0,
            When::Never => 1,
            When::Full => 2,
        })
        .collect();
    json!({ "list": (0..shape.list).collect::<Vec<_>>(), "when": conditions })
}

/// What an attempt gives when it completes so.
pub(crate) fn output(shape: &Shape, (step, index, number): Unit, size: u8) -> Value {
    if size >= 4 && !shape.is_mapped_over(step) {
        return Value::Null;
    }
    let first = (step as i64 * 100 + i64::from(index) + 1) * 100 + i64::from(number) * 10;
    json!((0..i64::from(size % 4)).map(|n| first + n).collect::<Vec<_>>())
}

impl Run {
    pub(super) fn output(&self, unit: Unit, size: u8) -> Value {
        output(&self.shape, unit, size)
    }

    fn given(&self, at: At) -> Value {
        match self.outcomes.get(&at).map(|outcome| &outcome.kind) {
            Some(Kind::Completed(output)) => output.clone(),
            _ => Value::Null,
        }
    }

    /// The outputs of the items of a map step, or the output of a plain one.
    pub(super) fn output_of(&self, step: usize) -> Value {
        if self.shape.steps[step].map.is_none() {
            return self.given((step, -1));
        }
        let items = self.maps.get(&step).copied().unwrap_or(0);
        (0..items).map(|item| self.given((step, item as i32))).collect()
    }

    /// What a dependency hands on.
    fn dependency(&self, step: usize, value: bool) -> Value {
        if !value {
            json!("order")
        } else if self.is_skipped(step) {
            json!("skipped")
        } else {
            let kind = if self.shape.steps[step].map.is_some() { "list" } else { "output" };
            json!({ kind: self.output_of(step) })
        }
    }

    /// The items of a map step.
    pub(super) fn items(&self, step: usize) -> Vec<Value> {
        let list = match self.shape.steps[step].map {
            Some(Source::Input) => input(&self.shape)["list"].clone(),
            Some(Source::Step(source)) => self.output_of(source),
            None => Value::Null,
        };
        list.as_array().cloned().unwrap_or_default()
    }

    /// Whether the condition of a step holds.
    pub(super) fn holds(&self, step: usize) -> bool {
        match self.shape.steps[step].when {
            When::Always => true,
            When::Never => false,
            When::Full => {
                let passed =
                    self.shape.steps[step].after.iter().filter(|(after, value)| *value && !self.is_skipped(*after));
                passed.map(|(after, _)| self.output_of(*after)).all(|output| output != json!([]))
            }
        }
    }

    /// What an attempt is handed.
    pub(super) fn seen(&self, (step, index, _): Unit) -> Value {
        let facts = &self.shape.steps[step];
        let given: Vec<Value> = facts.after.iter().map(|(after, value)| self.dependency(*after, *value)).collect();
        let item = usize::try_from(index).ok().and_then(|index| self.items(step).get(index).cloned());
        json!({ "input": input(&self.shape), "after": given, "item": item, "max": self.max_attempts((step, index)) })
    }
}
