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
    /// Names that are no arguments here, with what is meant instead.
    pub(crate) instead: &'static [(&'static [&'static str], &'static str)],
}

impl Known {
    /// Reads all arguments. `value` reads the value of the argument of a name. Gives the names of those that are wrong.
    pub(crate) fn parse(
        &self,
        input: ParseStream<'_>,
        sink: &Sink,
        mut value: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
    ) -> Vec<String> {
        let (mut seen, mut wrong) = (Vec::new(), Vec::new());
        while !input.is_empty() {
            let name = input.fork().call(Ident::parse_any);
            let before = sink.count();
            if let Err(error) = self.argument(input, &mut seen, sink, &mut value) {
                sink.push(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                sink.error_at(input.span(), "a comma is missing before this argument");
                skip_to_comma(input);
            }
            if let Ok(name) = name
                && sink.count() > before
            {
                wrong.push(name.to_string());
            }
            if input.parse::<Option<Token![,]>>().is_err() {
                break;
            }
        }
        wrong
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
        if let Some((_, instead)) = self.instead.iter().find(|(names, _)| names.contains(&name)) {
            return (*instead).to_owned();
        }
        // A type alone.
        let typed = self.arguments.iter().find(|(_, example)| example.starts_with(char::is_uppercase));
        if let (Some((argument, _)), true) = (typed, name.starts_with(char::is_uppercase)) {
            return format!("write it with the name of its argument: `{argument} = {name}`");
        }
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
