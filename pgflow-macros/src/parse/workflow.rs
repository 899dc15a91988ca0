//! The arguments of `#[workflow]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Path, Type};

use super::arguments::Known;
use crate::report::Sink;

const ARGUMENTS: Known =
    Known { attribute: "workflow", arguments: &[("state", "Shop"), ("input", "Order"), ("crate", "::pgflow")] };

/// The arguments of `#[workflow]`.
#[derive(Default)]
pub(crate) struct WorkflowArguments {
    /// The type of the state.
    pub(crate) state: Option<Type>,
    /// The type of the input.
    pub(crate) input: Option<Type>,
    /// Where this crate is found.
    pub(crate) krate: Option<Path>,
}

impl WorkflowArguments {
    /// Reads what stands between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream, sink: &Sink) -> Self {
        let mut arguments = Self::default();
        let parsed = (|input: ParseStream<'_>| {
            ARGUMENTS.parse(input, sink, |name, input| arguments.value(name, input));
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = parsed {
            sink.push(error);
        }
        arguments
    }

    fn value(&mut self, name: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match name.unraw().to_string().as_str() {
            "state" => self.state = Some(ty(input, "`state` is a type, as in `state = Shop`")?),
            "input" => self.input = Some(ty(input, "`input` is a type, as in `input = Order`")?),
            _ => self.krate = Some(input.call(Path::parse_mod_style)?),
        }
        Ok(())
    }
}

fn ty(input: ParseStream<'_>, wrong: &str) -> syn::Result<Type> {
    input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), wrong))
}
