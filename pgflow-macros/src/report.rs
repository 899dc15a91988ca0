//! The errors of one macro call: all of them, in the order of the source.
//!
//! Each part of the source reports into a [`Sink`] of its own. Sinks form a tree in the order in which they were made, so that a
//! check that runs late still reports where its part stands.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// All errors of one macro call. To drop them untold is a mistake of ours: the user's would go unnoticed.
pub(crate) struct Report(Option<Sink>);

/// Where a part of the source reports its errors.
#[derive(Clone, Default)]
pub(crate) struct Sink(Rc<RefCell<Vec<Entry>>>);

/// Where the parts of one step report theirs.
pub(crate) struct StepSink {
    /// The attributes.
    pub(crate) attribute: Sink,
    /// The name, and what stands before it.
    pub(crate) head: Sink,
    /// The parameters.
    pub(crate) parameters: Sink,
    /// The return type.
    pub(crate) output: Sink,
}

enum Entry {
    Error(syn::Error),
    Part(Sink),
}

impl Report {
    pub(crate) fn new() -> Self {
        Self(Some(Sink::default()))
    }

    /// The sink of the whole source.
    pub(crate) fn sink(&self) -> Sink {
        self.0.clone().unwrap_or_default()
    }

    /// Where the same source is read once more, and says it then.
    pub(crate) fn forget(mut self) {
        self.0 = None;
    }

    /// What is written, and the errors after it: an editor takes an item before an error for whole.
    pub(crate) fn after(mut self, mut output: TokenStream) -> TokenStream {
        if let Some(sink) = self.0.take() {
            sink.write(&mut output);
        }
        output
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let untold = self.0.as_ref().is_some_and(|sink| !sink.is_empty());
        debug_assert!(!untold || std::thread::panicking(), "errors were found and not told");
    }
}

impl StepSink {
    /// Sinks for the next step.
    pub(crate) fn part_of(sink: &Sink) -> Self {
        let sink = sink.part();
        Self { attribute: sink.part(), head: sink.part(), parameters: sink.part(), output: sink.part() }
    }

    /// Whether anything was reported.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.attribute, &self.head, &self.parameters, &self.output].into_iter().all(Sink::is_empty)
    }
}

impl Sink {
    /// A sink for the next part of the source.
    pub(crate) fn part(&self) -> Self {
        let part = Self::default();
        self.0.borrow_mut().push(Entry::Part(part.clone()));
        part
    }

    /// Reports an error at these tokens.
    pub(crate) fn error(&self, at: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(at, message));
    }

    /// Reports an error at these tokens, with what to do about it.
    pub(crate) fn error_with_help(&self, at: impl ToTokens, message: impl Display, help: impl Display) {
        self.error(at, format_args!("{message}\nhelp: {help}"));
    }

    /// Reports an error at a place without tokens.
    pub(crate) fn error_at(&self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Reports an error that already has its place.
    pub(crate) fn push(&self, error: syn::Error) {
        self.0.borrow_mut().push(Entry::Error(error));
    }

    /// How much was reported here.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Whether anything was reported, here or in a part of this.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().iter().all(|entry| match entry {
            Entry::Error(_) => false,
            Entry::Part(part) => part.is_empty(),
        })
    }

    /// Writes all errors as `compile_error!` calls.
    fn write(&self, tokens: &mut TokenStream) {
        for entry in self.0.borrow().iter() {
            match entry {
                Entry::Error(error) => tokens.extend(error.to_compile_error()),
                Entry::Part(part) => part.write(tokens),
            }
        }
    }
}
