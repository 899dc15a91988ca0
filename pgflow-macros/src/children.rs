//! What must be said of steps that are runs of other workflows.

use syn::Type;

use crate::model::{Binding, Step};
use crate::report::StepSink;

/// Reports what breaks a rule.
pub(crate) fn check(step: &mut Step, sink: &StepSink) {
    let Some(child) = &step.arguments.child else { return };
    let is_skippable = step.arguments.skippable;
    let name = step.name();
    if is_skippable {
        sink.attribute.error_with_help(
            &child.argument,
            format_args!("step `{name}` is a run of another workflow, and cannot be skipped by its function"),
            "say under which condition it is executed, `when = |input| ..`; or let the function of a step before it decide",
        );
        step.arguments.vague = true;
    }
    let takes_tx = |ty: &Type| matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "Tx"));
    for (parameter, binding) in &step.parameters {
        if *binding == Binding::Extractor && takes_tx(&parameter.ty) {
            sink.parameters.error_with_help(
                &parameter.ty,
                format_args!("step `{name}` is a run of another workflow, and cannot take a `Tx`"),
                "let a step before it do what is to be written",
            );
        }
    }
}
