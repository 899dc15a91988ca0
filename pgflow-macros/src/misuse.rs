//! Mistakes that are likely, and whose first sign is something else: told here, with what was meant.

use quote::ToTokens;
use syn::{Type, TypePath};

use crate::model::{Binding, Step, Workflow};
use crate::parse::{Parameter, StepName, type_text};
use crate::report::{Sink, StepSink};

/// A path leads to a list, and not into the items of one.
pub(crate) fn maps(workflow: &Workflow, steps: &[StepSink]) {
    for (step, sink) in workflow.steps.iter().zip(steps) {
        let Some(map) = &step.arguments.map else { continue };
        let (Some((_, field)), Some(source)) = (map.fields.first(), map.step()) else { continue };
        let source = source.name();
        let edge = step.edges.iter().find(|edge| edge.name() == source);
        if edge.and_then(|edge| edge.to).and_then(|to| workflow.own(to)).is_some_and(Step::is_map) {
            let field_name = type_text(field);
            sink.attribute.error_with_help(
                field,
                format_args!(
                    "step `{}` maps over `{field_name}` of `{source}`, but `{source}` is a map step, and gives a list",
                    step.name()
                ),
                format_args!("write `map = {source}`, and take `{field_name}` of the item in the step"),
            );
        }
    }
}

/// What is executed when the run has failed does not know how far the run has come.
pub(crate) fn no_outputs(step: &str, at: impl ToTokens, sink: &Sink) {
    sink.error_with_help(
        at,
        format_args!("step `{step}` is executed when the run has failed, and takes no outputs"),
        "it takes the input, a `Failure` and extractors",
    );
}

/// Reports a `Failure` where nothing has failed.
pub(crate) fn failure_is_misused(step: &Step, parameter: &Parameter, binding: Binding, sink: &Sink) {
    if binding == Binding::Extractor && is_failure(&parameter.ty) && !step.is_hook() && !step.unclear {
        let own = step.name();
        sink.error_with_help(
            &parameter.ty,
            format_args!("step `{own}` takes a `Failure`, but is executed while nothing has failed"),
            format_args!("to execute `{own}` when the run has failed, write `#[step(on_failure)]`"),
        );
    }
}

/// Whether it is a `Failure`. Its name decides, as with a `Result`.
fn is_failure(ty: &Type) -> bool {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return false };
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    matches!(names.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), ["Failure"] | ["pgflow", "Failure"])
}

/// Reports `#[from(..)]` on what is no output, or where there is none.
pub(crate) fn from_is_misused(
    step: &Step,
    parameter: &Parameter,
    from: &StepName,
    names: &[String],
    sink: &Sink,
) -> bool {
    let name = from.name();
    if step.is_hook() && names.contains(&name) {
        no_outputs(&step.name(), from, sink);
        return true;
    }
    let is_own = matches!(name.as_str(), "input" | "item");
    if is_own {
        sink.error_with_help(
            from,
            format_args!("`#[from(..)]` names a dependency, and `{name}` is none"),
            format_args!("name the parameter so: `{name}: {}`", type_text(&parameter.ty)),
        );
    }
    is_own
}

/// Whether a step takes a state.
pub(crate) fn takes_state(step: &Step) -> bool {
    step.parameters.iter().any(|(parameter, _)| {
        matches!(&parameter.ty, Type::Path(TypePath { path, .. }) if path.segments.last().is_some_and(|last| last.ident == "State"))
    })
}
