//! A step outside a workflow: a type of its name, which says what any workflow must know that includes it.
//!
//! ```text
//! pub async fn audit(..) -> .. {..}   the user's function, as it stands
//! pub enum audit {}                   its type
//! const _: () = {
//!     let _ = reserve;                each name in the attributes, as in a workflow
//!     const RETURNS_0: ..             and all that a workflow has for a step
//!     fn run_0<State>(Call<State>) -> ..
//!     impl SharedStep for audit {..}  its name, what it depends on, what it returns
//!     impl TakesInput<Order> for audit {}
//!     impl<State> RunsIn<State> for audit {..}
//! };
//! ```

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use super::condition::Shape;
use super::items::{associated, functions, handler, names, output_of, runs};
use super::link::{included, located};
use super::{Names, attempt, proof, spec};
use crate::model::{Producer, Step, Workflow};

/// What stands beside the function.
pub(super) fn shared(workflow: &Workflow, gates: &[&Attribute]) -> TokenStream {
    let Some(step) = workflow.steps.first() else { return TokenStream::new() };
    let used = names(workflow, step);
    if step.returns.is_none() {
        return quote!(#(#gates)* const _: () = { #used };);
    }
    let (name, visibility) = (&step.ident, &workflow.visibility);
    let functions = functions(workflow);
    let proofs = proof::edges(workflow);
    let step_type = step_type(workflow, step);
    quote! {
        #(#gates)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations, unreachable_pub, clippy::all)]
        #visibility enum #name {}
        #(#gates)*
        const _: () = {
            #used
            #functions
            #proofs
            #step_type
        };
    }
}

fn step_type(workflow: &Workflow, step: &Step) -> TokenStream {
    let private = workflow.private();
    let (name, text) = (located(&step.ident), step.name());
    let Names { returns, .. } = Names::of(0);
    let dependencies = step.edges.iter().filter_map(|edge| match edge.to {
        Some(Producer::Included(at)) => {
            let (name, path) = (edge.name(), included(workflow, at));
            Some(quote!((#name, <#path as #private::SharedStep>::ID)))
        }
        _ => None,
    });
    let output = associated("Output", &output_of(workflow, 0), step.returns.as_ref());
    let Shape { list, gaps, missing } = Shape::of_leaf(step);
    let form = match (list, gaps) {
        (false, _) => quote!(#private::One),
        (true, false) => quote!(#private::Many),
        (true, true) => quote!(#private::Gaps),
    };
    let form = if missing { quote!(#private::Maybe<#form>) } else { form };
    let spec = spec::spec(workflow, 0, step);
    let takes = if step.takes_the_input() {
        quote!(impl #private::TakesInput<__PgflowInput> for #name {})
    } else {
        quote!(impl<__PgflowAny> #private::TakesInput<__PgflowAny> for #name {})
    };
    let runs_in = runs_in(workflow, step);
    quote! {
        impl #private::SharedStep for #name {
            const ID: u64 = #private::proof::id(::core::concat!(
                ::core::module_path!(), "::", #text, " ", ::core::file!(), ":", ::core::line!(), ":", ::core::column!()
            ));
            const DEPENDS_ON: &'static [(&'static str, u64)] = &[#(#dependencies),*];
            #output
            type Form = #form;

            const PAYLOAD: #private::Payload<Self::Output> = #returns.payload;
            const SPEC: #private::StepSpec = #spec;
        }
        #takes
        #runs_in
    }
}

/// Its function. Of one that is broken, that was reported already: workflows that include it have nothing to add.
fn runs_in(workflow: &Workflow, step: &Step) -> TokenStream {
    let private = workflow.private();
    let name = located(&step.ident);
    if !runs(workflow, step) {
        return quote! {
            impl<__PgflowState> #private::RunsIn<__PgflowState> for #name {
                const HANDLER: #private::Handler<__PgflowState> = #private::Handler {
                    run: |_| ::core::unreachable!(),
                    expand: ::core::option::Option::None,
                    when: ::core::option::Option::None,
                    delay: ::core::option::Option::None,
                    child: ::core::option::Option::None,
                    upcasts: &[],
                };
            }
        };
    }
    let (parameter, bounds) = attempt::generic(workflow, step);
    let handler = handler(workflow, 0);
    quote! {
        impl #parameter #private::RunsIn<__PgflowState> for #name #bounds {
            const HANDLER: #private::Handler<__PgflowState> = #handler;
        }
    }
}
