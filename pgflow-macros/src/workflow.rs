//! `#[workflow]`, from its tokens to its expansion.

use proc_macro2::TokenStream;
use syn::{Visibility, parse_quote};

use crate::check::check;
use crate::debug;
use crate::expand;
use crate::gate::{Gates, conditions};
use crate::misuse::takes_state;
use crate::model::{Schedule, Step, Workflow};
use crate::parse::{
    CatchUp, Function, Item, Module, Signature, WorkflowArguments, doc_comment, is_step, step_arguments, steps_within,
};
use crate::report::{Report, StepSink};

/// Expands `#[workflow(arguments)] item`.
pub(crate) fn workflow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let (gates, arguments) = Gates::take(arguments);
    let report = Report::new();
    let sink = report.sink();
    let written = arguments.clone();
    let arguments = WorkflowArguments::read(arguments, &sink.part());
    let mut module: Module = match syn::parse2(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            sink.push(error);
            return report.after(item);
        }
    };
    let krate = arguments.krate.unwrap_or_else(|| parse_quote!(::pgflow));
    if let Some(again) = gates.ask(&module, &item, &written, &krate) {
        report.forget();
        return again;
    }
    let conditions = conditions(&module);
    let mut gated = Vec::new();
    let own = sink.part();
    let mut parts = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    let (mut functions, mut unreadable, mut within) = (Vec::new(), Vec::new(), Vec::new());
    let mut taken = Vec::new();
    for item in &mut module.items {
        match item {
            Item::Step(function) if let Some(closed) = gates.closed(&conditions, &function.attributes) => {
                gated.push((function.signature.ident.clone(), closed));
            }
            Item::Step(function) => {
                let part = StepSink::part_of(&sink);
                let step = step(function, &part);
                taken.push(step.ident.clone());
                // The compiler itself refuses two functions of one name.
                if steps.iter().all(|other| other.name() != step.name()) {
                    steps.push(step);
                    parts.push(part);
                }
            }
            Item::Unreadable { name, .. } => unreadable.push(name.clone()),
            Item::Other { name: Some((name, is_function)), tokens } => {
                taken.push(name.clone());
                within.extend(steps_within(tokens));
                if expand::GENERATED.iter().any(|generated| name == generated) {
                    sink.part().error_with_help(
                        &*name,
                        format_args!("`{name}` is the name of an item that `#[workflow]` writes into this module"),
                        "give it another name, or move it out of the module",
                    );
                }
                if *is_function {
                    functions.push(name.clone());
                }
            }
            Item::Other { name: None, .. } => {}
        }
    }
    if arguments.vague {
        steps.iter_mut().filter(|step| takes_state(step)).for_each(|step| step.broken = true);
    }
    let mut workflow = Workflow {
        ident: module.name.clone(),
        description: doc_comment(&module.attributes),
        visibility: inner_visibility(&module.visibility),
        deadline: arguments.deadline,
        schedule: arguments.schedule.map(|(argument, cron)| Schedule {
            argument,
            cron,
            timezone: arguments.timezone.map_or_else(|| "UTC".to_owned(), |(_, zone)| zone),
            catch_up: arguments.catch_up.map_or(CatchUp::One, |(_, catch_up)| catch_up),
        }),
        scheduled_input: arguments.scheduled_input,
        krate,
        state: arguments.state,
        input: arguments.input,
        steps,
        includes: arguments.include,
        output: arguments.output,
        is_shared: false,
        functions,
        unreadable,
        within,
        gated,
        taken,
    };
    check(&mut workflow, &own, &parts);
    let output = expand::module(&module, &workflow);
    debug::print("workflow", &workflow.name(), || output.clone());
    for (n, step) in workflow.steps.iter().enumerate() {
        debug::print("step", &step.name(), || expand::step(&workflow, n));
    }
    report.after(output)
}

/// Reads one step. What is left in `function` is what rustc shall see: the attribute is turned into a marker.
fn step(function: &mut Function, sink: &StepSink) -> Step {
    let from = function.take_from_attributes();
    let mut arguments = None;
    let mut repeated = Vec::new();
    let attributes = std::mem::take(&mut function.attributes);
    for mut attribute in attributes {
        if is_step(&attribute) {
            if arguments.is_some() {
                repeated.push(attribute);
                continue;
            }
            arguments = Some(step_arguments(&attribute, &sink.attribute));
            let path = attribute.path().clone();
            attribute.meta = parse_quote!(#path(__pgflow));
        }
        function.attributes.push(attribute);
    }
    for attribute in repeated {
        sink.attribute.error(attribute, "a step has one `#[step]` attribute");
    }
    let arguments = arguments.unwrap_or_default();
    if let Some(krate) = &arguments.krate {
        sink.attribute.error(krate, "inside a workflow, `crate` is an argument of `#[workflow]`");
    }
    let signature = Signature::read(function, &from, arguments.skippable, sink);
    Step::new(function, arguments, signature, sink)
}

/// The visibility that makes an item in a module as visible as the module itself.
fn inner_visibility(module: &Visibility) -> Visibility {
    match module {
        Visibility::Inherited => parse_quote!(pub(super)),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            match restricted.path.segments.first().map(|segment| segment.ident.to_string()).as_deref() {
                Some("self") => parse_quote!(pub(super)),
                Some("super") => parse_quote!(pub(in super::#path)),
                _ => module.clone(),
            }
        }
        Visibility::Public(_) => module.clone(),
    }
}
