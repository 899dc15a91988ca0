//! `#[step]` where no `#[workflow]` reads it, from its tokens to its expansion.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use crate::check::check;
use crate::debug;
use crate::expand;
use crate::model::{Step, Workflow};
use crate::parse::{Function, Include, Signature, StepArguments};
use crate::report::{Report, StepSink};

/// Expands `#[step(arguments)] item`.
pub(crate) fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    // In a workflow, everything was said and done already. The attribute is kept all the same, so that its import is used.
    if arguments.to_string() == "__pgflow" {
        let allow = async_is_required();
        return quote!(#allow #item);
    }
    let report = Report::new();
    let part = StepSink::part_of(&report.sink());
    let arguments = StepArguments::read(arguments, &part.attribute);
    let mut function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        // What the compiler cannot read either, it has told already.
        Err(_) if syn::parse2::<syn::Item>(item.clone()).is_err() => return report.after(item),
        Err(_) => {
            report.sink().error_at(proc_macro2::Span::call_site(), "`#[step]` goes on a free `async fn`");
            return report.after(item);
        }
    };
    let from = function.take_from_attributes();
    let signature = Signature::read(&function, &from, arguments.skippable, &part);
    let krate = arguments.krate.clone().unwrap_or_else(|| parse_quote!(::pgflow));
    let step = Step::new(&function, arguments, signature, &part);
    let allow = async_is_required();
    // In an `impl` block, where a method stands, there is no place for what is generated.
    if function.signature.receiver().is_some() {
        return report.after(quote!(#allow #function));
    }
    let mut workflow = by_itself(&function, step, krate);
    check(&mut workflow, &report.sink(), &[part]);
    let gates: Vec<_> = function.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let shared = expand::shared(&workflow, &gates);
    let tracked = debug::tracked();
    let output = quote!(#allow #function #shared #tracked);
    debug::print("step", &workflow.name(), || output.clone());
    report.after(output)
}

/// A step as a workflow of its own: what it depends on stands elsewhere.
fn by_itself(function: &Function, step: Step, krate: syn::Path) -> Workflow {
    let mut includes: Vec<Include> = Vec::new();
    for edge in &step.edges {
        let is_new = includes.iter().all(|include| include.step.text() != edge.step.text());
        if is_new && (edge.step.is_path() || edge.name() != step.name()) {
            includes.push(Include { step: edge.step.clone(), alias: None });
        }
    }
    Workflow {
        ident: step.ident.clone(),
        description: None,
        visibility: function.visibility.clone(),
        krate,
        state: None,
        input: None,
        deadline: None,
        schedule: None,
        scheduled_input: None,
        steps: vec![step],
        includes,
        output: None,
        is_shared: true,
        functions: Vec::new(),
        unreadable: Vec::new(),
        within: Vec::new(),
        gated: Vec::new(),
        taken: Vec::new(),
    }
}

/// A step is async whether or not it waits for anything.
fn async_is_required() -> TokenStream {
    quote!(#[allow(clippy::unused_async)])
}
