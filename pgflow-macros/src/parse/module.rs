//! The module of a workflow.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Token, Visibility, braced};

use super::function::Function;
use super::step::is_step;

/// An inline module.
pub(crate) struct Module {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) keyword: Token![mod],
    pub(crate) name: Ident,
    pub(crate) brace: syn::token::Brace,
    pub(crate) inner_attributes: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
}

/// An item of the module.
pub(crate) enum Item {
    /// A function under `#[step]`.
    Step(Box<Function>),
    /// Anything else, with its name where it has one.
    Other {
        /// The name, and whether a function has it.
        name: Option<(Ident, bool)>,
        /// The item as it stands.
        tokens: TokenStream,
    },
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![mod]) {
            return Err(input.error("`#[workflow]` goes on a module: `mod name { .. }`"));
        }
        let keyword: Token![mod] = input.parse()?;
        let name = input.parse()?;
        if input.peek(Token![;]) {
            return Err(syn::Error::new(
                keyword.span,
                format_args!("`#[workflow]` needs an inline module: write `mod {name} {{ .. }}`"),
            ));
        }
        let content;
        let brace = braced!(content in input);
        let inner_attributes = content.call(Attribute::parse_inner)?;
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(item(&content)?);
        }
        Ok(Self { attributes, visibility, keyword, name, brace, inner_attributes, items })
    }
}

/// Reads one item. What cannot be read is kept as it stands, up to where an item may end: the compiler says what is wrong with it.
fn item(input: ParseStream<'_>) -> syn::Result<Item> {
    let ahead = input.fork();
    if let Ok(function) = ahead.parse::<Function>() {
        input.advance_to(&ahead);
        return Ok(if function.attributes.iter().any(is_step) {
            Item::Step(Box::new(function))
        } else {
            Item::Other { name: Some((function.signature.ident.clone(), true)), tokens: function.into_token_stream() }
        });
    }
    let ahead = input.fork();
    if let Ok(item) = ahead.parse::<syn::Item>() {
        input.advance_to(&ahead);
        return Ok(Item::Other {
            name: name_of(&item).map(|name| (name.clone(), false)),
            tokens: item.into_token_stream(),
        });
    }
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let end = match &token {
            TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        tokens.extend([token]);
        if end {
            break;
        }
    }
    Ok(Item::Other { name: None, tokens })
}

fn name_of(item: &syn::Item) -> Option<&Ident> {
    match item {
        syn::Item::Const(item) => Some(&item.ident),
        syn::Item::Enum(item) => Some(&item.ident),
        syn::Item::Mod(item) => Some(&item.ident),
        syn::Item::Static(item) => Some(&item.ident),
        syn::Item::Struct(item) => Some(&item.ident),
        syn::Item::Trait(item) => Some(&item.ident),
        syn::Item::Type(item) => Some(&item.ident),
        syn::Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}
