//! Names of steps where they are used.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Path, Token};

use super::type_text;

/// A step where it is spoken of: by its name in the module, or by the path to one that stands elsewhere.
#[derive(Clone)]
pub(crate) struct StepName {
    path: Path,
    /// What the step is called in the workflow: the last part of the path, unless it is included by another name.
    name: String,
}

impl StepName {
    /// Whether a name or a path stands here.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let is_path = input.peek(Token![::]) || input.peek2(Token![::]);
        let path = if is_path { input.call(Path::parse_mod_style)? } else { input.parse::<Ident>()?.into() };
        Ok(Self::new(path))
    }

    fn new(path: Path) -> Self {
        let name = path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default();
        Self { path, name }
    }

    /// The name: the last part of a path.
    pub(crate) fn ident(&self) -> &Ident {
        // A path has at least one part.
        &self.path.segments[self.path.segments.len() - 1].ident
    }

    /// What the step is called in the workflow.
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    /// Gives it the name by which it is included.
    pub(crate) fn rename(&mut self, name: String) {
        self.name = name;
    }

    /// Whether it is a path of several parts.
    pub(crate) fn is_path(&self) -> bool {
        self.path.leading_colon.is_some() || self.path.segments.len() > 1
    }

    /// As written.
    pub(crate) fn text(&self) -> String {
        type_text(&self.path)
    }
}

impl From<Ident> for StepName {
    fn from(ident: Ident) -> Self {
        Self::new(ident.into())
    }
}

impl ToTokens for StepName {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.path.to_tokens(tokens);
    }
}
