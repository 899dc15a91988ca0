//! What was really met.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::reference::{Act, Model, Place};
use crate::shape::{How, Shape, Source, When};

/// How often each thing was met.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, u64>);

/// What every long run of this test must meet.
const WANTED: &[&str] = &[
    "act: start",
    "act: start later",
    "act: complete",
    "act: soon",
    "act: later",
    "act: backoff",
    "act: panic",
    "act: fatal",
    "act: skip",
    "act: complete all",
    "act: cancel",
    "act: pause",
    "act: resume",
    "act: retry",
    "act: retry an item",
    "act: cancel an attempt",
    "act: fork",
    "act: fork from a step",
    "act: time passes",
    "act: kill an owner",
    "act: kill an owner, answers come late",
    "act: kill an idle worker",
    "together: answers",
    "together: an answer and a wish",
    "together: wishes",
    "on scheduled: pause",
    "on scheduled: retry",
    "on owned: pause",
    "on owned: resume",
    "on owned: cancel",
    "on owned: retry",
    "on pausing: resume",
    "on pausing: retry",
    "on pausing: kill",
    "on handing back: pause",
    "on parked: pause",
    "on parked: resume",
    "on parked: retry",
    "on parked: cancel",
    "on paused: resume",
    "on paused: retry",
    "on paused: cancel",
    "on paused: time passes",
    "on completed: cancel",
    "on failed: resume",
    "on failed: retry",
    "on cancelled: resume",
    "run: scheduled",
    "run: owned",
    "run: parked",
    "run: paused",
    "run: completed",
    "run: failed",
    "run: cancelled",
    "step: blocked",
    "step: open",
    "step: completed",
    "step: skipped",
    "step: failed",
    "step: cancelled",
    "unit: waits",
    "unit: tried again",
    "unit: was given all its attempts again",
    "unit: skipped item",
    "map: empty",
    "map: of several",
    "shape: map over the input",
    "shape: map over a plain step",
    "shape: map over a map",
    "shape: condition",
    "shape: condition on data",
    "shape: skip_with",
    "shape: delay",
    "shape: on_exhausted",
    "shape: an edge that orders",
    "shape: an edge from what may be skipped",
];

impl Coverage {
    fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// Adds what another one has met.
    pub(crate) fn merge(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    pub(crate) fn shape(&mut self, shape: &Shape) {
        for step in &shape.steps {
            match step.map {
                Some(Source::Input) => self.add("shape: map over the input"),
                Some(Source::Step(source)) if shape.steps[source].map.is_some() => self.add("shape: map over a map"),
                Some(Source::Step(_)) => self.add("shape: map over a plain step"),
                None => {}
            }
            match step.when {
                When::Never => self.add("shape: condition"),
                When::Full => self.add("shape: condition on data"),
                When::Always => {}
            }
            for (is, name) in [
                (!step.skip_with.is_empty(), "shape: skip_with"),
                (step.delay, "shape: delay"),
                (step.on_exhausted, "shape: on_exhausted"),
                (step.after.iter().any(|(_, value)| !value), "shape: an edge that orders"),
                (
                    step.after.iter().any(|(after, value)| *value && shape.may_be_skipped(*after)),
                    "shape: an edge from what may be skipped",
                ),
            ] {
                if is {
                    self.add(name);
                }
            }
        }
    }

    pub(crate) fn act(&mut self, act: &Act, model: &Model) {
        let name = name(act);
        self.add(format!("act: {name}"));
        let short = name.split(' ').next().unwrap_or_default();
        let runs: Vec<usize> = match act {
            Act::Cancel { run } | Act::Pause { run } | Act::Resume { run } | Act::Retry { run, .. } => vec![*run],
            Act::TimePasses => (0..model.runs.len()).collect(),
            Act::Kill { runs, .. } => runs.clone(),
            _ => Vec::new(),
        };
        for run in runs {
            let run = &model.runs[run];
            let place = match (run.place, run.aside) {
                (Place::Owned, Some(crate::reference::Aside::Pause)) => "pausing".to_owned(),
                (Place::Owned, Some(crate::reference::Aside::HandBack)) => "handing back".to_owned(),
                (place, _) => format!("{place:?}").to_lowercase(),
            };
            let short = if short == "time" { "time passes" } else { short };
            self.add(format!("on {place}: {short}"));
        }
    }

    pub(crate) fn together(&mut self, acts: &[Act; 2]) {
        let answers = acts.iter().filter(|act| matches!(act, Act::Answer { .. })).count();
        self.add(["together: wishes", "together: an answer and a wish", "together: answers"][answers]);
    }

    /// How the runs stand.
    pub(crate) fn states(&mut self, model: &Model) {
        for run in &model.runs {
            self.add(format!("run: {:?}", run.place).to_lowercase());
            for step in 0..run.shape.steps.len() {
                self.add(format!("step: {}", run.step_text(step)));
            }
            for (_, tried) in run.tried.iter().filter(|((.., number), _)| *number > 0) {
                self.add(if tried.resumed {
                    "unit: was given all its attempts again"
                } else if tried.due {
                    "unit: tried again"
                } else {
                    "unit: waits"
                });
            }
            if run.skipped_items() > 0 {
                self.add("unit: skipped item");
            }
            for items in run.maps.values() {
                self.add(if *items == 0 { "map: empty" } else { "map: of several" });
            }
        }
    }

    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for (what, times) in &self.0 {
            let _ = writeln!(text, "{what:<48}{times:>9}");
        }
        text
    }

    /// What was never met.
    pub(crate) fn gaps(&self) -> Vec<&'static str> {
        WANTED.iter().copied().filter(|what| !self.0.contains_key(*what)).collect()
    }
}

fn name(act: &Act) -> &'static str {
    match act {
        Act::Start { later: false } => "start",
        Act::Start { later: true } => "start later",
        Act::Answer { how, .. } => match how {
            How::Complete(_) => "complete",
            How::Soon => "soon",
            How::Later => "later",
            How::Backoff => "backoff",
            How::Panic => "panic",
            How::Fatal => "fatal",
            How::Skip => "skip",
        },
        Act::AnswerAll { .. } => "complete all",
        Act::Cancel { .. } => "cancel",
        Act::Pause { .. } => "pause",
        Act::Resume { .. } => "resume",
        Act::Retry { item: None, .. } => "retry",
        Act::Retry { item: Some(_), .. } => "retry an item",
        Act::CancelAttempt { .. } => "cancel an attempt",
        Act::Fork { from: None, .. } => "fork",
        Act::Fork { from: Some(_), .. } => "fork from a step",
        Act::TimePasses => "time passes",
        Act::Kill { runs, .. } if runs.is_empty() => "kill an idle worker",
        Act::Kill { late: false, .. } => "kill an owner",
        Act::Kill { late: true, .. } => "kill an owner, answers come late",
    }
}
