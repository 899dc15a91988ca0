//! A function whose body is left alone.

use proc_macro2::{Group, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

/// A free function. Its body is kept as tokens: an editor's half-typed body must not hide the signature.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Function {
    /// Takes the `#[from(..)]` attributes out of the parameters, which rustc would not know; the function is emitted without them.
    /// For each parameter, in order.
    pub(crate) fn take_from_attributes(&mut self) -> Vec<Vec<Attribute>> {
        self.signature
            .inputs
            .iter_mut()
            .map(|argument| {
                let attributes = match argument {
                    FnArg::Receiver(receiver) => &mut receiver.attrs,
                    FnArg::Typed(typed) => &mut typed.attrs,
                };
                attributes.extract_if(.., |attribute| attribute.path().is_ident("from")).collect()
            })
            .collect()
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: {
                if !input.peek(syn::token::Brace) {
                    return Err(input.error("a function has a body"));
                }
                input.parse()?
            },
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        self.visibility.to_tokens(tokens);
        self.signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
