//! The output of the workflow: that of the last step, or a struct where several steps are last.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Type};

use super::items::output_of;
use super::{Names, local};
use crate::model::{Step, Workflow};

/// The steps that make the output. None when what they are is not settled: then the output is `()`.
fn leaves(workflow: &Workflow) -> Vec<(usize, &Step)> {
    let leaves: Vec<_> = workflow.leaves().into_iter().map(|step| (step, &workflow.steps[step])).collect();
    if leaves.iter().all(|(_, step)| step.returns.is_some()) { leaves } else { Vec::new() }
}

/// The type of the output.
pub(super) fn ty(workflow: &Workflow) -> TokenStream {
    match leaves(workflow).as_slice() {
        [] => quote!(()),
        [(n, step)] => listed(step, output_of(workflow, *n)),
        _ => quote!(WorkflowOutput),
    }
}

/// Where the type of the output stands, when one step gives it.
pub(super) fn place(workflow: &Workflow) -> Option<&Type> {
    match leaves(workflow).as_slice() {
        [(_, step)] => step.returns.as_ref(),
        _ => None,
    }
}

/// The body of `decode_output`.
pub(super) fn decode(workflow: &Workflow) -> TokenStream {
    match leaves(workflow).as_slice() {
        [(n, step)] => {
            let Names { returns, .. } = Names::of(*n);
            if step.is_map() {
                quote!(#returns().payload.decode_list(output))
            } else {
                quote!((#returns().payload.decode)(output))
            }
        }
        _ => quote!(output.decode()),
    }
}

/// The struct, where there is one.
pub(super) fn item(workflow: &Workflow) -> Option<TokenStream> {
    let leaves = leaves(workflow);
    if leaves.len() < 2 {
        return None;
    }
    let private = workflow.private();
    let Workflow { visibility, .. } = workflow;
    let about =
        format!("The output of the workflow `{}`: that of each step on which no other depends.", workflow.name());
    let fields = leaves.iter().map(|(_, step)| {
        let (name, returns) = (field(step), &step.returns);
        let about = match step.is_map() {
            true => format!("The outputs of step `{}`.", step.name()),
            false => format!("The output of step `{}`.", step.name()),
        };
        let ty = listed(step, quote!(<#returns as #private::StepResult>::Ok));
        quote!(#[doc = #about] #visibility #name: #ty)
    });
    Some(quote! {
        #[doc = #about]
        #visibility struct WorkflowOutput {
            #(#fields,)*
        }
    })
}

/// What the struct can do: to JSON and back, and its schema. It asks nothing of its fields' types by name: what they can do is
/// known from the steps.
pub(super) fn implementations(workflow: &Workflow) -> Option<TokenStream> {
    let leaves = leaves(workflow);
    if leaves.len() < 2 {
        return None;
    }
    let private = workflow.private();
    let title = format!("{}_output", workflow.name());
    let (input, fields) = (local("__input"), local("__fields"));
    let encoded = leaves.iter().map(|(n, step)| {
        let (Names { returns, .. }, name, field) = (Names::of(*n), step.name(), field(step));
        if step.is_map() {
            quote!((#name, #returns().payload.encode_list(&self.#field)))
        } else {
            quote!((#name, (#returns().payload.encode)(&self.#field)))
        }
    });
    let decoded = leaves.iter().map(|(n, step)| {
        let (Names { returns, .. }, name, field) = (Names::of(*n), step.name(), field(step));
        let read = if step.is_map() { quote!(list) } else { quote!(one) };
        quote!(#field: #fields.#read(#name, &#returns().payload)?)
    });
    let schemas = leaves.iter().map(|(n, step)| {
        let (Names { returns, .. }, name, is_map) = (Names::of(*n), step.name(), step.is_map());
        quote!((#name, #returns().payload.schema, #is_map))
    });
    Some(quote! {
        impl #private::serde::Serialize for WorkflowOutput {
            fn serialize<__S: #private::serde::Serializer>(&self, #input: __S) -> ::core::result::Result<__S::Ok, __S::Error> {
                #private::serialize_fields(#input, [#(#encoded),*])
            }
        }
        impl<'de> #private::serde::Deserialize<'de> for WorkflowOutput {
            fn deserialize<__D: #private::serde::Deserializer<'de>>(#input: __D) -> ::core::result::Result<Self, __D::Error> {
                let mut #fields = #private::Fields::read(#input)?;
                ::core::result::Result::Ok(Self { #(#decoded),* })
            }
        }
        impl #private::schemars::JsonSchema for WorkflowOutput {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(#title)
            }
            fn json_schema(#input: &mut #private::schemars::SchemaGenerator) -> #private::schemars::Schema {
                #private::fields_schema(#input, &[#(#schemas),*])
            }
        }
        impl ::core::fmt::Debug for WorkflowOutput {
            fn fmt(&self, #input: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #input.debug_struct("WorkflowOutput").finish_non_exhaustive()
            }
        }
    })
}

fn listed(step: &Step, ty: TokenStream) -> TokenStream {
    if step.is_map() { quote!(::std::vec::Vec<#ty>) } else { ty }
}

fn field(step: &Step) -> Ident {
    let mut ident = step.ident.clone();
    ident.set_span(Span::call_site());
    ident
}
