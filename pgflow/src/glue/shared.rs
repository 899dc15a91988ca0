//! Steps that stand outside workflows, and are included in some.
//!
//! `#[step]` on such a function writes a type of the same name and path, which says all that a workflow cannot see: `use` brings
//! both at once, and the compiler proves with it what the macro proves of a workflow's own steps.

use crate::encoded::Encoded;
use crate::glue::attempt::{Slot, gaps, list, one, unless_skipped};
use crate::glue::declare::StepSpec;
use crate::glue::fields::{Shape, there};
use crate::glue::link::Accepts;
use crate::glue::payload::Payload;
use crate::handler::{Dependency, Handler};
use crate::step::StepError;

/// A step outside a workflow.
pub trait SharedStep: Sized {
    /// Tells it from all others, whatever they are called.
    const ID: u64;
    /// What it depends on.
    const DEPENDS_ON: &'static [(&'static str, u64)];
    /// What it returns; a map step for one item.
    type Output: 'static;
    /// In which form others take that.
    type Form: Form<Self::Output>;

    /// What can be done with what it returns.
    const PAYLOAD: Payload<Self::Output>;
    /// What is known of it at build time.
    const SPEC: StepSpec;
}

/// A step that can be executed in workflows with the state `S`.
pub trait RunsIn<S>: SharedStep {
    /// Its function.
    const HANDLER: Handler<S>;
}

/// A step that can be included in workflows with the input `I`.
#[diagnostic::on_unimplemented(
    message = "step `{Self}` takes another input than this workflow, whose input is `{I}`",
    label = "takes another input",
    note = "a step that is included takes the input of the workflow, or none"
)]
pub trait TakesInput<I>: SharedStep {}

/// The function of a step that is included in a workflow with the state `S`.
#[must_use]
pub const fn handler<P: RunsIn<S>, S>() -> Handler<S> {
    P::HANDLER
}

/// States that a step can be included in workflows with the input `I`.
pub const fn takes_input<P: TakesInput<I>, I>() {}

/// In which form the output of a step is taken by others.
pub trait Form<T> {
    /// By those that are executed though the step was skipped.
    type Given;
    /// By those that are skipped with it.
    type Certain;
    /// The same as data.
    const SHAPE: Shape;

    /// Takes it.
    ///
    /// # Errors
    /// When what is stored is no such output: a fatal error.
    fn certain(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<Self::Certain, StepError>;

    /// Takes it, where it is there.
    ///
    /// # Errors
    /// When what is stored is no such output: a fatal error.
    fn given(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<Self::Given, StepError>;

    /// To JSON; none where the step was skipped.
    fn encode(given: &Self::Given, payload: &Payload<T>) -> Option<serde_json::Result<Encoded>>;

    /// From JSON.
    ///
    /// # Errors
    /// When it is no such output.
    fn decode(output: Option<&Encoded>, payload: &Payload<T>) -> serde_json::Result<Self::Given>;
}

/// One output.
#[derive(Debug)]
pub struct One;

/// The outputs of a map step.
#[derive(Debug)]
pub struct Many;

/// The outputs of a map step whose items may be skipped.
#[derive(Debug)]
pub struct Gaps;

/// What may be skipped as a whole.
#[derive(Debug)]
pub struct Maybe<F>(F);

macro_rules! form {
    ($form:ident, $ty:ty, $take:ident, $encode:ident, $decode:ident, $list:literal, $gaps:literal) => {
        impl<T> Form<T> for $form {
            type Given = $ty;
            type Certain = $ty;
            const SHAPE: Shape = Shape { list: $list, gaps: $gaps, missing: false };

            fn certain(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<$ty, StepError> {
                $take(given, payload, slot)
            }

            fn given(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<$ty, StepError> {
                $take(given, payload, slot)
            }

            fn encode(given: &$ty, payload: &Payload<T>) -> Option<serde_json::Result<Encoded>> {
                Some(payload.$encode(given))
            }

            fn decode(output: Option<&Encoded>, payload: &Payload<T>) -> serde_json::Result<$ty> {
                there(output).and_then(|output| payload.$decode(output))
            }
        }

        impl<T> Form<T> for Maybe<$form> {
            type Given = Option<$ty>;
            type Certain = $ty;
            const SHAPE: Shape = Shape { list: $list, gaps: $gaps, missing: true };

            fn certain(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<$ty, StepError> {
                $take(given, payload, slot)
            }

            fn given(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<Option<$ty>, StepError> {
                unless_skipped(given, |given| $take(given, payload, slot))
            }

            fn encode(given: &Option<$ty>, payload: &Payload<T>) -> Option<serde_json::Result<Encoded>> {
                given.as_ref().map(|given| payload.$encode(given))
            }

            fn decode(output: Option<&Encoded>, payload: &Payload<T>) -> serde_json::Result<Option<$ty>> {
                output.map(|output| payload.$decode(output)).transpose()
            }
        }
    };
}

form!(One, T, one, encode_one, decode_one, false, false);
form!(Many, Vec<T>, list, encode_list, decode_list, true, false);
form!(Gaps, Vec<Option<T>>, gaps, encode_gaps, decode_gaps, true, true);

/// What a step gives to those that are executed though it was skipped.
pub type Given<P> = <<P as SharedStep>::Form as Form<<P as SharedStep>::Output>>::Given;

/// What a step gives to those that are skipped with it.
pub type Certain<P> = <<P as SharedStep>::Form as Form<<P as SharedStep>::Output>>::Certain;

/// Reads what a dependency gave.
pub type Read<T> = fn(Option<&Dependency>, Slot) -> Result<T, StepError>;

/// Takes what a dependency gave.
///
/// # Errors
/// When what is stored is no such output: a fatal error.
pub fn take<P: Accepts<T>, T>(given: Option<&Dependency>, read: Read<T>, slot: Slot) -> Result<P, StepError> {
    read(given, slot).map(P::accept)
}

/// Reads what a step gave, where it is there.
///
/// # Errors
/// When what is stored is no such output: a fatal error.
pub fn given<P: SharedStep>(given: Option<&Dependency>, slot: Slot) -> Result<Given<P>, StepError> {
    P::Form::given(given, &P::PAYLOAD, slot)
}

/// Reads what a step gave.
///
/// # Errors
/// When what is stored is no such output: a fatal error.
pub fn certain<P: SharedStep>(given: Option<&Dependency>, slot: Slot) -> Result<Certain<P>, StepError> {
    P::Form::certain(given, &P::PAYLOAD, slot)
}

/// What a last step gave, to JSON; none where it was skipped.
pub fn encode_given<P: SharedStep>(given: &Given<P>) -> Option<serde_json::Result<Encoded>> {
    P::Form::encode(given, &P::PAYLOAD)
}

/// What a last step gave, from JSON.
///
/// # Errors
/// When it is no such output.
pub fn decode_given<P: SharedStep>(output: Option<&Encoded>) -> serde_json::Result<Given<P>> {
    P::Form::decode(output, &P::PAYLOAD)
}

/// The form in which others take the output of a step.
#[must_use]
pub const fn shape<P: SharedStep>() -> Shape {
    <P::Form as Form<P::Output>>::SHAPE
}
