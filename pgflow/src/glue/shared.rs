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
    /// Its name.
    const NAME: &'static str;
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

/// What the compiler checks of the graph.
pub mod proof {
    use super::{SharedStep, shape};

    /// A step that is included, as the compiler sees it.
    #[derive(Clone, Copy, Debug)]
    pub struct Included {
        /// Its name in the workflow.
        pub name: &'static str,
        id: u64,
        depends_on: &'static [(&'static str, u64)],
        /// Whether one of the workflow's own steps depends on it.
        pub is_used: bool,
        /// Whether its output is taken as a part of the workflow's.
        pub is_output: bool,
    }

    /// A step that is included.
    #[must_use]
    pub const fn included<P: SharedStep>(name: &'static str, is_used: bool, is_output: bool) -> Included {
        Included { name, id: P::ID, depends_on: P::DEPENDS_ON, is_used, is_output }
    }

    /// A number for a text (FNV-1a, 64 bits).
    #[must_use]
    pub const fn id(text: &str) -> u64 {
        let bytes = text.as_bytes();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        hash
    }

    /// That a dependency, named by a path, is the step that is included by this name.
    ///
    /// # Panics
    /// At build time, when it is not.
    #[track_caller]
    pub const fn same<P: SharedStep, Q: SharedStep>(workflow: &str, path: &str, name: &str) {
        if P::ID != Q::ID {
            let text = Text::new().and("workflow `").and(workflow).and("` includes another step as `").and(name);
            text.and("` than `").and(path).and("`").panic();
        }
    }

    /// That a step with which another one is skipped may be skipped.
    ///
    /// # Panics
    /// At build time, when it is never skipped.
    #[track_caller]
    pub const fn may_be_skipped<P: SharedStep>(step: &str, name: &str) {
        if !shape::<P>().missing {
            let text = Text::new().and("step `").and(step).and("` is skipped with `").and(name);
            text.and("`, which is never skipped: leave it out of `skip_with`").panic();
        }
    }

    /// That the list of a map step is there, and has no gaps.
    ///
    /// # Panics
    /// At build time, when it may be missing, or have gaps.
    #[track_caller]
    pub const fn can_be_mapped<P: SharedStep>(step: &str, name: &str, is_skipped_with: bool) {
        let shape = shape::<P>();
        let text = Text::new().and("step `").and(step).and("` maps over `").and(name);
        if shape.missing && !is_skipped_with {
            text.and("`, which may be skipped: let it be skipped too, `skip_with = [").and(name).and("]`").panic();
        } else if shape.gaps {
            text.and("`, whose items may be skipped: let a step between them keep what is there").panic();
        }
    }

    /// That what the step at `at` depends on is included as well.
    ///
    /// # Panics
    /// At build time, when it is not.
    #[track_caller]
    pub const fn is_whole(workflow: &str, all: &[Included], at: usize) {
        let step = all[at];
        let mut edge = 0;
        while edge < step.depends_on.len() {
            let (name, id) = step.depends_on[edge];
            if place(all, id).is_none() {
                let text = Text::new().and("workflow `").and(workflow).and("` includes `").and(step.name);
                text.and("`, which depends on `").and(name).and("`: include `").and(name).and("` as well").panic();
            }
            edge += 1;
        }
    }

    /// That there is no cycle among the steps that are included: takes out what waits for nothing, until nothing is left (Kahn's
    /// algorithm).
    ///
    /// # Panics
    /// At build time, when there is one.
    #[track_caller]
    pub const fn has_no_cycle<const N: usize>(workflow: &str, all: &[Included; N]) {
        let mut done = [false; N];
        let mut found = true;
        while found {
            found = false;
            let mut at = 0;
            while at < N {
                if !done[at] && waits_for(all, &done, at).is_none() {
                    done[at] = true;
                    found = true;
                }
                at += 1;
            }
        }
        let mut at = 0;
        while at < N && done[at] {
            at += 1;
        }
        if at == N {
            return;
        }
        // From whatever is left one comes into a cycle in at most as many steps as there are.
        let mut walked = 0;
        while walked < N {
            if let Some(next) = waits_for(all, &done, at) {
                at = next;
            }
            walked += 1;
        }
        let first = at;
        let mut text = Text::new().and("dependency cycle in workflow `").and(workflow).and("`: `").and(all[at].name);
        while let Some(next) = waits_for(all, &done, at) {
            text = text.and("` -> `").and(all[next].name);
            at = next;
            if at == first {
                break;
            }
        }
        text.and("`").panic();
    }

    /// That the workflow's output is made of the steps that are last.
    ///
    /// # Panics
    /// At build time, when another one is last, or one of them is not.
    #[track_caller]
    pub const fn is_last(workflow: &str, all: &[Included], own: &[&str]) {
        let mut wrong = false;
        let mut at = 0;
        let mut text = Text::new();
        while at < all.len() {
            let last = !all[at].is_used && !is_waited_for(all, at);
            wrong = wrong || last != all[at].is_output;
            at += 1;
        }
        if !wrong {
            return;
        }
        text = text.and("say which steps of workflow `").and(workflow).and("` are last: `output = [");
        let mut first = true;
        at = 0;
        while at < own.len() + all.len() {
            let name = if at < own.len() { own[at] } else { all[at - own.len()].name };
            let last = at < own.len() || (!all[at - own.len()].is_used && !is_waited_for(all, at - own.len()));
            if last {
                text = if first { text.and(name) } else { text.and(", ").and(name) };
                first = false;
            }
            at += 1;
        }
        text.and("]`").panic();
    }

    const fn place(all: &[Included], id: u64) -> Option<usize> {
        let mut at = 0;
        while at < all.len() {
            if all[at].id == id {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// A step that the one at `at` waits for, among those that are not done.
    const fn waits_for(all: &[Included], done: &[bool], at: usize) -> Option<usize> {
        let mut edge = 0;
        while edge < all[at].depends_on.len() {
            if let Some(to) = place(all, all[at].depends_on[edge].1)
                && !done[to]
            {
                return Some(to);
            }
            edge += 1;
        }
        None
    }

    const fn is_waited_for(all: &[Included], step: usize) -> bool {
        let mut at = 0;
        while at < all.len() {
            let mut edge = 0;
            while edge < all[at].depends_on.len() {
                if all[at].depends_on[edge].1 == all[step].id {
                    return true;
                }
                edge += 1;
            }
            at += 1;
        }
        false
    }

    /// A message that is made at build time. What is too long for it is cut off.
    #[derive(Clone, Copy)]
    struct Text {
        bytes: [u8; Self::MOST],
        length: usize,
    }

    impl Text {
        const MOST: usize = 1024;

        const fn new() -> Self {
            Self { bytes: [0; Self::MOST], length: 0 }
        }

        const fn and(mut self, text: &str) -> Self {
            let text = text.as_bytes();
            if self.length + text.len() <= Self::MOST {
                let mut at = 0;
                while at < text.len() {
                    self.bytes[self.length] = text[at];
                    self.length += 1;
                    at += 1;
                }
            }
            self
        }

        #[track_caller]
        const fn panic(&self) -> ! {
            match std::str::from_utf8(self.bytes.split_at(self.length).0) {
                Ok(text) => panic!("{}", text),
                Err(_) => panic!("the graph of this workflow breaks a rule"),
            }
        }
    }
}
