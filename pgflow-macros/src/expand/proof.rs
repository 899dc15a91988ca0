//! What the compiler proves of steps that stand elsewhere, which the macro cannot see.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::link::{call_at, included, located};
use crate::model::{Producer, Step, Workflow};
use crate::parse::MapPath;

/// A call that the compiler makes. When it panics, that is said at the place of the user's tokens.
fn call(
    workflow: &Workflow,
    function: &str,
    types: &TokenStream,
    arguments: TokenStream,
    at: &impl ToTokens,
) -> TokenStream {
    let private = workflow.private();
    let function = Ident::new(function, Span::call_site());
    let call = call_at(&quote!(#private::proof::#function #types), arguments, at);
    quote!(const _: () = #call;)
}

/// That the workflow's graph is whole and has no cycle, and that its output is that of its last steps.
pub(super) fn graph(workflow: &Workflow) -> Option<TokenStream> {
    if workflow.includes.is_empty() {
        return None;
    }
    let private = workflow.private();
    let name = workflow.name();
    let leaves = workflow.leaves();
    let all = workflow.includes.iter().enumerate().map(|(at, include)| {
        let (path, name) = (included(workflow, at), include.name());
        let producer = Some(Producer::Included(at));
        let is_used = workflow.steps.iter().any(|step| step.edges.iter().any(|edge| edge.to == producer));
        let is_output = leaves.contains(&Producer::Included(at));
        quote!(#private::proof::included::<#path>(#name, #is_used, #is_output))
    });
    let none = TokenStream::new();
    let whole = workflow.includes.iter().enumerate().map(|(at, include)| {
        let step = included(workflow, at);
        let inputs = quote!(const _: () = #private::takes_input::<#step, __PgflowInput>(););
        let whole = call(workflow, "is_whole", &none, quote!(#name, &__PGFLOW_INCLUDED, #at), &include.step);
        quote!(#inputs #whole)
    });
    let no_cycle = call(workflow, "has_no_cycle", &none, quote!(#name, &__PGFLOW_INCLUDED), &workflow.ident);
    let own = leaves.iter().filter_map(|leaf| workflow.own(*leaf)).map(Step::name);
    let place = workflow.output.as_ref().map_or(&workflow.ident, |output| &output.argument);
    let last = call(workflow, "is_last", &none, quote!(#name, &__PGFLOW_INCLUDED, &[#(#own),*]), place);
    let count = workflow.includes.len();
    Some(quote! {
        const __PGFLOW_INCLUDED: [#private::proof::Included; #count] = [#(#all),*];
        #(#whole)*
        #no_cycle
        #last
    })
}

/// What the macro's own rules prove where both ends of an edge are at hand: that a list is there, and that what is skipped with
/// something can be.
pub(super) fn edges(workflow: &Workflow) -> TokenStream {
    workflow.steps.iter().flat_map(|step| step_edges(workflow, step)).collect()
}

fn step_edges(workflow: &Workflow, step: &Step) -> Vec<TokenStream> {
    let mut proofs = Vec::new();
    let name = step.name();
    for edge in &step.edges {
        let Some(Producer::Included(at)) = edge.to else { continue };
        let include = &workflow.includes[at];
        let path = included(workflow, at);
        let dependency = edge.name();
        let skipped_with = step.arguments.skip_with.iter().find(|step| step.name() == dependency);
        if let Some(skipped_with) = skipped_with {
            proofs.push(call(workflow, "may_be_skipped", &quote!(::<#path>), quote!(#name, #dependency), skipped_with));
        }
        if let Some(source) = step.arguments.map.as_ref().and_then(MapPath::step)
            && source.name() == dependency
        {
            let is_skipped_with = skipped_with.is_some();
            let arguments = quote!(#name, #dependency, #is_skipped_with);
            proofs.push(call(workflow, "can_be_mapped", &quote!(::<#path>), arguments, source));
        }
        if edge.step.is_path() && edge.step.text() != include.step.text() {
            let (other, workflow_name, text) = (located(&edge.step), workflow.name(), edge.step.text());
            let arguments = quote!(#workflow_name, #text, #dependency);
            proofs.push(call(workflow, "same", &quote!(::<#path, #other>), arguments, &edge.step));
        }
    }
    proofs
}
