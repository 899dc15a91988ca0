//! The items of the module that users see, and the block around all that they do not.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::link::{ends, included};
use super::spec::option;
use super::{Names, attempt, condition, list, local, output, proof, returns_function, signal, spec};
use crate::model::{Producer, Step, Workflow};
use crate::parse::{MapPath, StepName};

pub(super) fn items(workflow: &Workflow) -> TokenStream {
    let Workflow { visibility, krate, .. } = workflow;
    let private = workflow.private();
    let name = workflow.name();
    let about = match &workflow.description {
        Some(description) => format!("The workflow `{name}`.\n\n{description}"),
        None => format!("The workflow `{name}`."),
    };
    let output = workflow.is_free("WorkflowOutput").then(|| output::item(workflow));
    let hidden = hidden(workflow);
    let ty = workflow.is_free("Workflow").then(|| {
        quote! {
            #[doc = #about]
            #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::default::Default)]
            #visibility struct Workflow;
        }
    });
    let definition = workflow.is_free("definition").then(|| {
        quote! {
            /// The declaration of this workflow as data: its steps, their dependencies, options and schemas.
            #[must_use]
            #visibility fn definition() -> #krate::Definition {
                <Workflow as #krate::Workflow>::definition()
            }
        }
    });
    let schema = workflow.is_free("schema").then(|| {
        quote! {
            /// The JSON Schemas of all payloads of this workflow, as one document.
            #[must_use]
            #visibility fn schema() -> #private::serde_json::Value {
                <Workflow as #krate::Workflow>::schema()
            }
        }
    });
    let client = ["start", "start_with", "start_in"].iter().all(|name| workflow.is_free(name)).then(|| {
        quote! {
            #krate::__client_functions! { #visibility Workflow }
        }
    });
    let signals = signal::senders(workflow);
    quote! {
        const _: () = { #hidden };
        #ty
        #definition
        #schema
        #client
        #signals
        #output
    }
}

fn hidden(workflow: &Workflow) -> TokenStream {
    let mut tokens = TokenStream::new();
    for step in &workflow.steps {
        tokens.extend(names(workflow, step));
    }
    tokens.extend(names_included(workflow));
    let state = workflow.state.as_ref().map_or_else(|| quote!(()), |state| quote!(#state));
    tokens.extend(quote!(type __PgflowState = #state;));
    tokens.extend(functions(workflow));
    tokens.extend(proof::graph(workflow));
    tokens.extend(proof::edges(workflow));
    tokens.extend(implementation(workflow));
    tokens.extend(output::implementations(workflow));
    tokens
}

/// The names of the steps that stand elsewhere, as they are in this workflow.
fn names_included(workflow: &Workflow) -> TokenStream {
    let imports = workflow.includes.iter().map(|include| {
        let (path, mut name) = (&include.step, include.ident().clone());
        if !include.is_imported() {
            return quote!(let _ = #path;);
        }
        let place = Span::call_site().located_at(path.ident().span());
        name.set_span(place);
        let renamed = quote_spanned!(place=> as);
        quote!(#[allow(unused_imports)] use #path #renamed #name;)
    });
    let said = workflow.output.iter().flat_map(|output| &output.steps);
    let said = said.filter(|step| workflow.find(&step.name()).is_some());
    let (imported, named): (Vec<_>, Vec<_>) =
        imports.zip(&workflow.includes).partition(|(_, include)| include.is_imported());
    let (imported, named) = (imported.iter().map(|(tokens, _)| tokens), named.iter().map(|(tokens, _)| tokens));
    quote!(#(#imported)* { #(#named)* #(let _ = #said;)* })
}

/// What each step is made of.
pub(super) fn functions(workflow: &Workflow) -> TokenStream {
    let private = workflow.private();
    let mut tokens = TokenStream::new();
    let input = workflow.input().0.map_or_else(|| quote!(()), |input| quote!(#input));
    tokens.extend(quote! {
        type __PgflowInput = #input;
        const __PGFLOW_INPUT: #private::Payload<__PgflowInput> = #private::payload::<#input>();
    });
    for n in 0..workflow.steps.len() {
        tokens.extend(step(workflow, n));
    }
    tokens
}

/// What is written for step `n` alone.
pub(crate) fn step(workflow: &Workflow, n: usize) -> TokenStream {
    let mut tokens = TokenStream::new();
    tokens.extend(returns(workflow, n));
    if workflow.steps[n].returns.is_some() {
        tokens.extend(upcasts_function(workflow, n));
    }
    tokens.extend(signal::payload(workflow, n));
    tokens.extend(signal::state(workflow, n));
    tokens.extend(condition::functions(workflow, n));
    if runs(workflow, &workflow.steps[n]) {
        tokens.extend(list::item(workflow, n));
        tokens.extend(attempt::run(workflow, n));
        tokens.extend(list::expand(workflow, n));
    }
    tokens
}

/// What can be done with what step `n` returns; checks that this is a payload.
fn returns(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let returns = workflow.steps[n].returns.as_ref()?;
    let private = workflow.private();
    let Names { output, returns: function, .. } = Names::of(n);
    let output_type = output_of(workflow, n);
    let of = returns_function(&workflow.steps[n]);
    let child = child(&workflow.steps[n]).into_iter();
    Some(quote! {
        type #output = #returns;
        const #function: #private::Returns<#output, #output_type> = #private::#of::<#returns #(, #child)*>();
    })
}

/// The type of the output of step `n`, at the place of its return type: that this is no `Result` is said there.
pub(super) fn output_of(workflow: &Workflow, n: usize) -> TokenStream {
    let private = workflow.private();
    let Names { output, .. } = Names::of(n);
    if let Some(child) = child(&workflow.steps[n]) {
        let krate = &workflow.krate;
        return quote!(<#child as #krate::Workflow>::Output);
    }
    let (first, last) = ends(workflow.steps[n].returns.as_ref());
    let open = quote_spanned!(first=> <);
    if workflow.steps[n].arguments.skippable {
        let value = quote_spanned!(last=> Value);
        return quote!(#open <#output as #private::StepResult>::Ok as #private::MaySkip>::#value);
    }
    let ok = quote_spanned!(last=> Ok);
    quote!(#open #output as #private::StepResult>::#ok)
}

/// The type of the workflow of which a step is a run.
pub(super) fn child(step: &Step) -> Option<TokenStream> {
    let module = &step.arguments.child.as_ref().filter(|_| !step.arguments.skippable)?.module;
    // That there is none is said at the module's name.
    let (_, last) = ends(Some(module));
    let ty = quote_spanned!(last=> ::Workflow);
    Some(quote!(#module #ty))
}

/// Whether the step can be generated: nothing is wrong with it, and what it takes is known.
pub(super) fn runs(workflow: &Workflow, step: &Step) -> bool {
    let known = |to| workflow.own(to).is_none_or(|step| step.returns.is_some() && !step.arguments.vague);
    !step.broken && step.edges.iter().filter_map(|edge| edge.to).all(known)
}

/// The names in the attributes of a step, each used as it stands: editors follow it, and complete it.
///
/// To complete, an editor compares what is written with and without the half-typed name: up to there, both must be the same.
pub(super) fn names(workflow: &Workflow, step: &Step) -> TokenStream {
    let map = step.arguments.map.as_ref();
    let source = map.and_then(MapPath::step);
    let from = step.parameters.iter().filter_map(|(parameter, _)| parameter.from.as_ref());
    let used: Vec<&StepName> =
        step.arguments.depends_on.iter().chain(source).chain(from).chain(&step.arguments.skip_with).collect();
    // What is no step was reported already. It names something of its own here, so that the compiler has nothing to add.
    let mut unknown: Vec<&Ident> = Vec::new();
    for name in used.iter().filter(|name| !name.is_path()) {
        let name = name.ident();
        if workflow.find(&name.unraw().to_string()).is_none() && !unknown.contains(&name) {
            unknown.push(name);
        }
    }
    let unknown = unknown.into_iter().map(|name| {
        let mut name = name.clone();
        name.set_span(Span::call_site().resolved_at(name.span()));
        quote!(#[allow(non_snake_case)] fn #name() {})
    });
    let fields = map.and_then(|map| fields(workflow, map));
    quote!({ #(let _ = #used;)* #fields #(#unknown)* })
}

/// The path of `map`, on a value of the type that it starts from.
fn fields(workflow: &Workflow, map: &MapPath) -> Option<TokenStream> {
    let ty = match map.step() {
        // What it is was not said, and that was reported already.
        None if workflow.is_shared && workflow.input().0.is_none() => return None,
        None => quote!(__PgflowInput),
        Some(source) => {
            let found = workflow.find(&source.name())?;
            let (n, producer) = match found {
                Producer::Own(n) => (n, &workflow.steps[n]),
                Producer::Included(at) => {
                    let (private, path) = (workflow.private(), included(workflow, at));
                    return Some(field_path(map, &quote!(#private::Certain<#path>)));
                }
            };
            if producer.is_map() || producer.returns.is_none() {
                return None;
            }
            output_of(workflow, n)
        }
    };
    Some(field_path(map, &ty))
}

fn field_path(map: &MapPath, ty: &TokenStream) -> TokenStream {
    let value = local("__value");
    let fields = map.fields.iter().map(|(dot, field)| quote!(#dot #field));
    quote!(let _ = |#value: #ty| { let _ = #value #(#fields)*; };)
}

/// An associated type whose place is that of the user's type: that it is too private is said there.
pub(super) fn associated(name: &str, ty: &TokenStream, at: Option<&syn::Type>) -> TokenStream {
    let (first, last) = ends(at);
    let name = format_ident!("{name}");
    let (keyword, end) = (quote_spanned!(first=> type), quote_spanned!(last=> ;));
    quote!(#keyword #name = #ty #end)
}

/// The functions of step `n`.
pub(super) fn handler(workflow: &Workflow, n: usize) -> TokenStream {
    let (private, step) = (workflow.private(), &workflow.steps[n]);
    let Names { run, expand, when, delay, .. } = Names::of(n);
    let expand = option(step.is_map().then(|| quote!(#expand)));
    let when = option(step.condition.is_some().then(|| quote!(#when)));
    let delay = option(step.delay.is_some().then(|| quote!(#delay)));
    let upcasts = upcasts(workflow, n);
    let krate = &workflow.krate;
    let child = option(child(step).map(|child| quote!(<#child as #krate::Workflow>::definition)));
    quote! {
        #private::Handler {
            run: #run, expand: #expand, when: #when, delay: #delay, child: #child, upcasts: #upcasts
        }
    }
}

/// From which older outputs that of step `n` can be made.
pub(super) fn upcasts(workflow: &Workflow, n: usize) -> TokenStream {
    let Names { upcasts, .. } = Names::of(n);
    if workflow.steps[n].arguments.upcasts.is_empty() { quote!(&[]) } else { quote!(#upcasts) }
}

/// The function that says so, and checks that they can.
fn upcasts_function(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let private = workflow.private();
    let output = output_of(workflow, n);
    let older = &workflow.steps[n].arguments.upcasts;
    let Names { upcasts, .. } = Names::of(n);
    (!older.is_empty()).then(|| {
        quote! {
            const #upcasts: &[#private::Upcast] = &[#(#private::upcast::<#older, #output>()),*];
        }
    })
}

fn implementation(workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let private = workflow.private();
    let name = workflow.name();
    let definition = spec::definition(workflow);
    let input = associated("Input", &quote!(__PgflowInput), workflow.input().0);
    let output = associated("Output", &output::ty(workflow), output::place(workflow));
    let decode_output = output::decode(workflow);
    let own = workflow.steps.iter().enumerate().filter(|(_, step)| runs(workflow, step));
    let handlers = own.map(|(n, _)| handler(workflow, n)).chain((0..workflow.includes.len()).map(|at| {
        let step = included(workflow, at);
        quote!(#private::handler::<#step, __PgflowState>())
    }));
    let state = workflow.state.as_ref().map_or_else(|| quote!(()), |state| quote!(#state));
    let scheduled_input = option(workflow.scheduled_input.as_ref().map(|function| {
        quote!(|scheduled| {
            const MAKE: fn(#private::Scheduled) -> __PgflowInput = #function;
            (__PGFLOW_INPUT.encode)(&MAKE(scheduled))
        })
    }));
    quote! {
        impl #krate::Workflow for Workflow {
            const NAME: &'static str = #name;
            #input
            #output
            type State = #state;

            fn definition() -> #krate::Definition {
                #definition
            }

            fn encode_input(input: &Self::Input) -> #private::serde_json::Result<#private::Encoded> {
                (__PGFLOW_INPUT.encode)(input)
            }

            fn decode_output(output: ::core::option::Option<&#private::Encoded>) -> #private::serde_json::Result<Self::Output> {
                #decode_output
            }

            fn handlers() -> #private::Handlers<Self::State> {
                const STEPS: &[#private::Handler<__PgflowState>] = &[#(#handlers),*];
                #private::Handlers {
                    steps: ::std::borrow::Cow::Borrowed(STEPS),
                    check_input: |input| #private::check_input(input, &__PGFLOW_INPUT),
                    scheduled_input: #scheduled_input,
                }
            }
        }
    }
}
