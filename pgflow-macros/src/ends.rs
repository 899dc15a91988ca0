//! What goes into a workflow and what comes out of it, where that must be said.

use pgflow_graph::nearest;
use syn::Type;

use crate::model::{Binding, Step, Workflow};
use crate::parse::{Include, type_text};
use crate::report::Sink;

/// Whether the steps that are said to be last are: of the workflow's own ones that is known here.
pub(crate) fn output(workflow: &Workflow, sink: &Sink) {
    let Some(output) = &workflow.output else { return };
    let name = workflow.name();
    let mut seen: Vec<String> = Vec::new();
    for step in &output.steps {
        let text = step.name();
        if seen.contains(&text) {
            sink.error(step, format_args!("`{text}` is named twice"));
            continue;
        }
        seen.push(text.clone());
        match workflow.find(&text) {
            None => {
                let own = workflow.steps.iter().map(Step::name).chain(workflow.includes.iter().map(Include::name));
                let own: Vec<String> = own.collect();
                let similar = nearest(&text, own.iter().map(String::as_str));
                let help = match similar {
                    Some(similar) => format!("a step with a similar name exists: `{similar}`"),
                    None => "its last steps stand here, by their names".to_owned(),
                };
                sink.error_with_help(step, format_args!("workflow `{name}` has no step `{text}`"), help);
            }
            Some(found) => {
                let after = workflow.steps.iter().find(|other| other.edges.iter().any(|edge| edge.to == Some(found)));
                let hook = workflow.own(found).is_some_and(Step::is_hook);
                if let Some(after) = after {
                    sink.error_with_help(
                        step,
                        format_args!("`{text}` is not last: `{}` depends on it", after.name()),
                        "leave it out: the output of a run is that of its last steps",
                    );
                } else if hook {
                    sink.error(step, format_args!("`{text}` is not last: it is executed when the run has failed"));
                }
            }
        }
    }
    let left_out = workflow.leaves().into_iter().filter_map(|leaf| workflow.own(leaf)).map(Step::name);
    for last in left_out.filter(|last| !seen.contains(last)) {
        sink.error_with_help(
            &output.argument,
            format_args!("`{last}` is last as well, since no step depends on it"),
            format_args!("add it: `output = [{}]`", seen.iter().chain([&last]).cloned().collect::<Vec<_>>().join(", ")),
        );
    }
}

/// A run that is started by the clock has an input: nothing, or what a function makes.
pub(crate) fn scheduled_input(workflow: &Workflow, sink: &Sink) {
    let Some(schedule) = workflow.schedule.as_ref().filter(|_| workflow.scheduled_input.is_none()) else { return };
    let input = match workflow.input().0 {
        None => return,
        Some(Type::Tuple(tuple)) if tuple.elems.is_empty() => return,
        Some(input) => type_text(input),
    };
    sink.error_with_help(
        &schedule.argument,
        format_args!("nothing makes the input of type `{input}` for the runs that the schedule starts"),
        format_args!("name a function that does, `fn(pgflow::Scheduled) -> {input}`: `scheduled_input = of_the_day`"),
    );
}

/// A step outside a workflow says by a parameter what the input is.
pub(crate) fn input_is_known(step: &Step, sink: &Sink) {
    let takes = step.parameters.iter().any(|(_, binding)| *binding == Binding::Input);
    let name = step.name();
    if takes {
        return;
    }
    let help =
        "it stands outside a workflow, so what the input is must be said: add a parameter `_input` with its type";
    for question in step.condition.iter().chain(&step.delay) {
        if let Some((ident, _)) = question.parameters.iter().find(|(_, binding)| *binding == Binding::Input) {
            let what = question.what;
            sink.error_with_help(
                ident,
                format_args!("the {what} of step `{name}` takes the input, but the step does not"),
                help,
            );
        }
    }
    if let Some(map) = step.arguments.map.as_ref().filter(|map| map.step().is_none()) {
        sink.error_with_help(
            &map.source,
            format_args!("step `{name}` maps over the input, but does not take it"),
            help,
        );
    }
}
