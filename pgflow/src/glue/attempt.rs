//! What happens around the user's function in one attempt: parameters in, output out.

use std::fmt;
use std::pin::Pin;

use crate::encoded::Encoded;
use crate::extract::{Context, FromContext};
use crate::glue::link::Accepts;
use crate::glue::payload::{ItemCodec, Payload};
use crate::glue::shared::{Certain, SharedStep, certain};
use crate::handler::Dependency;
use crate::path::{located, unreadable};
use crate::repeat::{Repeat, Repeated};
use crate::signal::{Sent, Signal};
use crate::step::StepError;

/// The place of a parameter, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Empty where the step stands outside a workflow.
    pub workflow: &'static str,
    /// The step.
    pub step: &'static str,
    /// Empty when the place is no parameter, but what a step maps over or gives.
    pub parameter: &'static str,
    /// The step whose output it comes from; or `input`, or `item`.
    pub from: &'static str,
}

/// Makes an extractor's value.
pub type Extract<S, T> = for<'a> fn(&'a Context<S>) -> Pin<Box<dyn Future<Output = Result<T, StepError>> + Send + 'a>>;

/// States that `T` is an extractor for workflows with the state `S`.
#[must_use]
pub fn extract<S: Send + Sync + 'static, T: FromContext<S> + 'static>() -> Extract<S, T> {
    |context| Box::pin(T::from_context(context))
}

/// States that the future of a step can move between threads.
pub fn send(_: impl Future + Send + 'static) {}

/// Whether a payload is an input.
///
/// # Errors
/// When it is not; the message says why.
pub fn check_input<T>(input: &Encoded, payload: &Payload<T>) -> serde_json::Result<()> {
    (payload.decode)(input).map(drop).map_err(|error| located(input, "input", &error))
}

/// Takes the workflow's input.
///
/// # Errors
/// When what is stored is not an input: a fatal error.
pub fn take_input<P: Accepts<T>, T>(input: &Encoded, payload: &Payload<T>) -> Result<P, StepError> {
    (payload.decode)(input)
        .map(P::accept)
        .map_err(|error| StepError::fatal(format_args!("invalid input: {}", unreadable(input, "input", &error))))
}

/// Takes the output of a plain step.
///
/// # Errors
/// When what is stored is no such output: a fatal error.
pub fn take_one<P: Accepts<T>, T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<P, StepError> {
    one(given, payload, slot).map(P::accept)
}

/// Takes the outputs of a map step.
///
/// # Errors
/// When what is stored are no such outputs: a fatal error.
pub fn take_list<P: Accepts<Vec<T>>, T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<P, StepError> {
    list(given, payload, slot).map(P::accept)
}

/// Takes the outputs of a map step whose items may be skipped.
///
/// # Errors
/// When what is stored are no such outputs: a fatal error.
pub fn take_gaps<P: Accepts<Vec<Option<T>>>, T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<P, StepError> {
    gaps(given, payload, slot).map(P::accept)
}

/// Takes the output of a plain step that may be skipped.
///
/// # Errors
/// When what is stored is no such output: a fatal error.
pub fn take_maybe_one<P: Accepts<Option<T>>, T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<P, StepError> {
    unless_skipped(given, |given| one(given, payload, slot)).map(P::accept)
}

/// Takes the outputs of a map step that may be skipped.
///
/// # Errors
/// When what is stored are no such outputs: a fatal error.
pub fn take_maybe_list<P: Accepts<Option<Vec<T>>>, T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<P, StepError> {
    unless_skipped(given, |given| list(given, payload, slot)).map(P::accept)
}

/// Takes the outputs of a map step that may be skipped, as may its items.
///
/// # Errors
/// When what is stored are no such outputs: a fatal error.
pub fn take_maybe_gaps<P: Accepts<Option<Vec<Option<T>>>>, T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<P, StepError> {
    unless_skipped(given, |given| gaps(given, payload, slot)).map(P::accept)
}

pub(super) fn unless_skipped<T>(
    given: Option<&Dependency>,
    read: impl FnOnce(Option<&Dependency>) -> Result<T, StepError>,
) -> Result<Option<T>, StepError> {
    match given {
        Some(Dependency::Skipped) => Ok(None),
        given => read(given).map(Some),
    }
}

pub(super) fn one<T>(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<T, StepError> {
    let Some(Dependency::Output(output)) = given else { return Err(slot.missing()) };
    (payload.decode)(output).map_err(|error| slot.unreadable(&unreadable(output, slot.from, &error)))
}

pub(super) fn list<T>(given: Option<&Dependency>, payload: &Payload<T>, slot: Slot) -> Result<Vec<T>, StepError> {
    gaps(given, payload, slot)?.into_iter().map(|item| item.ok_or_else(|| slot.missing())).collect()
}

pub(super) fn gaps<T>(
    given: Option<&Dependency>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<Vec<Option<T>>, StepError> {
    let Some(Dependency::List(outputs)) = given else { return Err(slot.missing()) };
    let read = |(n, output): (usize, &Option<Encoded>)| {
        let Some(output) = output else { return Ok(None) };
        (payload.decode)(output)
            .map(Some)
            .map_err(|error| slot.unreadable(&unreadable(output, &format!("{}[{n}]", slot.from), &error)))
    };
    outputs.iter().enumerate().map(read).collect()
}

/// Takes the item of a map step.
///
/// # Errors
/// When what is stored is no such item: a fatal error.
pub fn item<T>(item: Option<&Encoded>, codec: &ItemCodec<T>, slot: Slot) -> Result<T, StepError> {
    let Some(item) = item else { return Err(slot.missing()) };
    (codec.decode)(item).map_err(|error| slot.unreadable(&unreadable(item, "item", &error)))
}

/// Takes the signal that the step has waited for.
///
/// # Errors
/// When what is stored is no such signal, or there is none: a fatal error.
pub fn take_signal<T>(signal: Option<&Sent>, payload: &Payload<T>, slot: Slot) -> Result<Signal<T>, StepError> {
    take_maybe_signal(signal, payload, slot)?.ok_or_else(|| slot.missing())
}

/// Takes the signal that the step has waited for, if one has come in time.
///
/// # Errors
/// When what is stored is no such signal: a fatal error.
pub fn take_maybe_signal<T>(
    signal: Option<&Sent>,
    payload: &Payload<T>,
    slot: Slot,
) -> Result<Option<Signal<T>>, StepError> {
    let Some(signal) = signal else { return Ok(None) };
    (payload.decode)(&signal.payload)
        .map(|payload| Some(signal.with(payload)))
        .map_err(|error| slot.unreadable(&unreadable(&signal.payload, slot.parameter, &error)))
}

/// Takes what lets the step ask to be executed again.
///
/// # Errors
/// When what is stored is no such state: a fatal error.
pub fn take_repeat<T>(repeated: Option<&Repeated>, payload: &Payload<T>, slot: Slot) -> Result<Repeat<T>, StepError> {
    let read = |repeated: &Repeated| {
        (payload.decode)(&repeated.state)
            .map_err(|error| slot.unreadable(&unreadable(&repeated.state, slot.parameter, &error)))
    };
    let state = repeated.map(read).transpose()?;
    Ok(Repeat::stored(state, repeated.map_or(0, |repeated| repeated.count), payload.encode))
}

/// Reads the value that holds the list of a map step: the workflow's input, or the output of a plain step.
///
/// # Errors
/// When what is stored is no such value: a fatal error.
pub fn read_source<T>(source: &Dependency, payload: &Payload<T>, slot: Slot) -> Result<T, StepError> {
    one(Some(source), payload, slot)
}

/// Reads the value that holds the list of a map step: what a step outside the workflow gave.
///
/// # Errors
/// When what is stored is no such value: a fatal error.
pub fn read_shared<P: SharedStep>(source: &Dependency, slot: Slot) -> Result<Certain<P>, StepError> {
    certain::<P>(Some(source), slot)
}

/// Reads the list of a map step over the outputs of another one.
///
/// # Errors
/// When what is stored is no such list: a fatal error.
pub fn read_sources<T>(source: &Dependency, payload: &Payload<T>, slot: Slot) -> Result<Vec<T>, StepError> {
    list(Some(source), payload, slot)
}

/// Encodes the items of a map step, each for itself.
///
/// # Errors
/// When an item has no JSON form: a fatal error.
pub fn encode_items<T>(items: &[T], codec: &ItemCodec<T>, slot: Slot) -> Result<Vec<Encoded>, StepError> {
    let items: serde_json::Result<Vec<Encoded>> = items.iter().map(codec.encode).collect();
    items.map_err(|error| slot.fatal(format_args!("an item cannot be written as JSON: {error}")))
}

impl Slot {
    /// The parameter bound to the output of a step, or to the workflow's input or an item.
    fn unreadable(self, error: &str) -> StepError {
        let Self { parameter, from, .. } = self;
        match (parameter, from) {
            ("", "input") => {
                self.fatal(format_args!("the list that it maps over cannot be read from the input: {error}"))
            }
            ("", _) => self.fatal(format_args!(
                "the list that it maps over cannot be read from the stored output of `{from}`: {error}"
            )),
            (_, "state") => self.fatal(format_args!("the state of its repetition cannot be read: {error}")),
            (_, "signal") => self.fatal(format_args!("its signal `{parameter}` cannot be read: {error}")),
            (_, "item") => {
                self.fatal(format_args!("its parameter `{parameter}` cannot be read from the stored item: {error}"))
            }
            _ => self.fatal(format_args!(
                "its parameter `{parameter}` cannot be read from the stored output of `{from}`: {error}"
            )),
        }
    }

    /// The output of the step.
    pub(super) fn unwritable(self, error: &serde_json::Error) -> StepError {
        self.fatal(format_args!("its output cannot be written as JSON: {error}"))
    }

    fn missing(self) -> StepError {
        let Self { from, .. } = self;
        match from {
            "input" | "item" | "signal" => self.fatal(format_args!("its {from} is missing")),
            _ => self.fatal(format_args!("the stored output of `{from}` is missing")),
        }
    }

    fn fatal(self, what: fmt::Arguments<'_>) -> StepError {
        if self.workflow.is_empty() {
            return StepError::fatal(format_args!("step `{}`: {what}", self.step));
        }
        StepError::fatal(format_args!("workflow `{}`, step `{}`: {what}", self.workflow, self.step))
    }
}
