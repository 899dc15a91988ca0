//! The arguments of `#[workflow]`.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Path, Type};

use super::arguments::Known;
use super::step::time;
use crate::report::Sink;

const ARGUMENTS: Known = Known {
    attribute: "workflow",
    arguments: &[("state", "Shop"), ("input", "Order"), ("deadline", "\"1h\""), ("crate", "::pgflow")],
};

/// A hundred years.
const YEARS: Duration = Duration::from_secs(36_500 * 86_400);

/// The arguments of `#[workflow]`.
#[derive(Default)]
pub(crate) struct WorkflowArguments {
    /// The type of the state.
    pub(crate) state: Option<Type>,
    /// The type of the input.
    pub(crate) input: Option<Type>,
    /// How long a run may take.
    pub(crate) deadline: Option<Duration>,
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
            "deadline" => {
                self.deadline = Some(time(input, |time| {
                    if time.is_zero() {
                        Some("a deadline is longer than nothing; leave the argument out for none")
                    } else {
                        (time > YEARS).then_some("a deadline is at most `36500d`; leave the argument out for none")
                    }
                })?);
            }
            _ => self.krate = Some(input.call(Path::parse_mod_style)?),
        }
        Ok(())
    }
}

fn ty(input: ParseStream<'_>, wrong: &str) -> syn::Result<Type> {
    input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), wrong))
}
