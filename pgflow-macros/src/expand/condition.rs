//! What is asked before a step begins, its condition and its delay: the parameters from what is stored, and the call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::attempt::slot;
use super::items::output_of;
use super::link::included;
use super::{Names, local};
use crate::model::{Binding, Producer, Question, Step, Workflow};
use crate::parse::Closure;

/// The functions that ask the condition of step `n`, and its delay, if it has any. They are written as well when something else is
/// wrong with the step, or when they are half typed: an editor knows the types in them then.
pub(super) fn functions(workflow: &Workflow, n: usize) -> TokenStream {
    let step = &workflow.steps[n];
    let Names { when, delay, .. } = Names::of(n);
    let known = |question: &&Question| {
        question.parameters.len() == question.closure.inputs.len()
            && question.parameters.iter().all(|(_, binding)| match binding {
                // What stands elsewhere may not say what its input is, which was reported.
                Binding::Input => !workflow.is_shared || workflow.input().0.is_some(),
                Binding::Output(edge) => step.edges[*edge].to.is_some_and(|to| {
                    workflow.own(to).is_none_or(|producer| producer.returns.is_some() && !producer.arguments.vague)
                }),
                Binding::Item | Binding::Signal | Binding::Repeat | Binding::Extractor => false,
            })
    };
    let when =
        step.condition.as_ref().filter(known).map(|question| function(workflow, step, question, &when, &quote!(bool)));
    let duration = quote!(::core::time::Duration);
    let delay = step.delay.as_ref().filter(known).map(|question| function(workflow, step, question, &delay, &duration));
    quote!(#when #delay)
}

fn function(workflow: &Workflow, step: &Step, question: &Question, name: &Ident, answer: &TokenStream) -> TokenStream {
    let (krate, private) = (&workflow.krate, workflow.private());
    let [input, dependencies] = ["__input", "__dependencies"].map(local);
    let values: Vec<Ident> = (0..question.parameters.len()).map(|at| local(&format!("__value_{at}"))).collect();
    let takes = question.parameters.iter().zip(&values).map(|((ident, binding), value)| match binding {
        Binding::Output(edge) => {
            let taken = taken(workflow, step, ident, *edge, &dependencies);
            quote!(let #value = #taken?;)
        }
        _ => quote!(let #value: __PgflowInput = #private::take_input(#input, &__PGFLOW_INPUT)?;),
    });
    let types: Vec<Ident> = (0..values.len()).map(|at| format_ident!("__T{at}")).collect();
    let Closure { head, body, whole, .. } = &question.closure;
    // Half a body is no answer. Up to there, what is written is the same as if it were whole: see `items::names`.
    let end = (!whole).then(|| quote!(; loop {}));
    // By a function of its own, so that the types of the closure's parameters are known where it stands.
    quote! {
        fn #name(#input: &#private::Encoded, #dependencies: &[#private::Dependency]) -> ::core::result::Result<#answer, #krate::StepError> {
            fn __ask<#(#types),*>(question: impl ::core::ops::FnOnce(#(&#types),*) -> #answer, #(#values: &#types),*) -> #answer {
                question(#(#values),*)
            }
            #(#takes)*
            ::core::result::Result::Ok(__ask(#head { #body #end }, #(&#values),*))
        }
    }
}

/// What a dependency gave, as the step itself would take it.
fn taken(workflow: &Workflow, step: &Step, ident: &Ident, edge: usize, dependencies: &Ident) -> TokenStream {
    let private = workflow.private();
    let name = ident.unraw().to_string();
    let producer = match step.edges[edge].to {
        Some(Producer::Own(producer)) => producer,
        Some(Producer::Included(at)) => {
            let slot = slot(workflow, step, &name, &step.edges[edge].name());
            let path = included(workflow, at);
            let certain = step.is_skipped_with(&step.edges[edge].name());
            let read = Ident::new(if certain { "certain" } else { "given" }, Span::call_site());
            return quote!(#private::#read::<#path>(#dependencies.get(#edge), #slot));
        }
        None => return TokenStream::new(),
    };
    let Names { returns, .. } = Names::of(producer);
    let shape = Shape::of(step, &workflow.steps[producer]);
    let (ty, function) = (shape.ty(&output_of(workflow, producer)), shape.function());
    let slot = slot(workflow, step, &name, &workflow.steps[producer].name());
    quote!(#private::#function::<#ty, _>(#dependencies.get(#edge), &#returns.payload, #slot))
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
