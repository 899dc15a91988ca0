//! Where a value is handed from one type to another: a trait of its own for each such place, that carries its message.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::model::Workflow;

/// What the compiler says when a type does not fit.
pub(super) struct Message {
    /// The sentence. `{Self}` is the type that takes, `{Got}` the one that comes.
    pub(super) message: String,
    /// What stands at the caret.
    pub(super) label: String,
    /// What to do about it.
    pub(super) note: Option<String>,
}

/// A trait for one place: what `bound` holds for, under a message of its own. `generic` is the name of its type parameter.
pub(super) fn trait_for(name: &Ident, generic: Option<&Ident>, bound: &TokenStream, message: &Message) -> TokenStream {
    let Message { message, label, note } = message;
    let note = note.iter();
    let parameter = generic.map(|generic| quote!(<#generic>));
    let generics = generic.into_iter();
    quote! {
        #[diagnostic::on_unimplemented(message = #message, label = #label #(, note = #note)*)]
        trait #name #parameter: #bound {}
        #[diagnostic::do_not_recommend]
        impl<__T: #bound #(, #generics)*> #name #parameter for __T {}
    }
}

/// The bound by such a trait, at the place of the user's tokens that a second caret shall point at. What stands there is a keyword
/// and a bracket: an editor would follow a name.
pub(super) fn bound(name: &Ident, got: &TokenStream, at: Option<&impl ToTokens>) -> TokenStream {
    let (first, last) = ends(at);
    let (open, close) = (quote_spanned!(first=> for<>), quote_spanned!(last=> >));
    quote!(#open #name < #got #close)
}

/// A call whose place is that of the user's tokens, from the first to the last: that a type does not fit is said there. What stands
/// there are brackets.
pub(super) fn call_at(function: &impl ToTokens, arguments: TokenStream, at: &impl ToTokens) -> TokenStream {
    let (first, last) = ends(Some(at));
    let group = |tokens, span| {
        let mut group = Group::new(Delimiter::Parenthesis, tokens);
        group.set_span(span);
        group
    };
    let (function, arguments) = (group(quote!(#function), first), group(arguments, last));
    quote!(#function #arguments)
}

/// A type that is inferred, and whose place is that of the user's token: that it does not fit is said there.
pub(super) fn inferred(at: &impl ToTokens) -> TokenStream {
    let (first, _) = ends(Some(at));
    quote_spanned!(first=> _)
}

/// The places of the first and the last token, in the scope of the macro's own names.
pub(super) fn ends(at: Option<&impl ToTokens>) -> (Span, Span) {
    let own = Span::call_site();
    let tokens: Vec<_> = at.map(ToTokens::to_token_stream).into_iter().flatten().collect();
    match tokens.as_slice() {
        [] => (own, own),
        [first, .., last] => (own.located_at(first.span()), own.located_at(last.span())),
        [only] => (own.located_at(only.span()), own.located_at(only.span())),
    }
}

/// The type of a step that stands elsewhere, at the place where it is included. A workflow imports it under the name that it has
/// there, so that the compiler says once what is wrong with the path.
pub(super) fn included(workflow: &Workflow, at: usize) -> TokenStream {
    let include = &workflow.includes[at];
    if workflow.is_shared || !include.is_imported() {
        return located(&include.step);
    }
    let mut name = include.ident().clone();
    name.set_span(Span::call_site().located_at(include.step.ident().span()));
    name.to_token_stream()
}

/// The user's tokens where no editor shall follow them.
pub(super) fn located(tokens: &impl ToTokens) -> TokenStream {
    let token = |mut token: proc_macro2::TokenTree| {
        token.set_span(Span::call_site().located_at(token.span()));
        token
    };
    tokens.to_token_stream().into_iter().map(token).collect()
}
