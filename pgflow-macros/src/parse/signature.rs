//! The signature of a step: what every step has in common, whatever graph it stands in.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Ident, Pat, PatType, PathArguments, ReturnType, Type, parse_quote,
};

use super::function::Function;
use super::name::StepName;
use crate::report::{Sink, StepSink};

/// What a step takes and gives.
pub(crate) struct Signature {
    /// The parameters that were understood, in their order.
    pub(crate) parameters: Vec<Parameter>,
    /// The return type; none when it is no `Result`.
    pub(crate) returns: Option<Type>,
}

/// A parameter of a step.
pub(crate) struct Parameter {
    /// Its name as written.
    pub(crate) ident: Ident,
    /// Its type.
    pub(crate) ty: Type,
    /// The step of `#[from(step)]`.
    pub(crate) from: Option<StepName>,
}

impl Parameter {
    /// The name as text.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// What it takes of a signal, and whether that may not come: `Signal<T>`, `Option<Signal<T>>`. The name decides.
    pub(crate) fn signal(&self) -> Option<(&Type, bool)> {
        if let Some(payload) = argument_of(&self.ty, "Signal") {
            return Some((payload, false));
        }
        argument_of(&self.ty, "Option").and_then(|ty| argument_of(ty, "Signal")).map(|payload| (payload, true))
    }

    /// What it remembers, where it lets the step ask to be executed again: `Repeat<T>`, or `Repeat`. The name decides.
    pub(crate) fn repeat(&self) -> Option<Type> {
        let Type::Path(path) = &self.ty else { return None };
        path.path.segments.last().filter(|segment| segment.ident == "Repeat")?;
        Some(first_argument(&self.ty).cloned().unwrap_or_else(|| parse_quote!(())))
    }

    /// Whether the parameter is meant by this name. A leading underscore says that the parameter is not used, and no more.
    pub(crate) fn is(&self, name: &str) -> bool {
        let own = self.name();
        own == name || own.strip_prefix('_') == Some(name)
    }
}

impl Signature {
    /// Reads the signature of a step. `from` are the `#[from(..)]` attributes of each parameter.
    pub(crate) fn read(function: &Function, from: &[Vec<Attribute>], skippable: bool, sinks: &StepSink) -> Self {
        let signature = &function.signature;
        let step = signature.ident.unraw().to_string();
        let sink = &sinks.head;
        if let Some(constness) = &signature.constness {
            sink.error(constness, format_args!("step `{step}` cannot be const"));
        }
        match &signature.safety {
            syn::Safety::Default => {}
            safety => {
                sink.error(safety, format_args!("step `{step}` cannot be unsafe: what runs it makes no promises"))
            }
        }
        if let Some(abi) = &signature.abi {
            sink.error(abi, format_args!("step `{step}` cannot have another ABI: it is called from Rust"));
        }
        if signature.asyncness.is_none() {
            sink.error(&signature.ident, format_args!("step `{step}` must be async: write `async fn {step}`"));
        }
        if let Some(parameter) = signature.generics.params.first() {
            let what = match parameter {
                GenericParam::Lifetime(_) => "a lifetime parameter: it takes and returns owned values",
                GenericParam::Type(_) | GenericParam::Const(_) => {
                    "generic parameters: it is one function, called by the worker"
                }
            };
            sink.error(parameter, format_args!("step `{step}` cannot have {what}"));
        } else if let Some(clause) = &signature.generics.where_clause {
            sink.error(
                clause,
                format_args!("step `{step}` cannot have a `where` clause: it has no generic parameters"),
            );
        }
        // What such a function takes and gives cannot be said outside it.
        if !signature.generics.params.is_empty() {
            return Self { parameters: Vec::new(), returns: None };
        }
        let mut parameters = Vec::new();
        for (argument, from) in signature.inputs.iter().zip(from) {
            match argument {
                FnArg::Receiver(receiver) => {
                    sinks
                        .parameters
                        .error(receiver, format_args!("step `{step}` cannot take `self`: it is a free function"));
                }
                FnArg::Typed(argument) => parameters.extend(parameter(argument, from, &step, &sinks.parameters)),
            }
        }
        if let Some(variadic) = &signature.variadic {
            sinks.parameters.error(variadic, format_args!("step `{step}` cannot be variadic"));
        }
        Self { parameters, returns: returns(&signature.output, &signature.ident, &step, skippable, &sinks.output) }
    }
}

fn parameter(argument: &PatType, from: &[Attribute], step: &str, sink: &Sink) -> Option<Parameter> {
    let ident = match &*argument.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => &pattern.ident,
        pattern => {
            sink.error_with_help(
                pattern,
                format_args!("a parameter of step `{step}` is a pattern, but parameters are bound by their names"),
                "give it a name, and take it apart in the body",
            );
            return None;
        }
    };
    let name = ident.unraw();
    let mut ty = (*argument.ty).clone();
    if let Type::Reference(reference) = &ty {
        let owned = owned(&reference.elem);
        sink.error_with_help(
            reference,
            format_args!("parameter `{name}` of step `{step}` is borrowed, but a step owns what it takes"),
            format_args!("write `{name}: {}`", type_text(&owned)),
        );
        // What was meant: others may take the same.
        ty = owned;
    }
    if let Some(token) =
        find(ty.to_token_stream(), &|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '&'))
    {
        sink.error(token, format_args!("parameter `{name}` of step `{step}` borrows, but a step owns what it takes"));
        return None;
    }
    if let Some(token) = bare_workflow(&ty) {
        sink.error_with_help(token, BARE_WORKFLOW, BARE_WORKFLOW_HELP);
        return None;
    }
    if let Type::ImplTrait(ty) = &ty {
        sink.error(ty, format_args!("parameter `{name}` of step `{step}` needs a type with a name"));
        return None;
    }
    let mut source = None;
    for attribute in from {
        if source.is_some() {
            sink.error(attribute, format_args!("parameter `{name}` has two `#[from(..)]` attributes"));
        }
        match attribute.parse_args_with(StepName::parse) {
            Ok(step) => source = Some(step),
            Err(_) => {
                sink.error(attribute, "`#[from(..)]` takes the name of one step, as in `#[from(reserve)]`");
                return None;
            }
        }
    }
    Some(Parameter { ident: ident.clone(), ty, from: source })
}

/// The return type, when it looks like a `Result`. The name decides, so that something else gives one error here and not one from
/// each use of it.
fn returns(output: &ReturnType, name: &Ident, step: &str, skippable: bool, sink: &Sink) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else {
        sink.error_with_help(
            name,
            format_args!("step `{step}` returns nothing, but a step returns a `Result`"),
            "write `-> pgflow::Result<()>` when it has no output",
        );
        return None;
    };
    let last = match &**ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    if !last.is_some_and(|segment| segment.ident.to_string().ends_with("Result")) {
        sink.error_with_help(
            ty,
            format_args!("a step returns a `Result`, but step `{step}` returns `{}`", type_text(ty)),
            format_args!("write `-> pgflow::Result<{}>`", type_text(ty)),
        );
        return None;
    }
    let unnamed = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "impl");
    if let Some(token) = find(ty.to_token_stream(), &unnamed) {
        sink.error(
            token,
            format_args!("the output of step `{step}` needs a type with a name: it is stored, and read back later"),
        );
        return None;
    }
    let borrow = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '&');
    if let Some(token) = find(ty.to_token_stream(), &borrow) {
        sink.error_with_help(
            token,
            format_args!("the output of step `{step}` borrows, but it is stored, and read back later"),
            "return what is owned, such as a `String` for a `&str`",
        );
        return None;
    }
    if let Some(token) = bare_workflow(ty) {
        sink.error_with_help(token, BARE_WORKFLOW, BARE_WORKFLOW_HELP);
        return None;
    }
    // Here as well the name decides.
    let skips = first_argument(ty).map(|ok| {
        matches!(ok, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Skippable")))
    });
    match skips {
        Some(true) if !skippable => {
            sink.error_with_help(
                ty,
                format_args!("step `{step}` returns a `Skippable`, but is not declared `skippable`"),
                "write `#[step(skippable)]`",
            );
            return None;
        }
        Some(false) if skippable => {
            let output = first_argument(ty).map(type_text).unwrap_or_default();
            if let Some(Type::Path(option)) = first_argument(ty)
                && option.path.segments.last().is_some_and(|last| last.ident == "Option")
                && let Some(value) = first_argument(&Type::Path(option.clone())).map(type_text)
            {
                sink.error_with_help(
                    ty,
                    format_args!("step `{step}` is declared `skippable`, but returns `{output}`"),
                    format_args!("write `Result<Skippable<{value}>>`: `Done(value)` for `Some`, and `Skipped` with a reason for `None`"),
                );
                return None;
            }
            sink.error_with_help(
                ty,
                format_args!("step `{step}` is declared `skippable`, but returns `{output}`"),
                format_args!("write `Result<Skippable<{output}>>`, or leave `skippable` out"),
            );
            return None;
        }
        _ => {}
    }
    Some((**ty).clone())
}

/// What stands between the angle brackets of a type of this name.
fn argument_of<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().filter(|segment| segment.ident == name)?;
    first_argument(ty)
}

/// What stands first between the angle brackets of a type.
fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    }
}

const BARE_WORKFLOW: &str = "`Workflow` is the name of this workflow's own type here";
const BARE_WORKFLOW_HELP: &str = "write another type of this name with its path, as in `super::Workflow`";

/// A bare `Workflow`: it would be the generated type, and not one that a glob import brings.
fn bare_workflow(ty: &Type) -> Option<TokenTree> {
    bare(ty.to_token_stream(), "Workflow")
}

/// A name that stands for itself, and not within a path.
fn bare(tokens: TokenStream, name: &str) -> Option<TokenTree> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Ident(ident) if ident == name => {
            let in_path = is_colon(tokens.get(at + 1)) || (at > 0 && is_colon(tokens.get(at - 1)));
            (!in_path).then(|| token.clone())
        }
        TokenTree::Group(group) => bare(group.stream(), name),
        _ => None,
    })
}

/// The type of a value that is owned.
fn owned(borrowed: &Type) -> Type {
    match borrowed {
        Type::Path(path) if path.path.is_ident("str") => parse_quote!(String),
        Type::Slice(slice) => {
            let item = &slice.elem;
            parse_quote!(Vec<#item>)
        }
        other => other.clone(),
    }
}

fn find(tokens: TokenStream, is: &dyn Fn(&TokenTree) -> bool) -> Option<TokenTree> {
    tokens.into_iter().find_map(|token| match token {
        token if is(&token) => Some(token),
        TokenTree::Group(group) => find(group.stream(), is),
        _ => None,
    })
}

/// A type as its author would write it.
pub(crate) fn type_text(ty: impl ToTokens) -> String {
    let tokens = ty.to_token_stream();
    // The source itself where the compiler has it; tokens printed one by one are spaced apart.
    if let Some(text) = tokens.span().source_text().filter(|text| !text.contains('\n')) {
        let spaced = |text: &str| text.split_whitespace().collect::<String>();
        if spaced(&text) == spaced(&tokens.to_string()) {
            return text;
        }
    }
    let mut text = tokens.to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}
