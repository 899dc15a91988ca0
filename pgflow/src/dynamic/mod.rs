//! Workflows that are made at run time: their definitions, and the handlers that execute their steps.
//!
//! A definition is made by a [`WorkflowBuilder`], or read from a JSON document
//! ([`Definition::from_json`](crate::Definition::from_json)); the rules are those of `#[workflow]`, and all that breaks one is told at
//! once. `Client::create_workflow` stores it, and any worker runs it that has all its handlers ([`Handlers`]). The guide has a page on
//! all of it: `docs/dynamic.md`.

mod builder;
mod contains;
mod document;
mod form;
#[cfg(feature = "postgres")]
mod handle;
#[cfg(feature = "postgres")]
mod handlers;
mod rules;
#[cfg(test)]
mod tests;
#[cfg(feature = "postgres")]
mod typed;

pub use builder::{StepBuilder, WorkflowBuilder};
pub use contains::contains;
pub use form::{document_schema, import_schema};
#[cfg(feature = "postgres")]
pub(crate) use handle::DynamicHandle;
#[cfg(feature = "postgres")]
pub use handlers::{Dynamic, HandlerCall, Handlers};
pub use rules::{DefinitionError, DefinitionProblem};
