//! What must be said of steps that ask to be executed again.

use syn::ext::IdentExt;

use crate::model::{Binding, Step};
use crate::report::StepSink;

/// Reports what breaks a rule.
pub(crate) fn check(step: &Step, sink: &StepSink) {
    let name = step.name();
    let mut found = step
        .parameters
        .iter()
        .filter(|(_, binding)| *binding == Binding::Repeat)
        .map(|(parameter, _)| &parameter.ident);
    let Some(first) = found.next() else {
        let arguments = &step.arguments;
        let count = arguments.max_repeats.as_ref().map(|(argument, _)| argument);
        let time = arguments.repeat_timeout.as_ref().map(|(argument, _)| argument);
        for argument in count.into_iter().chain(time) {
            // What it takes may not have been understood.
            if sink.parameters.is_empty() {
                sink.attribute.error_with_help(
                    argument,
                    format_args!("step `{name}` does not repeat itself, so there is nothing for `{argument}` to say"),
                    "a parameter of type `Repeat<T>` lets it ask to be executed again, and keeps a `T` for the next time",
                );
            }
        }
        return;
    };
    for other in found {
        sink.parameters.error_with_help(
            other,
            format_args!("step `{name}` takes two `Repeat`s, `{}` and `{}`", first.unraw(), other.unraw()),
            "one is enough: let it keep both in a tuple, or in a struct",
        );
    }
    if step.is_hook() {
        sink.parameters.error_with_help(
            first,
            format_args!("step `{name}` is executed when the run has failed, and cannot repeat itself"),
            "let it do what is to be done at once, or have it start a run that takes its time",
        );
    }
}
