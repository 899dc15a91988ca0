//! What is wrong with the workflow as a whole: its graph, and what the parameters of its steps mean in that graph.

use pgflow_graph::{Graph, Problem, Rule, list, nearest};
use syn::Ident;
use syn::ext::IdentExt;

use crate::model::{Binding, Edge, Question, Step, Workflow};
use crate::parse::{MapPath, Parameter};
use crate::report::{Sink, StepSink};

/// How many values a step may take.
const MAX_VALUES: usize = 16;

/// Resolves every name, and reports what breaks a rule into the sinks of the steps.
pub(crate) fn check(workflow: &mut Workflow, sink: &Sink, steps: &[StepSink]) {
    graph(workflow, sink, steps);
    hooks(workflow, steps);
    let names: Vec<String> = workflow.steps.iter().map(Step::name).collect();
    for (step, sink) in workflow.steps.iter_mut().zip(steps) {
        questions(step, &names, &sink.attribute);
        parameters(step, &names, &sink.parameters);
        if !sink.is_empty() {
            step.broken = true;
        }
    }
}

fn graph(workflow: &mut Workflow, sink: &Sink, steps: &[StepSink]) {
    let name = workflow.name();
    if let Err(problem) = pgflow_graph::check_name(&name) {
        sink.error_with_help(&workflow.ident, format_args!("`{name}` cannot be the name of a workflow"), problem);
    }
    let names: Vec<String> = workflow.steps.iter().map(Step::name).collect();
    for step in &mut workflow.steps {
        for edge in &mut step.edges {
            let name = edge.ident.unraw().to_string();
            edge.step = names.iter().position(|other| *other == name);
        }
    }
    let nodes = workflow.steps.iter().map(Step::node).collect();
    let Err(problems) = Graph::check(&name, nodes) else { return };
    for problem in problems {
        if let Rule::Empty = problem.rule {
            sink.error_with_help(
                &workflow.ident,
                problem.message(),
                "mark its functions with `#[step]`; what a `macro_rules!` call inside the module would write is not seen, since it is expanded later",
            );
            continue;
        }
        let step = &workflow.steps[problem.step];
        let StepSink { attribute, head, .. } = &steps[problem.step];
        let map = step.arguments.map.as_ref().and_then(MapPath::step);
        match (&problem.rule, problem.edge) {
            (Rule::SkipsWithout { at, .. } | Rule::SkipsWithCertain { at, .. } | Rule::SkipsTwice { at, .. }, _) => {
                report(workflow, &problem, &step.arguments.skip_with[*at], attribute)
            }
            (Rule::MapsOverSkipped { .. } | Rule::MapsOverGaps { .. }, _) if let Some(map) = map => {
                report(workflow, &problem, map, attribute);
            }
            (_, Some(edge)) => report(workflow, &problem, &step.edges[edge].ident, attribute),
            (_, None) => report(workflow, &problem, &step.ident, head),
        }
        let step = &mut workflow.steps[problem.step];
        if let (Rule::Unknown { .. } | Rule::Itself | Rule::Repeated { .. }, Some(edge)) = (&problem.rule, problem.edge)
        {
            step.unclear = true;
            step.edges[edge].step = None;
        }
    }
}

/// What is executed when the run has failed stands outside the graph.
fn hooks(workflow: &Workflow, steps: &[StepSink]) {
    let mut first: Option<&Step> = None;
    for (step, sink) in workflow.steps.iter().zip(steps) {
        let name = step.name();
        for edge in &step.edges {
            if let Some(hook) = edge.step.map(|at| &workflow.steps[at]).filter(|other| other.is_hook()) {
                let hook = hook.name();
                sink.attribute.error_with_help(
                    &edge.ident,
                    format_args!("step `{name}` cannot depend on `{hook}`, which is executed when the run has failed"),
                    format_args!(
                        "let them have a function in common that is no step, or leave `on_failure` out of `{hook}`"
                    ),
                );
            }
        }
        let Some(argument) = &step.arguments.on_failure else { continue };
        if let Some(first) = first {
            sink.attribute.error_with_help(
                argument,
                format_args!("step `{}` is executed when the run has failed, and there is one such step", first.name()),
                "do in one of them what both do",
            );
        }
        first = first.or(Some(step));
        let arguments = &step.arguments;
        let refused = [
            (!arguments.depends_on.is_empty(), "`depends_on`"),
            (arguments.map.is_some(), "`map`"),
            (step.condition.is_some(), "`when`"),
            (step.delay.is_some() || arguments.delay.is_some(), "`delay`"),
            (arguments.skips_exhausted, "`on_exhausted`"),
            (arguments.skippable, "`skippable`"),
            (!arguments.skip_with.is_empty(), "`skip_with`"),
            (arguments.queue.is_some(), "`queue`"),
        ];
        let refused: Vec<&str> = refused.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        if !refused.is_empty() {
            sink.attribute.error_with_help(
                argument,
                format_args!("step `{name}` is executed when the run has failed, and has no {}", list_plain(&refused)),
                "it stands outside the graph, and is executed by the worker that has the run: take the input, a `Failure` and extractors, and leave the rest out",
            );
        }
    }
    if let (Some(hook), true) = (first, workflow.steps.iter().all(Step::is_hook))
        && let Some(at) = workflow.steps.iter().position(|step| std::ptr::eq(step, hook))
    {
        steps[at].attribute.error_with_help(
            &hook.arguments.on_failure,
            format_args!("workflow `{}` has no step that could fail", workflow.name()),
            "it needs one without `on_failure`",
        );
    }
}

fn list_plain(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and no {last}", first.join(", no ")),
    }
}

fn report(workflow: &Workflow, problem: &Problem, at: &Ident, sink: &Sink) {
    match &problem.rule {
        Rule::Unknown { name, .. } if name == "input" => sink.error_with_help(
            at,
            "`input` is no step: it is there from the start",
            "leave it out of `depends_on`; a parameter named `input` takes it",
        ),
        Rule::Unknown { name, .. } if workflow.functions.iter().any(|function| function.unraw() == name) => sink
            .error_with_help(
                at,
                format_args!("`{name}` is a function of workflow `{}` but not a step", workflow.name()),
                format_args!("add `#[step]` to `{name}`"),
            ),
        Rule::SkipsWithout { name, exists: true, .. } => {
            let step = &workflow.steps[problem.step];
            sink.error_with_help(at, problem.message(), add(step, name));
        }
        _ => match problem.help() {
            Some(help) => sink.error_with_help(at, problem.message(), help),
            None => sink.error(at, problem.message()),
        },
    }
}

/// Gives each parameter of what is asked before a step begins its meaning.
fn questions(step: &mut Step, names: &[String], sink: &Sink) {
    let (mut condition, mut delay) = (step.condition.take(), step.delay.take());
    for question in condition.iter_mut().chain(&mut delay) {
        ask(step, question, names, sink);
    }
    (step.condition, step.delay) = (condition, delay);
}

fn ask(step: &mut Step, question: &mut Question, names: &[String], sink: &Sink) {
    for (ident, binding) in &mut question.parameters {
        let name = ident.unraw().to_string();
        let meant = name.strip_prefix('_').unwrap_or(&name);
        let is = |other: &String| *other == name || other == meant;
        if meant == "input" {
            *binding = Binding::Input;
        } else if let Some(edge) = edge_named(&step.edges, is) {
            *binding = Binding::Output(edge);
            step.edges[edge].value = true;
        } else if !step.unclear {
            not_in_question(step, question.what, ident, names, sink);
        }
    }
}

fn not_in_question(step: &Step, what: &str, ident: &Ident, names: &[String], sink: &Sink) {
    let (own, name) = (step.name(), ident.unraw().to_string());
    if names.contains(&name) {
        return sink.error_with_help(
            ident,
            format_args!("the {what} of step `{own}` takes `{name}`, but the step does not depend on it"),
            add(step, &name),
        );
    }
    let dependencies: Vec<String> = step.edges.iter().map(|edge| edge.ident.unraw().to_string()).collect();
    let known = dependencies.iter().map(String::as_str).chain(["input"]);
    let help = match (nearest(&name, known.clone()), dependencies.as_slice()) {
        (Some(similar), _) => format!("did you mean `{similar}`?"),
        (None, []) => "it can take `input` alone, since the step has no dependencies".to_owned(),
        (None, _) => format!("it can take {}", list(known)),
    };
    sink.error_with_help(
        ident,
        format_args!("the {what} of step `{own}` takes `{name}`, which is neither `input` nor a dependency"),
        help,
    );
}

/// Gives each parameter of a step its meaning.
fn parameters(step: &mut Step, names: &[String], sink: &Sink) {
    let own = step.name();
    let is_map = step.is_map();
    let mut parameters = std::mem::take(&mut step.parameters);
    let mut taken: Vec<Binding> = Vec::new();
    for (parameter, binding) in &mut parameters {
        *binding = bind(parameter, step, names, sink);
        match *binding {
            Binding::Output(edge) => step.edges[edge].value = true,
            Binding::Item if !is_map && !step.unclear => sink.error_with_help(
                &parameter.ident,
                format_args!("step `{own}` takes `item`, but maps over nothing"),
                "say which list: `map = input.lines`, or `map = ` and the name of a step that returns a list",
            ),
            _ => {}
        }
        if *binding != Binding::Extractor {
            if taken.contains(binding) {
                let what = parameter.from.as_ref().map_or_else(|| parameter.name(), |from| from.unraw().to_string());
                sink.error(
                    &parameter.ident,
                    format_args!("step `{own}` takes `{}` twice", what.trim_start_matches('_')),
                );
            }
            taken.push(*binding);
        }
    }
    step.parameters = parameters;
    if taken.len() > MAX_VALUES {
        sink.error_with_help(
            &step.ident,
            format_args!("step `{own}` takes {} values, but {MAX_VALUES} are the most", taken.len()),
            "let a step before it gather some of them in a struct, and take that",
        );
    }
}

fn bind(parameter: &Parameter, step: &Step, names: &[String], sink: &Sink) -> Binding {
    let own = step.name();
    if let Some(from) = &parameter.from {
        let from_name = from.unraw().to_string();
        if let Some(edge) = edge_named(&step.edges, |name| *name == from_name) {
            return Binding::Output(edge);
        }
        if step.unclear {
            return Binding::Extractor;
        }
        if names.contains(&from_name) {
            sink.error_with_help(
                from,
                format_args!("step `{own}` takes `{from_name}`, but does not depend on it"),
                add(step, &from_name),
            );
        } else {
            let dependencies = step.edges.iter().map(|edge| edge.ident.unraw().to_string()).collect::<Vec<_>>();
            let dependencies = dependencies.iter().map(String::as_str);
            sink.error_with_help(
                from,
                format_args!("`{from_name}` is no dependency of step `{own}`"),
                match nearest(&from_name, dependencies.clone()) {
                    Some(similar) => format!("a dependency with a similar name exists: `{similar}`"),
                    None if step.edges.is_empty() => "it has no dependencies".to_owned(),
                    None => format!("its dependencies are {}", list(dependencies)),
                },
            );
        }
        return Binding::Extractor;
    }
    // A name as it stands goes before one without its underscore: a step may be called `_last`.
    let exact = parameter.name();
    for means in [&|name: &str| name == exact, &|name: &str| parameter.is(name)] as [&dyn Fn(&str) -> bool; 2] {
        if means("input") {
            return Binding::Input;
        }
        if means("item") {
            return Binding::Item;
        }
        if let Some(edge) = edge_named(&step.edges, |name| means(name)) {
            return Binding::Output(edge);
        }
    }
    if let Some(name) = names.iter().find(|name| **name != own && parameter.is(name) && !step.unclear) {
        sink.error_with_help(
            &parameter.ident,
            format_args!("step `{own}` takes `{name}`, but does not depend on it"),
            add(step, name),
        );
    }
    Binding::Extractor
}

fn edge_named(edges: &[Edge], is: impl Fn(&String) -> bool) -> Option<usize> {
    edges.iter().position(|edge| is(&edge.ident.unraw().to_string()))
}

fn add(step: &Step, name: &str) -> String {
    let mut names: Vec<String> = step.arguments.depends_on.iter().map(ToString::to_string).collect();
    names.push(name.to_owned());
    format!("add it: `depends_on = [{}]`", names.join(", "))
}
