//! The signal that a step waits for: its payload, what is known of it at build time, and what sends it.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use super::Names;
use super::spec::option;
use crate::model::{Step, Workflow};

/// What can be done with the payload of the signal of step `n`; checks that it is one.
pub(super) fn payload(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let (_, payload, _) = workflow.steps[n].signal()?;
    let private = workflow.private();
    let Names { signal, .. } = Names::of(n);
    Some(quote!(const #signal: #private::Payload<#payload> = #private::payload::<#payload>();))
}

/// The same of what it remembers from one repetition to the next.
pub(super) fn state(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let (_, ty) = workflow.steps[n].repeat()?;
    let private = workflow.private();
    let Names { state, .. } = Names::of(n);
    Some(quote!(const #state: #private::Payload<#ty> = #private::payload::<#ty>();))
}

/// What is known of it: its name, its schema, and whether the step goes on without.
pub(super) fn spec(n: usize, step: &Step) -> TokenStream {
    let Names { signal, .. } = Names::of(n);
    option(step.signal().map(|(parameter, _, optional)| {
        let name = parameter.name();
        quote!((#name, #signal.schema, #optional))
    }))
}

/// The module of what sends them.
pub(super) fn senders(workflow: &Workflow) -> Option<TokenStream> {
    let signals: Vec<(usize, &Step)> =
        workflow.steps.iter().enumerate().filter(|(_, step)| step.signal().is_some() && !step.broken).collect();
    if signals.is_empty() || !workflow.is_free("signals") || !workflow.is_free("Workflow") {
        return None;
    }
    let Workflow { visibility, krate, .. } = workflow;
    let (mut types, mut senders) = (TokenStream::new(), TokenStream::new());
    for (n, step) in signals {
        let Some((parameter, payload, _)) = step.signal() else { continue };
        let ty = format_ident!("__PgflowSignal{n}");
        types.extend(quote! {
            #[doc(hidden)]
            #[allow(dead_code)]
            type #ty = #payload;
        });
        let mut name = parameter.ident.clone();
        name.set_span(Span::call_site());
        let text = parameter.name();
        let about = format!("Sends signal `{text}` to a run: step `{}` waits for it.", step.name());
        senders.extend(quote!(#[doc = #about] #name: #ty = #text));
    }
    Some(quote! {
        #types
        #krate::__signal_functions! { #visibility Workflow #senders }
    })
}
