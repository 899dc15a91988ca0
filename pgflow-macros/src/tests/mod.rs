//! Fast tests of the macros, on tokens: what they say, what they write, and that they bear anything.
//!
//! What the compiler makes of the output is tested in `ui-tests`, with its carets.

mod debug;
mod expansion;
mod garbage;
mod messages;

use proc_macro2::{TokenStream, TokenTree};

/// The tokens of a text.
fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Expands `#[workflow(arguments)] mod orders { .. }`.
fn workflow(arguments: &str, items: &str) -> TokenStream {
    crate::workflow::workflow(tokens(arguments), tokens(&format!("mod orders {{ {items} }}")))
}

/// The messages of the `compile_error!` calls in an expansion, in their order.
fn messages(expansion: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut after_call = 0;
    for token in expansion {
        match &token {
            TokenTree::Ident(ident) if ident == "compile_error" => after_call = 1,
            TokenTree::Punct(punct) if after_call == 1 && punct.as_char() == '!' => after_call = 2,
            TokenTree::Group(group) if after_call == 2 => {
                after_call = 0;
                let text: syn::LitStr = syn::parse2(group.stream()).expect("a message is a text");
                found.push(text.value());
            }
            TokenTree::Group(group) => {
                after_call = 0;
                found.extend(messages(group.stream()));
            }
            _ => after_call = 0,
        }
    }
    found
}

/// The expansion as formatted source.
fn pretty(expansion: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).expect("the expansion is Rust"))
}
