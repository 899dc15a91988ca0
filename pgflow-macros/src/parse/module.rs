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
    /// What was to be a step, it seems, and cannot be read: the compiler says what is wrong with it.
    Unreadable {
        /// The function's name.
        name: Ident,
        /// The item as it stands.
        tokens: TokenStream,
    },
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
    Ok(match function_name(&tokens).filter(|_| says_step(&tokens)) {
        Some(name) => Item::Unreadable { name, tokens },
        None => Item::Other { name: None, tokens },
    })
}

/// The name after the first `fn`.
fn function_name(tokens: &TokenStream) -> Option<Ident> {
    let mut tokens = tokens.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))?;
    match tokens.next()? {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    }
}

/// Whether a word of the attributes is `step`.
fn says_step(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Bracket => {
            group.stream().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "step"))
        }
        _ => false,
    })
}

/// The steps in modules within this item, with their paths. Those of another workflow are none.
pub(crate) fn steps_within(tokens: &TokenStream) -> Vec<(String, String)> {
    fn look(module: &syn::ItemMod, path: &str, found: &mut Vec<(String, String)>) {
        let is_workflow =
            |attribute: &Attribute| attribute.path().segments.last().is_some_and(|segment| segment.ident == "workflow");
        if module.attrs.iter().any(is_workflow) {
            return;
        }
        let path = format!("{path}{}::", module.ident);
        for item in module.content.iter().flat_map(|(_, items)| items) {
            match item {
                syn::Item::Mod(module) => look(module, &path, found),
                syn::Item::Fn(function) if function.attrs.iter().any(is_step) => {
                    let name = function.sig.ident.to_string();
                    found.push((name.clone(), format!("{path}{name}")));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(module) = syn::parse2::<syn::ItemMod>(tokens.clone()) {
        look(&module, "", &mut found);
    }
    found
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
