//! What the macros' output refers to: the types and functions between encoded payloads and the users' typed functions.
//!
//! The bounds that a user can miss are each stated once, by a function that the macros call with the user's own type, and they are
//! turned into function pointers there ([`Payload`], [`Returns`], [`Extract`]). What is generated besides needs no bounds, so
//! that one mistake gives one error.

mod attempt;
mod declare;
mod fields;
mod link;
mod payload;
pub mod proof;
mod shared;
#[cfg(test)]
mod tests;

pub use attempt::{
    Extract, Slot, check_input, encode_items, extract, item, read_shared, read_source, read_sources, send, take_gaps,
    take_input, take_list, take_maybe_gaps, take_maybe_list, take_maybe_one, take_maybe_signal, take_one, take_repeat,
    take_signal,
};
pub use declare::{StepSpec, definition, included};
pub use fields::{Fields, Shape, fields_schema, serialize_fields, there};
pub use link::{Accepts, List, Never, items};
pub use payload::{
    CarriesOver, HasJson, HasSchema, IntoStepError, ItemCodec, ItemSchema, KnownSchema, MaySkip, Payload, Returns,
    SchemaOf, StartsWith, StepResult, UnknownSchema, child, item_codec, payload, returns, skippable, upcast,
};
pub use shared::{
    Certain, Form, Gaps, Given, Many, Maybe, One, Read, RunsIn, SharedStep, TakesInput, certain, decode_given,
    encode_given, given, handler, shape, take, takes_input,
};
