//! The condition of a step: its parameters from what is stored, and the call.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::attempt::slot;
use super::items::output_of;
use super::{Names, local};
use crate::model::{Binding, Step, Workflow};

/// The function that asks the condition of step `n`, if it has one.
pub(super) fn function(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let step = &workflow.steps[n];
    let condition = step.condition.as_ref()?;
    let (krate, private) = (&workflow.krate, workflow.private());
    let Names { when, .. } = Names::of(n);
    let [input, dependencies] = ["__input", "__dependencies"].map(local);
    let values: Vec<Ident> = (0..condition.parameters.len()).map(|at| local(&format!("__value_{at}"))).collect();
    let takes = condition.parameters.iter().zip(&values).map(|((ident, binding), value)| match binding {
        Binding::Output(edge) => {
            let taken = taken(workflow, step, ident, *edge, &dependencies);
            quote!(let #value = #taken?;)
        }
        _ => quote!(let #value: __PgflowInput = #private::take_input(#input, &__pgflow_input())?;),
    });
    let types: Vec<Ident> = (0..values.len()).map(|at| format_ident!("__T{at}")).collect();
    let closure = &condition.closure;
    // By a function of its own, so that the types of the closure's parameters are known where it stands.
    Some(quote! {
        fn #when(#input: &#private::Encoded, #dependencies: &[#private::Dependency]) -> ::core::result::Result<bool, #krate::StepError> {
            fn __holds<#(#types),*>(condition: impl ::core::ops::FnOnce(#(&#types),*) -> bool, #(#values: &#types),*) -> bool {
                condition(#(#values),*)
            }
            #(#takes)*
            ::core::result::Result::Ok(__holds(#closure, #(&#values),*))
        }
    })
}

/// What a dependency gave, as the step itself would take it.
fn taken(workflow: &Workflow, step: &Step, ident: &Ident, edge: usize, dependencies: &Ident) -> TokenStream {
    let private = workflow.private();
    let Some(producer) = step.edges[edge].step else { return TokenStream::new() };
    let Names { returns, .. } = Names::of(producer);
    let shape = Shape::of(step, &workflow.steps[producer]);
    let (ty, function) = (shape.ty(&output_of(workflow, producer)), shape.function());
    let slot = slot(workflow, step, &ident.unraw().to_string(), &workflow.steps[producer].name());
    quote!(#private::#function::<#ty, _>(#dependencies.get(#edge), &#returns().payload, #slot))
}

/// In which form a step takes the output of another one.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// It is a list.
    pub(super) list: bool,
    /// Items of the list may be missing.
    pub(super) gaps: bool,
    /// All of it may be missing.
    pub(super) missing: bool,
}

impl Shape {
    pub(super) fn of(consumer: &Step, producer: &Step) -> Self {
        let node = producer.node();
        Self { list: producer.is_map(), gaps: node.has_gaps(), missing: consumer.node().may_miss(&node) }
    }

    /// What the output of a step is for whoever awaits the workflow.
    pub(super) fn of_leaf(step: &Step) -> Self {
        let node = step.node();
        Self { list: step.is_map(), gaps: node.has_gaps(), missing: node.may_be_skipped() }
    }

    /// The type, where single outputs are of type `one`.
    pub(super) fn ty(self, one: &TokenStream) -> TokenStream {
        let item = if self.gaps { quote!(::core::option::Option<#one>) } else { one.clone() };
        let whole = if self.list { quote!(::std::vec::Vec<#item>) } else { item };
        if self.missing { quote!(::core::option::Option<#whole>) } else { whole }
    }

    /// In which form it is stored, when it is there.
    pub(super) fn stored(self) -> &'static str {
        match (self.list, self.gaps) {
            (false, _) => "one",
            (true, false) => "list",
            (true, true) => "gaps",
        }
    }

    /// The function by which a step takes it.
    pub(super) fn function(self) -> Ident {
        let missing = if self.missing { "maybe_" } else { "" };
        format_ident!("take_{missing}{}", self.stored())
    }
}
