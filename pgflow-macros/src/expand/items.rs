//! The items of the module that users see, and the block around all that they do not.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::link::ends;
use super::spec::option;
use super::{Names, attempt, condition, list, local, output, returns_function, spec};
use crate::model::{Step, Workflow};
use crate::parse::MapPath;

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
    quote! {
        const _: () = { #hidden };
        #ty
        #definition
        #schema
        #client
        #output
    }
}

fn hidden(workflow: &Workflow) -> TokenStream {
    let private = workflow.private();
    let mut tokens = TokenStream::new();
    for step in &workflow.steps {
        tokens.extend(names(workflow, step));
    }
    let state = workflow.state.as_ref().map_or_else(|| quote!(()), |state| quote!(#state));
    let input = workflow.input().0.map_or_else(|| quote!(()), |input| quote!(#input));
    tokens.extend(quote! {
        type __PgflowState = #state;
        type __PgflowInput = #input;
        fn __pgflow_input() -> #private::Payload<__PgflowInput> {
            #private::payload::<#input>()
        }
    });
    for (n, step) in workflow.steps.iter().enumerate() {
        tokens.extend(returns(workflow, n));
        if runs(workflow, step) {
            tokens.extend(list::item(workflow, n));
            tokens.extend(attempt::run(workflow, n));
            tokens.extend(list::expand(workflow, n));
            tokens.extend(condition::functions(workflow, n));
        }
    }
    tokens.extend(implementation(workflow));
    tokens.extend(output::implementations(workflow));
    tokens
}

/// What can be done with what step `n` returns; checks that this is a payload.
fn returns(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let returns = workflow.steps[n].returns.as_ref()?;
    let private = workflow.private();
    let Names { output, returns: function, .. } = Names::of(n);
    let output_type = output_of(workflow, n);
    let of = returns_function(&workflow.steps[n]);
    Some(quote! {
        type #output = #returns;
        fn #function() -> #private::Returns<#output, #output_type> {
            #private::#of::<#returns>()
        }
    })
}

/// The type of the output of step `n`, at the place of its return type: that this is no `Result` is said there.
pub(super) fn output_of(workflow: &Workflow, n: usize) -> TokenStream {
    let private = workflow.private();
    let Names { output, .. } = Names::of(n);
    let (first, last) = ends(workflow.steps[n].returns.as_ref());
    let open = quote_spanned!(first=> <);
    if workflow.steps[n].arguments.skippable {
        let value = quote_spanned!(last=> Value);
        return quote!(#open <#output as #private::StepResult>::Ok as #private::MaySkip>::#value);
    }
    let ok = quote_spanned!(last=> Ok);
    quote!(#open #output as #private::StepResult>::#ok)
}

/// Whether the step can be generated: nothing is wrong with it, and what it takes is known.
pub(super) fn runs(workflow: &Workflow, step: &Step) -> bool {
    !step.broken && step.edges.iter().filter_map(|edge| edge.step).all(|to| workflow.steps[to].returns.is_some())
}

/// The names in the attributes of a step, each used as it stands: editors follow it, and complete it.
///
/// To complete, an editor compares what is written with and without the half-typed name: up to there, both must be the same.
fn names(workflow: &Workflow, step: &Step) -> TokenStream {
    let map = step.arguments.map.as_ref();
    let source = map.and_then(MapPath::step);
    let from = step.parameters.iter().filter_map(|(parameter, _)| parameter.from.as_ref());
    let used: Vec<&Ident> =
        step.arguments.depends_on.iter().chain(source).chain(from).chain(&step.arguments.skip_with).collect();
    // What is no step was reported already. It names something of its own here, so that the compiler has nothing to add.
    let mut unknown: Vec<&Ident> = Vec::new();
    for name in &used {
        if workflow.steps.iter().all(|step| step.ident.unraw() != name.unraw()) && !unknown.contains(name) {
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
        None => quote!(__PgflowInput),
        Some(source) => {
            let n = workflow.steps.iter().position(|step| step.ident.unraw() == source.unraw())?;
            let producer = &workflow.steps[n];
            if producer.is_map() || producer.returns.is_none() {
                return None;
            }
            output_of(workflow, n)
        }
    };
    let value = local("__value");
    let fields = map.fields.iter().map(|(dot, field)| quote!(#dot #field));
    Some(quote!(let _ = |#value: #ty| { let _ = #value #(#fields)*; };))
}

/// An associated type whose place is that of the user's type: that it is too private is said there.
fn associated(name: &str, ty: &TokenStream, at: Option<&syn::Type>) -> TokenStream {
    let (first, last) = ends(at);
    let name = format_ident!("{name}");
    let (keyword, end) = (quote_spanned!(first=> type), quote_spanned!(last=> ;));
    quote!(#keyword #name = #ty #end)
}

fn implementation(workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let private = workflow.private();
    let name = workflow.name();
    let definition = spec::definition(workflow);
    let input = associated("Input", &quote!(__PgflowInput), workflow.input().0);
    let output = associated("Output", &output::ty(workflow), output::place(workflow));
    let decode_output = output::decode(workflow);
    let handlers = workflow.steps.iter().enumerate().filter(|(_, step)| runs(workflow, step)).map(|(n, step)| {
        let Names { run, expand, when, delay, .. } = Names::of(n);
        let expand = option(step.is_map().then(|| quote!(#expand)));
        let when = option(step.condition.is_some().then(|| quote!(#when)));
        let delay = option(step.delay.is_some().then(|| quote!(#delay)));
        quote!(#private::Handler { run: #run, expand: #expand, when: #when, delay: #delay })
    });
    let state = workflow.state.as_ref().map_or_else(|| quote!(()), |state| quote!(#state));
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
                (__pgflow_input().encode)(input)
            }

            fn decode_output(output: ::core::option::Option<&#private::Encoded>) -> #private::serde_json::Result<Self::Output> {
                #decode_output
            }

            fn handlers() -> #private::Handlers<Self::State> {
                #private::Handlers {
                    steps: ::std::vec![#(#handlers),*],
                    check_input: |input| #private::check_input(input, &__pgflow_input()),
                }
            }
        }
    }
}
