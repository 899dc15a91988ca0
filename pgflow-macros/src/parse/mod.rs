//! From tokens to syntax: attributes' arguments, the module, its functions. What is wrong in itself is reported here.

mod arguments;
mod closure;
mod duration;
mod function;
mod module;
mod name;
mod schedule;
mod signature;
mod step;
mod workflow;

pub(crate) use closure::Closure;
pub(crate) use function::Function;
pub(crate) use module::{Item, Module, steps_within};
pub(crate) use name::StepName;
pub(crate) use schedule::CatchUp;
pub(crate) use signature::{Parameter, Signature, type_text};
pub(crate) use step::{Delay, MapPath, StepArguments, is_step, step_arguments};
pub(crate) use workflow::{Include, Output, WorkflowArguments};

use syn::{Attribute, Expr, Lit, Meta};

/// The doc comment among these attributes, as one text; none when there is none.
pub(crate) fn doc_comment(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(doc) => match &doc.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
        .flat_map(|text| {
            text.split('\n')
                .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}
