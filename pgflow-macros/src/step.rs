//! `#[step]` where no `#[workflow]` reads it, from its tokens to its expansion.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse_quote;

use crate::expand::{output_type, returns_function};
use crate::model::Step;
use crate::parse::{Function, Signature, StepArguments};
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
        Err(_) => {
            report.sink().error_at(proc_macro2::Span::call_site(), "`#[step]` goes on a free `async fn`");
            return report.after(item);
        }
    };
    let from = function.take_from_attributes();
    let signature = Signature::read(&function, &from, arguments.skippable, &part);
    let step = Step::new(&function, arguments, signature, &part);
    // In an `impl` block, where a method stands, there is no place for the checks.
    let checks = function.signature.receiver().is_none().then(|| checks(&step));
    let allow = async_is_required();
    report.after(quote!(#allow #function #checks))
}

/// A step is async whether or not it waits for anything.
fn async_is_required() -> TokenStream {
    quote!(#[allow(clippy::unused_async)])
}

/// What can be checked without a workflow: that the names of dependencies are functions, that the output is a payload, and that the
/// future can move between threads.
fn checks(step: &Step) -> TokenStream {
    let krate = step.arguments.krate.clone().unwrap_or_else(|| parse_quote!(::pgflow));
    let names = step.edges.iter().map(|edge| &edge.ident);
    let mut body = quote!(#(let _ = #names;)*);
    if let (Some(returns), false) = (&step.returns, step.broken) {
        let parameters: Vec<_> = (0..step.parameters.len()).map(|n| quote::format_ident!("__parameter_{n}")).collect();
        let types = step.parameters.iter().map(|(parameter, _)| &parameter.ty);
        let name = &step.ident;
        let future =
            proc_macro2::Ident::new("__future", name.unraw().span().resolved_at(proc_macro2::Span::mixed_site()));
        let call = quote_spanned!(name.span()=> #name);
        let private = quote!(#krate::__private);
        let output = output_type(&private, step, &quote!(#returns));
        let of = returns_function(step);
        body.extend(quote! {
            fn __returns() -> #private::Returns<#returns, #output> {
                #private::#of::<#returns>()
            }
            fn __send(#(#parameters: #types),*) {
                let #future = #call(#(#parameters),*);
                #krate::__private::send(#future);
            }
        });
    }
    quote!(const _: () = { #body };)
}
