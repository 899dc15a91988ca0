//! From the model to tokens.
//!
//! ```text
//! mod name {
//!     ..                              the user's items, as they stand
//!     const _: () = {                 what nobody else can name
//!         let _ = reserve;            each name in the attributes, so that editors know what it means; first, so that what
//!                                     stands before a half-typed name does not depend on it
//!         const INPUT: Payload<..>    what the input can do; checks that it is a payload
//!         const RETURNS_0: ..         the same for each step
//!         fn run_0(Call) -> ..        one attempt of each step; checks each parameter where it is taken
//!         fn expand_0(..) -> ..       the items of each map step; checks that it maps over a list
//!         fn when_0(..) -> ..         each condition
//!         fn delay_0(..) -> ..        each computed delay
//!         impl pgflow::Workflow for Workflow {..}
//!     };
//!     pub struct Workflow;            and `definition`, `schema`, `start`, ..
//!     pub struct WorkflowOutput {..}  when several steps are last
//! }
//! ```
//!
//! Types of the user's are aliases with a number, but where the compiler is to point at one. No name of ours is at the place of
//! one of the user's: an editor would follow both. Locals have names that cannot meet the user's.

mod attempt;
mod condition;
mod items;
mod link;
mod list;
mod output;
mod proof;
mod shared;
mod signal;
mod spec;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Attribute;

pub(crate) use self::items::step;
use crate::model::{Step, Workflow};
use crate::parse::{Item, Module};

/// The names of the items that are written into the module.
pub(crate) const GENERATED: &[&str] =
    &["Workflow", "WorkflowOutput", "definition", "schema", "start", "start_with", "start_in", "signals"];

/// The names of what is generated for one step, or for the input. They are numbered: a name made from the user's would be suggested
/// to them for a misspelt one.
pub(crate) struct Names {
    /// The type of what the step returns.
    pub(crate) output: Ident,
    /// What can be done with it.
    pub(crate) returns: Ident,
    /// One attempt.
    pub(crate) run: Ident,
    /// The type of the item.
    pub(crate) item: Ident,
    /// What can be done with it.
    pub(crate) codec: Ident,
    /// The items of a map step.
    pub(crate) expand: Ident,
    /// The condition.
    pub(crate) when: Ident,
    /// The delay, where it is computed.
    pub(crate) delay: Ident,
    /// What can be done with the signal that it waits for.
    pub(crate) signal: Ident,
    /// What can be done with what it remembers from one repetition to the next.
    pub(crate) state: Ident,
    /// The older outputs from which its output can be made.
    pub(crate) upcasts: Ident,
}

impl Names {
    fn of(step: usize) -> Self {
        Self {
            output: format_ident!("__PgflowReturns{step}"),
            returns: format_ident!("__PGFLOW_RETURNS_{step}"),
            run: format_ident!("__pgflow_run_{step}"),
            item: format_ident!("__PgflowItem{step}"),
            codec: format_ident!("__PGFLOW_ITEM_{step}"),
            expand: format_ident!("__pgflow_expand_{step}"),
            when: format_ident!("__pgflow_when_{step}"),
            delay: format_ident!("__pgflow_delay_{step}"),
            signal: format_ident!("__PGFLOW_SIGNAL_{step}"),
            state: format_ident!("__PGFLOW_STATE_{step}"),
            upcasts: format_ident!("__PGFLOW_UPCASTS_{step}"),
        }
    }
}

/// What is generated beside a function that is a step by itself; `gates` are its `#[cfg]` attributes.
pub(crate) fn shared(workflow: &Workflow, gates: &[&Attribute]) -> TokenStream {
    shared::shared(workflow, gates)
}

/// The module, with what is generated at its end.
pub(crate) fn module(module: &Module, workflow: &Workflow) -> TokenStream {
    let Module { attributes, visibility, keyword, name, brace, inner_attributes, items } = module;
    let items = items.iter().map(|item| match item {
        Item::Step(function) => function.to_token_stream(),
        Item::Unreadable { tokens, .. } | Item::Other { tokens, .. } => tokens.clone(),
    });
    let generated = items::items(workflow);
    let mut output = quote!(#(#attributes)* #visibility #keyword #name);
    brace.surround(&mut output, |output| output.extend(quote!(#(#inner_attributes)* #(#items)* #generated)));
    output
}

/// The type of the output of a step that returns `returns`.
pub(crate) fn output_type(private: &TokenStream, step: &Step, returns: &TokenStream) -> TokenStream {
    if let Some(child) = items::child(step) {
        return quote!(<#child as #private::Workflow>::Output);
    }
    let ok = quote!(<#returns as #private::StepResult>::Ok);
    if step.arguments.skippable { quote!(<#ok as #private::MaySkip>::Value) } else { ok }
}

/// The function that says what can be done with what a step returns.
pub(crate) fn returns_function(step: &Step) -> Ident {
    let name = match &step.arguments {
        _ if items::child(step).is_some() => "child",
        arguments if arguments.skippable => "skippable",
        _ => "returns",
    };
    Ident::new(name, Span::call_site())
}

/// A local variable that cannot meet a name of the user's.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
