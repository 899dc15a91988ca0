//! The output of the workflow: that of the last step, or a struct where several steps are last.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Type};

use super::condition::Shape;
use super::items::output_of;
use super::link::{included, located};
use super::{Names, local, output_type};
use crate::model::{Producer, Step, Workflow};
use crate::parse::Include;

/// A last step.
enum Leaf<'a> {
    Own(usize, &'a Step),
    Included(usize, &'a Include),
}

/// The steps that make the output. None when what they are is not settled: then the output is `()`.
fn leaves(workflow: &Workflow) -> Vec<Leaf<'_>> {
    let leaf = |step| match step {
        Producer::Own(at) => Leaf::Own(at, &workflow.steps[at]),
        Producer::Included(at) => Leaf::Included(at, &workflow.includes[at]),
    };
    let leaves: Vec<_> = workflow.leaves().into_iter().map(leaf).collect();
    let settled = |leaf: &Leaf<'_>| !matches!(leaf, Leaf::Own(_, step) if step.returns.is_none());
    if leaves.iter().all(settled) { leaves } else { Vec::new() }
}

/// The type of the output.
pub(super) fn ty(workflow: &Workflow) -> TokenStream {
    match leaves(workflow).as_slice() {
        [] => quote!(()),
        [leaf] => leaf.ty(workflow),
        _ => quote!(WorkflowOutput),
    }
}

/// Where the type of the output stands, when one step gives it.
pub(super) fn place(workflow: &Workflow) -> Option<&Type> {
    match leaves(workflow).as_slice() {
        [Leaf::Own(_, step)] => step.returns.as_ref(),
        _ => None,
    }
}

/// The body of `decode_output`.
pub(super) fn decode(workflow: &Workflow) -> TokenStream {
    let private = workflow.private();
    match leaves(workflow).as_slice() {
        [Leaf::Own(n, step)] => {
            let Names { returns, .. } = Names::of(*n);
            let shape = Shape::of_leaf(step);
            let read = format_ident!("decode_{}", shape.stored());
            let read = quote!(#returns.payload.#read(output));
            if shape.missing {
                quote!(output.map(|output| #read).transpose())
            } else {
                quote!(#private::there(output).and_then(|output| #read))
            }
        }
        [Leaf::Included(at, _)] => {
            let path = included(workflow, *at);
            quote!(#private::decode_given::<#path>(output))
        }
        _ => quote!(#private::there(output).and_then(#private::Encoded::decode)),
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
    let fields = leaves.iter().map(|leaf| {
        let field = leaf.field();
        let (about, ty) = match leaf {
            Leaf::Own(_, step) => {
                let returns = &step.returns;
                let shape = Shape::of_leaf(step);
                let what = if step.is_map() { "outputs" } else { "output" };
                let skipped = if shape.missing { "; none when it was skipped" } else { "" };
                let mut about = format!("The {what} of step `{}`{skipped}.", step.name());
                if let Some(description) = &step.description {
                    about = format!("{about}\n\n{description}");
                }
                (about, shape.ty(&output_type(&private, step, &quote!(#returns))))
            }
            Leaf::Included(_, include) => {
                // Here it has not the name by which it is imported.
                let path = located(&include.step);
                (format!("What step `{}` gives.", include.name()), quote!(#private::Given<#path>))
            }
        };
        quote!(#[doc = #about] #visibility #field: #ty)
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
    let encoded = leaves.iter().map(|leaf| leaf.encode(workflow));
    let decoded = leaves.iter().map(|leaf| leaf.decode(workflow, &fields));
    let schemas = leaves.iter().map(|leaf| leaf.schema(workflow));
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

impl Leaf<'_> {
    fn name(&self) -> String {
        match self {
            Self::Own(_, step) => step.name(),
            Self::Included(_, include) => include.name(),
        }
    }

    fn field(&self) -> Ident {
        let mut ident = match self {
            Self::Own(_, step) => step.ident.clone(),
            Self::Included(_, include) => include.ident().clone(),
        };
        ident.set_span(Span::call_site());
        ident
    }

    fn ty(&self, workflow: &Workflow) -> TokenStream {
        match self {
            Self::Own(n, step) => Shape::of_leaf(step).ty(&output_of(workflow, *n)),
            Self::Included(at, _) => {
                let (private, path) = (workflow.private(), included(workflow, *at));
                quote!(#private::Given<#path>)
            }
        }
    }

    fn encode(&self, workflow: &Workflow) -> TokenStream {
        let (name, field) = (self.name(), self.field());
        match self {
            Self::Own(n, step) => {
                let (Names { returns, .. }, shape) = (Names::of(*n), Shape::of_leaf(step));
                let write = format_ident!("encode_{}", shape.stored());
                if shape.missing {
                    quote!((#name, self.#field.as_ref().map(|value| #returns.payload.#write(value))))
                } else {
                    quote!((#name, ::core::option::Option::Some(#returns.payload.#write(&self.#field))))
                }
            }
            Self::Included(at, _) => {
                let (private, path) = (workflow.private(), included(workflow, *at));
                quote!((#name, #private::encode_given::<#path>(&self.#field)))
            }
        }
    }

    fn decode(&self, workflow: &Workflow, fields: &Ident) -> TokenStream {
        let (name, field) = (self.name(), self.field());
        match self {
            Self::Own(n, step) => {
                let (Names { returns, .. }, shape) = (Names::of(*n), Shape::of_leaf(step));
                let read = format_ident!("decode_{}", shape.stored());
                let take = if shape.missing { quote!(maybe) } else { quote!(take) };
                quote!(#field: #fields.#take(#name, |value| #returns.payload.#read(value))?)
            }
            Self::Included(at, _) => {
                let (private, path) = (workflow.private(), included(workflow, *at));
                quote!(#field: #fields.given(#name, #private::decode_given::<#path>)?)
            }
        }
    }

    fn schema(&self, workflow: &Workflow) -> TokenStream {
        let (private, name) = (workflow.private(), self.name());
        match self {
            Self::Own(n, step) => {
                let Names { returns, .. } = Names::of(*n);
                let Shape { list, gaps, missing } = Shape::of_leaf(step);
                quote!((#name, #returns.payload.schema, #private::Shape { list: #list, gaps: #gaps, missing: #missing }))
            }
            Self::Included(at, _) => {
                let path = included(workflow, *at);
                quote!((#name, <#path as #private::SharedStep>::PAYLOAD.schema, #private::shape::<#path>()))
            }
        }
    }
}
