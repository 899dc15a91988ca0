//! What differs, and what each difference means for runs that are under way.
//!
//! It says what the engine does: a worker goes on with runs of another version when the workflow takes the same, and each of their steps
//! is there with the same contract. A contract covers the step itself, what it gives, and what it is given. Where outputs alone differ,
//! up-casters carry runs over, unless what such a run would give is the output of neither version.

use super::schema::{self, same_schema};
use super::{Change, ChangeKind, Verdict, verdict, words};
use crate::definition::{Definition, MapSource, StepDefinition};

/// Whether a step, as it was, is carried over by what it is now.
pub(super) type Upcasts<'a> = &'a dyn Fn(&StepDefinition, &StepDefinition) -> bool;

pub(super) struct Judge<'a> {
    earlier: &'a Definition,
    later: &'a Definition,
    upcasts: Upcasts<'a>,
    same_input: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(earlier: &'a Definition, later: &'a Definition, upcasts: Upcasts<'a>) -> Self {
        Self { earlier, later, upcasts, same_input: same_schema(&earlier.input, &later.input) }
    }

    pub(super) fn is_safe(&self) -> bool {
        verdict(&self.changes()) == Verdict::Safe
    }

    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = self.of_workflow();
        for step in &self.earlier.steps {
            let contract = Some(self.earlier.contract(step));
            let note = |kind, verdict, details| {
                let (step, contract) = (Some(step.name.clone()), contract.clone());
                Change { step, kind, verdict, details, contract }
            };
            let Some(other) = self.later.step(&step.name) else {
                changes.push(note(ChangeKind::Removed, Verdict::MustDrain, self.renamed(step)));
                continue;
            };
            if contract.as_deref() != Some(&self.later.contract(other)) {
                changes.extend(
                    self.kinds(step, other)
                        .into_iter()
                        .map(|kind| note(kind, self.verdict(step, other, kind), self.details(step, other, kind))),
                );
            }
            if !words::same_upcasts(step, other) {
                let told = words::now("up-casters", &step.upcasts.len().to_string(), &other.upcasts.len().to_string());
                changes.push(note(ChangeKind::Upcasts, Verdict::Safe, vec![told]));
            }
            if step.options != other.options {
                changes.push(note(ChangeKind::Options, Verdict::Safe, words::options(&step.options, &other.options)));
            }
        }
        for step in self.later.steps.iter().filter(|step| self.earlier.step(&step.name).is_none()) {
            changes.push(Change {
                step: Some(step.name.clone()),
                ..Change::of_workflow(ChangeKind::Added, Verdict::Safe)
            });
        }
        changes
    }

    fn of_workflow(&self) -> Vec<Change> {
        let (earlier, later) = (self.earlier, self.later);
        let note = |kind, verdict, details| Change { details, ..Change::of_workflow(kind, verdict) };
        let mut changes = Vec::new();
        if !self.same_input {
            changes.push(note(ChangeKind::Input, Verdict::MustDrain, schema::told(&earlier.input, &later.input)));
        }
        if !same_schema(&earlier.output, &later.output) {
            // What it gives is made of what its last steps give: those say what it means.
            changes.push(note(ChangeKind::Output, Verdict::Safe, schema::told(&earlier.output, &later.output)));
        }
        let common = |one: &Definition, other: &Definition| -> Vec<String> {
            one.steps.iter().filter(|step| other.step(&step.name).is_some()).map(|step| step.name.clone()).collect()
        };
        if common(earlier, later) != common(later, earlier) {
            changes.push(note(ChangeKind::Order, Verdict::Safe, Vec::new()));
        }
        if earlier.deadline != later.deadline {
            let told = words::now("deadline", &words::time(earlier.deadline), &words::time(later.deadline));
            changes.push(note(ChangeKind::Options, Verdict::Safe, vec![told]));
        }
        if earlier.schedule != later.schedule {
            let (before, after) =
                (words::schedule(earlier.schedule.as_ref()), words::schedule(later.schedule.as_ref()));
            changes.push(note(ChangeKind::Schedule, Verdict::Safe, vec![words::now("schedule", &before, &after)]));
        }
        changes
    }

    /// In what the contracts of a step differ.
    fn kinds(&self, step: &StepDefinition, other: &StepDefinition) -> Vec<ChangeKind> {
        let mut kinds = own_kinds(step, other);
        if self.is_given_otherwise(step) || self.fed_otherwise(step).next().is_some() || kinds.is_empty() {
            kinds.push(ChangeKind::Input);
        }
        kinds
    }

    fn verdict(&self, step: &StepDefinition, other: &StepDefinition, kind: ChangeKind) -> Verdict {
        match kind {
            ChangeKind::Output => self.of_output(step, other),
            ChangeKind::Input if !self.is_given_otherwise(step) => {
                let sources = self.fed_otherwise(step).map(|source| match self.later.step(&source.name) {
                    Some(now) if source.map.is_some() == now.map.is_some() => self.of_output(source, now),
                    _ => Verdict::MustDrain,
                });
                sources.max().unwrap_or(Verdict::MustDrain)
            }
            _ => Verdict::MustDrain,
        }
    }

    /// What a step gives can be carried over where nothing else differs, of itself and of those that take it.
    fn of_output(&self, step: &StepDefinition, other: &StepDefinition) -> Verdict {
        let mut takers =
            self.earlier.steps.iter().filter(|taker| taker.depends_on.iter().any(|edge| edge.step == step.name));
        if self.is_other_end(step)
            || !self.gives_otherwise_at_most(step)
            || !takers.all(|taker| self.gives_otherwise_at_most(taker))
        {
            Verdict::MustDrain
        } else if (self.upcasts)(step, other) {
            Verdict::Safe
        } else {
            Verdict::NeedsUpcaster
        }
    }

    /// Whether it is one of the last steps, and those are not the same ones: a run with its new output would give what no version gives.
    fn is_other_end(&self, step: &StepDefinition) -> bool {
        let ends = |definition: &Definition| definition.leaves().map(|step| step.name.clone()).collect::<Vec<_>>();
        let before = ends(self.earlier);
        before.contains(&step.name) && before != ends(self.later)
    }

    fn gives_otherwise_at_most(&self, step: &StepDefinition) -> bool {
        self.later.step(&step.name).is_some_and(|other| {
            own_kinds(step, other).iter().all(|kind| *kind == ChangeKind::Output) && !self.is_given_otherwise(step)
        })
    }

    /// Whether it takes the workflow's input, and that differs.
    fn is_given_otherwise(&self, step: &StepDefinition) -> bool {
        !self.same_input && (step.takes_input || step.map.as_ref().is_some_and(MapSource::is_input))
    }

    /// Its dependencies that give something else.
    fn fed_otherwise<'s>(&'s self, step: &'s StepDefinition) -> impl Iterator<Item = &'s StepDefinition> {
        step.depends_on.iter().filter_map(|edge| {
            let (before, now) = (self.earlier.step(&edge.step)?, self.later.step(&edge.step)?);
            let same = same_schema(&before.output, &now.output) && before.map.is_some() == now.map.is_some();
            (!same).then_some(before)
        })
    }

    fn details(&self, step: &StepDefinition, other: &StepDefinition, kind: ChangeKind) -> Vec<String> {
        match kind {
            ChangeKind::Output => schema::told(&step.output, &other.output),
            ChangeKind::Skipping => vec![words::now("skipped", &words::skips(step), &words::skips(other))],
            ChangeKind::Dependencies => words::dependencies(step, other),
            ChangeKind::Child => {
                let said = |step: &StepDefinition| step.child.clone().unwrap_or_else(|| "none".to_owned());
                vec![words::now("workflow", &said(step), &said(other))]
            }
            ChangeKind::Signal => words::signals(step, other),
            ChangeKind::Repeat => words::states(step, other),
            ChangeKind::OnFailure => {
                let said =
                    |step: &StepDefinition| if step.on_failure { "when the run has failed" } else { "in the graph" };
                vec![words::now("executed", said(step), said(other))]
            }
            ChangeKind::Input => {
                let input = self.is_given_otherwise(step).then(|| "by the workflow's input".to_owned());
                input.into_iter().chain(self.fed_otherwise(step).map(|s| format!("by step `{}`", s.name))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A new step that is what the gone one was, but for its name.
    fn renamed(&self, gone: &StepDefinition) -> Vec<String> {
        let alike = |new: &&StepDefinition| {
            self.earlier.step(&new.name).is_none() && own_kinds(gone, new).is_empty() && gone.options == new.options
        };
        let new = self.later.steps.iter().find(alike);
        new.map(|new| format!("`{}` is like it: a step is known by its name", new.name)).into_iter().collect()
    }
}

/// In what a step differs by itself, whatever it is given.
fn own_kinds(step: &StepDefinition, other: &StepDefinition) -> Vec<ChangeKind> {
    [
        (ChangeKind::Output, !same_schema(&step.output, &other.output)),
        (ChangeKind::Skipping, step.skip != other.skip || step.condition != other.condition),
        (
            ChangeKind::Dependencies,
            step.depends_on != other.depends_on
                || step.map != other.map
                || step.takes_input != other.takes_input
                || step.handler != other.handler,
        ),
        (ChangeKind::Child, step.child != other.child),
        (ChangeKind::Signal, !words::same_signal(step, other)),
        (ChangeKind::Repeat, !words::same_state(step, other)),
        (ChangeKind::OnFailure, step.on_failure != other.on_failure),
    ]
    .into_iter()
    .filter_map(|(kind, differs)| differs.then_some(kind))
    .collect()
}
