//! What a payload must be able to do, and what a step must return.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::encoded::Encoded;
use crate::glue::attempt::Slot;
use crate::step::{Skippable, StepError};
use crate::upcast::Upcast;
use crate::workflow::Workflow;

/// A type that has a JSON Schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema, so it cannot be a payload",
    label = "this has no JSON Schema",
    note = "add `#[derive(schemars::JsonSchema)]` to it; for a list or another container, to the type within"
)]
pub trait HasSchema: JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> HasSchema for T {}

/// A type that goes to JSON and back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written to the database and read back",
    label = "this cannot be stored",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it; for a list or another container, to the type within"
)]
pub trait HasJson: Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> HasJson for T {}

/// A type that a step can fail with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a step",
    label = "its error does not convert into `pgflow::StepError`",
    note = "implement `std::error::Error` for it (with `Send + Sync`), or `From` for `pgflow::StepError`",
    note = "or return `pgflow::Result`, whose error is made by `?` of each that implements `std::error::Error`"
)]
pub trait IntoStepError: Into<StepError> {}

#[diagnostic::do_not_recommend]
impl<E: Into<StepError>> IntoStepError for E {}

/// What a step returns: a `Result`.
#[diagnostic::on_unimplemented(
    message = "a step returns a `Result`, but this returns `{Self}`",
    label = "this is no `Result`"
)]
pub trait StepResult {
    /// The step's output.
    type Ok;
    /// The step's error.
    type Error;

    /// The value as what it is.
    fn into_result(self) -> Result<Self::Ok, Self::Error>;
}

impl<T, E> StepResult for Result<T, E> {
    type Ok = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// What a step returns that is declared `skippable`.
#[diagnostic::on_unimplemented(
    message = "a step that is declared `skippable` returns a `Skippable`, but this returns `{Self}`",
    label = "this cannot say that the step is skipped",
    note = "return `Result<Skippable<{Self}>>`, or leave `skippable` out"
)]
pub trait MaySkip {
    /// The step's output.
    type Value;

    /// The output; or why the step is skipped.
    fn decide(self) -> Result<Self::Value, String>;
}

impl<T> MaySkip for Skippable<T> {
    type Value = T;

    fn decide(self) -> Result<T, String> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Skipped(reason) => Err(reason),
        }
    }
}

/// The schema of a type.
#[derive(Clone, Copy, Debug)]
pub struct SchemaOf {
    /// As a document.
    pub root: fn() -> Schema,
    /// As a part of another one.
    pub nested: fn(&mut SchemaGenerator) -> Schema,
}

/// What can be done with payloads of type `T`.
pub struct Payload<T> {
    /// To JSON.
    pub encode: fn(&T) -> serde_json::Result<Encoded>,
    /// From JSON.
    pub decode: fn(&Encoded) -> serde_json::Result<T>,
    /// The schema.
    pub schema: SchemaOf,
}

/// What can be done with what a step returns: `R`, whose output is `T`.
pub struct Returns<R, T> {
    /// With its output.
    pub payload: Payload<T>,
    /// With all of it: encodes the output, or converts the error.
    pub finish: fn(R, Slot) -> Result<Encoded, StepError>,
}

/// What can be done with the items of a map step.
pub struct ItemCodec<T> {
    /// To JSON.
    pub encode: fn(&T) -> serde_json::Result<Encoded>,
    /// From JSON.
    pub decode: fn(&Encoded) -> serde_json::Result<T>,
}

/// States that `T` is a payload.
#[must_use]
pub const fn payload<T: HasSchema + HasJson>() -> Payload<T> {
    Payload { encode: Encoded::new::<T>, decode: Encoded::decode::<T>, schema: SchemaOf::new::<T>() }
}

/// States that `R` is what a step can return.
#[must_use]
pub const fn returns<R: StepResult>() -> Returns<R, R::Ok>
where
    R::Ok: HasSchema + HasJson,
    R::Error: IntoStepError,
{
    Returns {
        payload: payload::<R::Ok>(),
        finish: |result, slot| {
            let output = result.into_result().map_err(Into::into)?;
            Encoded::new(&output).map_err(|error| slot.unwritable(&error))
        },
    }
}

/// States that `R` is what a step can return that is declared `skippable`.
#[must_use]
pub const fn skippable<R: StepResult>() -> Returns<R, <R::Ok as MaySkip>::Value>
where
    R::Ok: MaySkip,
    <R::Ok as MaySkip>::Value: HasSchema + HasJson,
    R::Error: IntoStepError,
{
    Returns {
        payload: payload::<<R::Ok as MaySkip>::Value>(),
        finish: |result, slot| {
            let output = result.into_result().map_err(Into::into)?.decide().map_err(StepError::skip)?;
            Encoded::new(&output).map_err(|error| slot.unwritable(&error))
        },
    }
}

/// What a step returns that starts a run: the input of that.
#[diagnostic::on_unimplemented(
    message = "this step starts a run whose input is `{Input}`, but it returns `{Self}`",
    label = "the input is `{Input}`",
    note = "a step with `child` returns the input of the run; what others take of the step is the output of the run"
)]
pub trait StartsWith<Input> {
    /// The same.
    fn into_input(self) -> Input;
}

#[diagnostic::do_not_recommend]
impl<T> StartsWith<T> for T {
    fn into_input(self) -> T {
        self
    }
}

/// States that `R` is what a step can return that starts a run of `W`: the run's input. What the step gives is the run's output.
#[must_use]
pub const fn child<R: StepResult, W: Workflow>() -> Returns<R, W::Output>
where
    R::Ok: StartsWith<W::Input>,
    R::Error: IntoStepError,
    W::Output: HasSchema + HasJson,
{
    Returns {
        payload: payload::<W::Output>(),
        finish: |result, slot| {
            let input = result.into_result().map_err(Into::into)?.into_input();
            W::encode_input(&input).map_err(|error| slot.unwritable(&error))
        },
    }
}

/// An older output of a step, from which its output `New` can be made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be carried over into `{New}`, which the step returns",
    label = "there is no `From<{Self}>` for `{New}`",
    note = "implement `From<{Self}>` for `{New}`"
)]
pub trait CarriesOver<New>: Into<New> {}

#[diagnostic::do_not_recommend]
impl<Old: Into<New>, New> CarriesOver<New> for Old {}

/// States that `New` can be made from `Old`.
#[must_use]
pub const fn upcast<Old: HasSchema + HasJson + CarriesOver<New>, New: Serialize>() -> Upcast {
    Upcast {
        schema: payload::<Old>().schema,
        carry: |output| output.decode::<Old>().and_then(|old| Encoded::new::<New>(&old.into())),
    }
}

/// States that `T` can be an item. Its schema is known from the list.
#[must_use]
pub const fn item_codec<T: HasJson>() -> ItemCodec<T> {
    ItemCodec { encode: Encoded::new::<T>, decode: Encoded::decode::<T> }
}

/// The schema of an item, of whose type nothing is known but its name: found by [`KnownSchema`] where it has one, and otherwise by
/// [`UnknownSchema`], which is a reference further away and so comes second.
#[derive(Debug)]
pub struct ItemSchema<T>(PhantomData<T>);

/// The schema of an item that has one.
pub trait KnownSchema {
    /// The schema.
    fn schema(&self) -> Option<SchemaOf>;
}

/// The schema of an item that has none of its own, such as one whose list is described by hand.
pub trait UnknownSchema {
    /// None.
    fn schema(&self) -> Option<SchemaOf>;
}

impl<T> ItemSchema<T> {
    /// For items of type `T`.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "for generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: JsonSchema> KnownSchema for ItemSchema<T> {
    fn schema(&self) -> Option<SchemaOf> {
        Some(SchemaOf::new::<T>())
    }
}

impl<T> UnknownSchema for &ItemSchema<T> {
    fn schema(&self) -> Option<SchemaOf> {
        None
    }
}

impl SchemaOf {
    const fn new<T: JsonSchema>() -> Self {
        Self {
            root: || SchemaGenerator::default().into_root_schema_for::<T>(),
            nested: SchemaGenerator::subschema_for::<T>,
        }
    }
}

impl<T> fmt::Debug for Payload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").finish_non_exhaustive()
    }
}

impl<R, T> fmt::Debug for Returns<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returns").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ItemCodec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemCodec").finish_non_exhaustive()
    }
}
