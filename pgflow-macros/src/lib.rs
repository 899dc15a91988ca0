//! The attribute macros of pgflow: `#[workflow]` and `#[step]`. They are documented, with examples, where `pgflow` re-exports them.
//!
//! ```text
//! gate.rs     steps under `#[cfg]`
//! parse/      tokens -> syntax; what is wrong in itself is reported
//! model.rs    the workflow: names, meanings, places
//! check.rs    what is wrong with it as a whole; every name gets its meaning
//! children.rs what must be said of steps that are runs of other workflows
//! signals.rs  what must be said of signals
//! repeats.rs  what must be said of steps that repeat themselves
//! ends.rs     what must be said of its input and output
//! misuse.rs   what was meant by mistakes that are likely
//! expand/     model -> tokens
//! report.rs   errors, all of them, in the order of the source
//! debug.rs    what is written, printed for people
//! ```

mod check;
mod children;
mod debug;
mod ends;
mod expand;
mod gate;
mod misuse;
mod model;
mod parse;
mod repeats;
mod report;
mod signals;
mod step;
#[cfg(test)]
mod tests;
mod workflow;

use proc_macro::TokenStream;

#[expect(missing_docs, reason = "documented where `pgflow` re-exports it, so that its examples are compiled")]
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    step::step(arguments.into(), item.into()).into()
}

#[expect(missing_docs, reason = "documented where `pgflow` re-exports it, so that its examples are compiled")]
#[proc_macro_attribute]
pub fn workflow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut output = workflow::workflow(arguments.into(), item.into());
    output.extend(debug::tracked());
    output.into()
}
