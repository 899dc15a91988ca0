//! The trait that a declared workflow implements.

use serde_json::Value;

use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::handler::Handlers;

/// What a run is of, for who has its handle: a declared workflow, or one that is known by its name alone
/// ([`Dynamic`](crate::dynamic)).
#[cfg(feature = "postgres")]
pub trait RunOf: 'static {
    /// What a run gives.
    type Output: 'static;

    /// The workflow's name, for messages.
    #[doc(hidden)]
    fn name() -> &'static str;

    /// The output from JSON; none where the last step was skipped.
    #[doc(hidden)]
    fn decode(output: Option<&Encoded>) -> serde_json::Result<Self::Output>;
}

#[cfg(feature = "postgres")]
impl<W: Workflow> RunOf for W {
    type Output = W::Output;

    fn name() -> &'static str {
        W::NAME
    }

    fn decode(output: Option<&Encoded>) -> serde_json::Result<Self::Output> {
        W::decode_output(output)
    }
}

/// A declared workflow. `#[workflow]` implements it for a unit type named `Workflow` in the module.
pub trait Workflow: Send + Sync + 'static {
    /// The workflow's name: that of its module.
    const NAME: &'static str;
    /// What a run is started with. It has a JSON Schema and goes to JSON and back.
    ///
    /// The macro checks this where the user wrote the type. As bounds here, each type that lacks a derive would be reported twice.
    type Input: Send + 'static;
    /// What a run gives: the output of the last step, or a struct with a field for each where several steps are last. It has a
    /// JSON Schema and goes to JSON and back.
    type Output: 'static;
    /// The state that steps may take as [`State`](crate::State).
    type State: Send + Sync + 'static;

    /// The declaration as data.
    fn definition() -> Definition;

    /// The JSON Schemas of all payloads, as one document: the schema, by JSON Schema 2020-12, of an object that holds all payloads of
    /// a run.
    ///
    /// | payload | place |
    /// |---|---|
    /// | the input | `/properties/input` |
    /// | the output | `/properties/output` |
    /// | an item of a map step | `/properties/steps/properties/<step>/properties/item` |
    /// | the state of a step that repeats itself | `/properties/steps/properties/<step>/properties/state` |
    /// | a signal that a step waits for | `/properties/signals/properties/<signal>` |
    /// | what a step gives; a map step, for one item | `/properties/steps/properties/<step>/properties/output` |
    ///
    /// Types stand in `$defs`, each once; two of the same name are told apart by a number. Doc comments are descriptions. The keys
    /// are in order, so that the same types give the same text.
    #[must_use]
    fn schema() -> Value {
        Self::definition().schema()
    }

    /// The input as JSON.
    #[doc(hidden)]
    fn encode_input(input: &Self::Input) -> serde_json::Result<Encoded>;

    /// The output from JSON; none where the last step was skipped.
    #[doc(hidden)]
    fn decode_output(output: Option<&Encoded>) -> serde_json::Result<Self::Output>;

    /// The steps' functions.
    #[doc(hidden)]
    fn handlers() -> Handlers<Self::State>;
}
