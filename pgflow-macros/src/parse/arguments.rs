//! The arguments of an attribute: `name = value`, separated by commas. One that is wrong does not hide the others.

use pgflow_graph::{list, nearest};
use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Token};

use crate::report::Sink;

/// What an attribute takes.
pub(crate) struct Known {
    /// The attribute, as in `#[step]`.
    pub(crate) attribute: &'static str,
    /// The names of its arguments, each with an example of its value; an empty one for those that take none.
    pub(crate) arguments: &'static [(&'static str, &'static str)],
}

impl Known {
    /// Reads all arguments. `value` reads the value of the argument of a name.
    pub(crate) fn parse(
        &self,
        input: ParseStream<'_>,
        sink: &Sink,
        mut value: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
    ) {
        let mut seen: Vec<String> = Vec::new();
        while !input.is_empty() {
            if let Err(error) = self.argument(input, &mut seen, sink, &mut value) {
                sink.push(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                sink.error_at(input.span(), "a comma is missing before this argument");
                skip_to_comma(input);
            }
            if input.parse::<Option<Token![,]>>().is_err() {
                return;
            }
        }
    }

    fn argument(
        &self,
        input: ParseStream<'_>,
        seen: &mut Vec<String>,
        sink: &Sink,
        value: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        let name = Ident::parse_any(input).map_err(|error| syn::Error::new(error.span(), self.expected()))?;
        let text = name.to_string();
        let Some((_, example)) = self.arguments.iter().find(|(known, _)| *known == text) else {
            sink.error_with_help(&name, format_args!("unknown argument `{text}`"), self.similar(&text));
            skip_to_comma(input);
            return Ok(());
        };
        if seen.contains(&text) {
            sink.error(&name, format_args!("argument `{text}` is given twice"));
            skip_to_comma(input);
            return Ok(());
        }
        seen.push(text.clone());
        if example.is_empty() {
            if input.peek(Token![=]) {
                sink.error_with_help(
                    &name,
                    format_args!("argument `{text}` takes no value"),
                    format_args!("write `{text}` alone"),
                );
                skip_to_comma(input);
                return Ok(());
            }
            return value(&name, input);
        }
        if !input.peek(Token![=]) {
            sink.error(&name, format_args!("argument `{text}` has no value; write it as in `{text} = {example}`"));
            skip_to_comma(input);
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            sink.error(&name, format_args!("argument `{text}` has no value; write it as in `{text} = {example}`"));
            return Ok(());
        }
        value(&name, input)
    }

    fn similar(&self, name: &str) -> String {
        match nearest(name, self.names()) {
            Some(similar) => format!("an argument with a similar name exists: `{similar}`"),
            None => self.expected(),
        }
    }

    fn expected(&self) -> String {
        format!("the arguments of `#[{}]` are {}", self.attribute, list(self.names()))
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.arguments.iter().map(|(name, _)| *name)
    }
}

/// Leaves out what is left of a value.
pub(super) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
