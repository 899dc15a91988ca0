//! What is wrong with the workflow as a whole: its graph, and what the parameters of its steps mean in that graph.

use pgflow_graph::{Graph, Node, Problem, Rule, list, nearest};
use syn::Ident;
use syn::ext::IdentExt;

use crate::children;
use crate::ends;
use crate::misuse::{failure_is_misused, from_is_misused, maps, no_outputs};
use crate::model::{Binding, Edge, Producer, Question, Step, Workflow};
use crate::parse::{Include, MapPath, Parameter, StepName};
use crate::repeats;
use crate::report::{Sink, StepSink};
use crate::signals;

/// How many values a step may take.
const MAX_VALUES: usize = 16;

/// Resolves every name, and reports what breaks a rule into the sinks of the steps.
pub(crate) fn check(workflow: &mut Workflow, sink: &Sink, steps: &[StepSink]) {
    resolve(workflow);
    graph(workflow, sink, steps);
    hooks(workflow, steps);
    ends::output(workflow, sink);
    let names: Vec<String> =
        workflow.steps.iter().map(Step::name).chain(workflow.includes.iter().map(Include::name)).collect();
    maps(workflow, steps);
    for (step, sink) in workflow.steps.iter_mut().zip(steps) {
        let before = sink.attribute.count();
        questions(step, &names, &sink.attribute);
        step.arguments.vague |= sink.attribute.count() > before;
        parameters(step, &names, &sink.parameters);
        signals::check(step, workflow.is_shared, sink);
        repeats::check(step, sink);
        children::check(step, sink);
        if workflow.is_shared {
            ends::input_is_known(step, &sink.attribute);
        }
        if !sink.is_empty() {
            step.broken = true;
        }
    }
    ends::scheduled_input(workflow, sink);
    signals::are_different(workflow, steps);
}

/// Finds the step that each name means.
fn resolve(workflow: &mut Workflow) {
    let renamed: Vec<(String, String)> =
        workflow.includes.iter().map(|include| (include.step.text(), include.name())).collect();
    let rename = |step: &mut StepName| {
        if let Some((_, name)) = renamed.iter().find(|(path, _)| step.is_path() && step.text() == *path) {
            step.rename(name.clone());
        }
    };
    for step in &mut workflow.steps {
        step.edges.iter_mut().for_each(|edge| rename(&mut edge.step));
        step.arguments.skip_with.iter_mut().for_each(rename);
        step.arguments.map.iter_mut().for_each(|map| rename(&mut map.source));
        step.parameters.iter_mut().filter_map(|(parameter, _)| parameter.from.as_mut()).for_each(rename);
    }
    let own: Vec<String> = workflow.steps.iter().map(Step::name).collect();
    let included: Vec<String> = workflow.includes.iter().map(Include::name).collect();
    for edge in workflow.steps.iter_mut().flat_map(|step| &mut step.edges) {
        let name = edge.name();
        // A path leads elsewhere.
        let here = own.iter().position(|other| !edge.step.is_path() && *other == name).map(Producer::Own);
        edge.to = here.or_else(|| included.iter().position(|other| *other == name).map(Producer::Included));
    }
}

fn graph(workflow: &mut Workflow, sink: &Sink, steps: &[StepSink]) {
    let name = workflow.name();
    if let Err(problem) = pgflow_graph::check_name(&name)
        && !workflow.is_shared
    {
        sink.error_with_help(&workflow.ident, format_args!("`{name}` cannot be the name of a workflow"), problem);
    }
    let own = workflow.steps.len();
    // Of what stands elsewhere it is not known here when it is skipped, nor what it depends on: the compiler looks at that.
    let included = workflow.includes.iter().map(|include| Node::new(include.name(), []));
    let nodes = workflow.steps.iter().map(Step::node).chain(included).collect();
    let is_included = |name: &str| workflow.includes.iter().any(|include| include.name() == name);
    let Err(problems) = Graph::check(&name, nodes) else { return };
    let is_vague = |name: &str| workflow.steps.iter().any(|step| step.arguments.vague && step.name() == name);
    let unproven =
        |rule: &Rule| matches!(rule, Rule::SkipsWithCertain { name, .. } if is_included(name) || is_vague(name));
    // Outside a workflow, two steps of one name are told as what they are.
    let differ = |problem: &Problem| match (&problem.rule, problem.edge, workflow.steps.get(problem.step)) {
        (Rule::Repeated { .. }, Some(edge), Some(step)) => {
            let (name, text) = (step.edges[edge].name(), step.edges[edge].step.text());
            step.edges[..edge].iter().any(|other| other.name() == name && other.step.text() != text)
        }
        _ => false,
    };
    let problems: Vec<Problem> =
        problems.into_iter().filter(|problem| !unproven(&problem.rule) && !differ(problem)).collect();
    let mut unclear = false;
    for problem in problems {
        if let Rule::Empty = problem.rule {
            sink.error_with_help(
                &workflow.ident,
                problem.message(),
                "mark its functions with `#[step]`; what a `macro_rules!` call inside the module would write is not seen, since it is expanded later",
            );
            continue;
        }
        let Some(step) = workflow.steps.get(problem.step) else {
            let include = &workflow.includes[problem.step - own];
            let (path, name) = (include.step.text(), include.name());
            match problem.rule {
                Rule::Duplicate { .. } if !workflow.is_shared => sink.error_with_help(
                    include.ident(),
                    problem.message(),
                    format_args!("give one of them another name in this workflow: `{path} as other_{name}`"),
                ),
                Rule::Duplicate { .. } => sink.error_with_help(
                    include.ident(),
                    format_args!("step `{}` depends on two steps named `{name}`", workflow.name()),
                    format_args!("import one of them by another name: `use {path} as other_{name}`"),
                ),
                _ => sink.error(include.ident(), problem.message()),
            }
            unclear = true;
            continue;
        };
        let StepSink { attribute, head, .. } = &steps[problem.step];
        let map = step.arguments.map.as_ref().and_then(MapPath::step);
        match (&problem.rule, problem.edge) {
            (Rule::SkipsWithout { at, .. } | Rule::SkipsWithCertain { at, .. } | Rule::SkipsTwice { at, .. }, _) => {
                report(workflow, &problem, &step.arguments.skip_with[*at], attribute)
            }
            (Rule::MapsOverSkipped { .. } | Rule::MapsOverGaps { .. }, _) if let Some(map) = map => {
                report(workflow, &problem, map, attribute);
            }
            (_, Some(edge)) => report(workflow, &problem, &step.edges[edge].step, attribute),
            (_, None) => report(workflow, &problem, &step.ident.clone().into(), head),
        }
        let step = &mut workflow.steps[problem.step];
        if let (Rule::Unknown { .. } | Rule::Itself | Rule::Repeated { .. }, Some(edge)) = (&problem.rule, problem.edge)
        {
            step.unclear = true;
            // Also where there is nothing to tell, since the compiler does.
            step.broken = true;
            step.edges[edge].to = None;
        }
    }
    if unclear {
        leave_out_included(workflow);
    }
}

/// Where it is not clear which steps are meant, no more is said of those that stand elsewhere.
fn leave_out_included(workflow: &mut Workflow) {
    workflow.includes.clear();
    for step in &mut workflow.steps {
        for edge in step.edges.iter_mut().filter(|edge| matches!(edge.to, Some(Producer::Included(_)))) {
            edge.to = None;
            (step.unclear, step.broken) = (true, true);
        }
    }
}

/// What is executed when the run has failed stands outside the graph.
fn hooks(workflow: &Workflow, steps: &[StepSink]) {
    let mut first: Option<&Step> = None;
    for (step, sink) in workflow.steps.iter().zip(steps) {
        let name = step.name();
        if let (Some(argument), true) = (&step.arguments.on_failure, workflow.is_shared) {
            sink.attribute.error_with_help(
                argument,
                format_args!("step `{name}` is executed when the run of a workflow has failed, but stands outside any"),
                "move it into the module of the workflow; it can call a function that several have in common",
            );
        }
        for edge in &step.edges {
            if let Some(hook) = edge.to.and_then(|at| workflow.own(at)).filter(|other| other.is_hook()) {
                let hook = hook.name();
                sink.attribute.error_with_help(
                    &edge.step,
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
            (arguments.child.is_some(), "`child`"),
            (arguments.signal_timeout.is_some(), "`signal_timeout`"),
            (arguments.latest_signal.is_some(), "`latest_signal`"),
            (arguments.max_repeats.is_some(), "`max_repeats`"),
            (arguments.repeat_timeout.is_some(), "`repeat_timeout`"),
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
    let is_alone = !workflow.is_shared && workflow.includes.is_empty() && workflow.steps.iter().all(Step::is_hook);
    if let (Some(hook), true) = (first, is_alone)
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

fn report(workflow: &Workflow, problem: &Problem, at: &StepName, sink: &Sink) {
    match &problem.rule {
        Rule::Unknown { .. } if at.is_path() => {
            let mut paths: Vec<String> = workflow.includes.iter().map(|include| include.step.text()).collect();
            paths.push(at.text());
            sink.error_with_help(
                at,
                format_args!("workflow `{}` does not include `{}`", workflow.name(), at.text()),
                format_args!("include it: `#[workflow(include = [{}])]`", paths.join(", ")),
            );
        }
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
        Rule::Unknown { name, .. } if workflow.is_unreadable(name) => {}
        Rule::Unknown { name, .. }
            if let Some((_, path)) = workflow.within.iter().find(|(within, _)| within == name) =>
        {
            let mut paths: Vec<String> = workflow.includes.iter().map(|include| include.step.text()).collect();
            paths.push(path.clone());
            sink.error_with_help(
                at,
                format_args!(
                    "`{path}` stands in a module of its own, and is no step of workflow `{}`",
                    workflow.name()
                ),
                format_args!("include it: `#[workflow(include = [{}])]`", paths.join(", ")),
            );
        }
        Rule::Unknown { name, .. }
            if let Some((_, closed)) = workflow.gated.iter().find(|(gated, _)| gated.unraw() == name) =>
        {
            let step = &workflow.steps[problem.step];
            sink.error_with_help(
                at,
                format_args!("step `{}` depends on `{name}`, which is compiled out by `{closed}`", step.name()),
                format_args!(
                    "put `{closed}` on `{}` too, or declare another `{name}` for when it does not hold",
                    step.name()
                ),
            );
        }
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
    if name == "item" && step.is_map() {
        return sink.error_with_help(
            ident,
            format_args!("the {what} of step `{own}` takes `item`, but is asked once, for all items"),
            "to skip single items, declare the step `skippable`, and return a `Skippable`",
        );
    }
    let dependencies: Vec<String> = step.edges.iter().map(Edge::name).collect();
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
        failure_is_misused(step, parameter, *binding, sink);
        match *binding {
            Binding::Output(edge) => step.edges[edge].value = true,
            Binding::Item if !is_map && !step.unclear => sink.error_with_help(
                &parameter.ident,
                format_args!("step `{own}` takes `item`, but maps over nothing"),
                "say which list: `map = input.lines`, or `map = ` and the name of a step that returns a list",
            ),
            _ => {}
        }
        if !matches!(*binding, Binding::Extractor | Binding::Signal | Binding::Repeat) {
            if taken.contains(binding) {
                let what = parameter.from.as_ref().map_or_else(|| parameter.name(), StepName::name);
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
        let from_name = from.name();
        if let Some(edge) = edge_named(&step.edges, |name| *name == from_name) {
            return Binding::Output(edge);
        }
        if step.unclear {
            return Binding::Extractor;
        }
        if from_is_misused(step, parameter, from, names, sink) {
            return Binding::Extractor;
        }
        if names.contains(&from_name) {
            sink.error_with_help(
                from,
                format_args!("step `{own}` takes `{from_name}`, but does not depend on it"),
                add(step, &from_name),
            );
        } else {
            let dependencies = step.edges.iter().map(Edge::name).collect::<Vec<_>>();
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
    if parameter.signal().is_some() {
        return Binding::Signal;
    }
    if parameter.repeat().is_some() {
        return Binding::Repeat;
    }
    if let Some(name) = names.iter().find(|name| **name != own && parameter.is(name) && !step.unclear) {
        if step.is_hook() {
            no_outputs(&own, &parameter.ident, sink);
            return Binding::Extractor;
        }
        sink.error_with_help(
            &parameter.ident,
            format_args!("step `{own}` takes `{name}`, but does not depend on it"),
            add(step, name),
        );
    }
    Binding::Extractor
}

fn edge_named(edges: &[Edge], is: impl Fn(&String) -> bool) -> Option<usize> {
    edges.iter().position(|edge| is(&edge.name()))
}

fn add(step: &Step, name: &str) -> String {
    let mut names: Vec<String> = step.arguments.depends_on.iter().map(StepName::text).collect();
    names.push(name.to_owned());
    format!("add it: `depends_on = [{}]`", names.join(", "))
}
