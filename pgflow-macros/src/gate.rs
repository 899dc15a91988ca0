//! Steps under `#[cfg]`: which of them are there is found out first, since the graph, its last steps and so the output depend on it.
//!
//! A macro cannot ask whether a condition holds. But it can write the module once more, under an attribute for each answer, of which
//! the compiler keeps one: `#[cfg_attr(p, workflow(__cfg = [true]))]` and `#[cfg_attr(not(p), workflow(__cfg = [false]))]`. One
//! condition is asked in each round.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Path};

use crate::parse::{Item, Module};

/// The answers so far, and the other arguments.
pub(crate) struct Gates {
    answers: Vec<bool>,
}

/// A condition that does not hold, as its attribute.
pub(crate) type Closed = String;

impl Gates {
    /// Takes the answers out of the arguments.
    pub(crate) fn take(arguments: TokenStream) -> (Self, TokenStream) {
        let mut tokens = arguments.clone().into_iter();
        let is_ours = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "__cfg");
        let (Some(_), Some(TokenTree::Group(answers))) = (tokens.next(), tokens.next()) else {
            return (Self { answers: Vec::new() }, arguments);
        };
        if !is_ours {
            return (Self { answers: Vec::new() }, arguments);
        }
        let answers = answers.stream().into_iter().filter_map(|token| match token {
            TokenTree::Ident(answer) => Some(answer == "true"),
            _ => None,
        });
        // After the comma.
        (Self { answers: answers.collect() }, tokens.skip(1).collect())
    }

    /// The module once more, where a condition was not asked yet.
    pub(crate) fn ask(
        &self,
        module: &Module,
        item: &TokenStream,
        arguments: &TokenStream,
        krate: &Path,
    ) -> Option<TokenStream> {
        let condition = conditions(module).into_iter().nth(self.answers.len())?;
        let answers = &self.answers;
        Some(quote! {
            #[cfg_attr(#condition, #krate::workflow(__cfg = [#(#answers,)* true], #arguments))]
            #[cfg_attr(not(#condition), #krate::workflow(__cfg = [#(#answers,)* false], #arguments))]
            #item
        })
    }

    /// The condition that keeps an item with these attributes out.
    pub(crate) fn closed(&self, module_conditions: &[TokenStream], attributes: &[Attribute]) -> Option<Closed> {
        attributes.iter().filter_map(condition).find_map(|condition| {
            let text = condition.to_string();
            let at = module_conditions.iter().position(|known| known.to_string() == text)?;
            let holds = self.answers.get(at).copied().unwrap_or(true);
            (!holds).then(|| format!("#[cfg({})]", crate::parse::type_text(condition)))
        })
    }
}

/// The conditions of the steps, each once, in the order of the source.
pub(crate) fn conditions(module: &Module) -> Vec<TokenStream> {
    let mut found: Vec<TokenStream> = Vec::new();
    for item in &module.items {
        let Item::Step(function) = item else { continue };
        for condition in function.attributes.iter().filter_map(condition) {
            if found.iter().all(|known| known.to_string() != condition.to_string()) {
                found.push(condition);
            }
        }
    }
    found
}

/// The condition of a `#[cfg(..)]` attribute.
fn condition(attribute: &Attribute) -> Option<TokenStream> {
    if !attribute.path().is_ident("cfg") {
        return None;
    }
    attribute.meta.require_list().ok().map(|list| list.tokens.to_token_stream())
}
