//! What must be said of the signals that steps wait for.

use syn::Ident;
use syn::ext::IdentExt;

use crate::model::{Binding, Step, Workflow};
use crate::report::StepSink;

/// Reports what breaks a rule in one step.
pub(crate) fn check(step: &mut Step, is_shared: bool, sink: &StepSink) {
    let name = step.name();
    let awaited: Vec<Ident> = step
        .parameters
        .iter()
        .filter(|(_, binding)| *binding == Binding::Signal)
        .map(|(parameter, _)| parameter.ident.clone())
        .collect();
    let Some(first) = awaited.first() else {
        let timeout = step.arguments.signal_timeout.as_ref().map(|(argument, _)| argument);
        for argument in timeout.into_iter().chain(&step.arguments.latest_signal) {
            // What it takes may not have been understood.
            if sink.parameters.is_empty() {
                sink.attribute.error_with_help(
                    argument,
                    format_args!("step `{name}` waits for no signal, so there is nothing for `{argument}` to say"),
                    "a parameter of type `Signal<T>` waits for one; the signal has the name of the parameter",
                );
            }
        }
        return;
    };
    let signal = first.unraw().to_string();
    for other in &awaited[1..] {
        sink.parameters.error_with_help(
            other,
            format_args!("step `{name}` waits for two signals, `{signal}` and `{}`", other.unraw()),
            "a step waits for one: let another step wait for the other, and depend on it",
        );
    }
    let refuse = |what: &str, help: &str| {
        sink.parameters.error_with_help(first, format_args!("step `{name}` {what}"), help);
    };
    if is_shared {
        refuse(
            "stands outside any workflow, and cannot wait for a signal",
            "move it into the module of the workflow: what sends the signal is written there",
        );
    } else if step.is_hook() {
        refuse("is executed when the run has failed, and cannot wait for a signal", "let an earlier step wait for it");
    } else if step.is_map() {
        refuse("is a map step, and cannot wait for a signal", "let a step before it wait, and depend on that");
    } else if step.delay.is_some() || step.arguments.delay.is_some() {
        refuse("waits for a signal, and has a `delay` as well", "give the delay to a step before it, or after it");
    } else if let (Some((_, _, true)), None) = (step.signal(), &step.arguments.signal_timeout)
        && sink.attribute.is_empty()
    {
        refuse(
            &format!("goes on without signal `{signal}`, but it is not said after which time"),
            "say it: `#[step(signal_timeout = \"3d\")]`; or take `Signal<T>`, and wait for as long as it takes",
        );
    }
}

/// Reports signals of one name that several steps wait for.
pub(crate) fn are_different(workflow: &mut Workflow, sinks: &[StepSink]) {
    let mut seen: Vec<(String, String)> = Vec::new();
    for (step, sink) in workflow.steps.iter_mut().zip(sinks) {
        let Some((parameter, ..)) = step.signal() else { continue };
        let (name, own) = (parameter.name(), step.name());
        match seen.iter().find(|(other, _)| *other == name) {
            Some((_, first)) => {
                sink.parameters.error_with_help(
                    &parameter.ident,
                    format_args!("step `{own}` waits for signal `{name}`, and so does `{first}`"),
                    format_args!(
                        "let one of them give what the signal says, and the other depend on it; or give one of the parameters another name"
                    ),
                );
                step.broken = true;
            }
            None => seen.push((name, own)),
        }
    }
}
