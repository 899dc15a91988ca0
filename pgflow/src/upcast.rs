//! Runs of an older version that go on in a newer one, whose program can read their outputs.

use std::fmt;

use crate::definition::{Definition, StepDefinition, without_descriptions};
use crate::encoded::Encoded;
use crate::glue::SchemaOf;

/// Makes an output of a step from one that an older version of it has given.
#[derive(Clone, Copy)]
pub struct Upcast {
    /// The schema of the older output.
    pub schema: SchemaOf,
    /// The newer one.
    pub carry: fn(&Encoded) -> serde_json::Result<Encoded>,
}

/// An older version, as it is carried over.
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by workers only"))]
pub(crate) struct Carried {
    /// Its graph, with the newer outputs.
    pub(crate) definition: Definition,
    /// The steps whose outputs are carried over.
    pub(crate) steps: Vec<CarriedStep>,
}

/// A step whose outputs are carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by workers only"))]
pub(crate) struct CarriedStep {
    /// Its number in the older version.
    pub(crate) number: usize,
    /// Its number in the newer one.
    pub(crate) own: usize,
    /// Which of its up-casters reads the older outputs.
    pub(crate) upcast: usize,
}

impl Definition {
    /// Whether a program that has this version carries runs of `older` over: all that those are made of is in this one too, and each
    /// output that has another type now can be made from the older one (`upcast` of `#[step]`).
    #[must_use]
    pub fn carries_over(&self, older: &Self) -> bool {
        self.carried(older).is_some()
    }

    /// The older version with the outputs of this one; none where it is not carried over, or needs not be.
    pub(crate) fn carried(&self, older: &Self) -> Option<Carried> {
        let mut definition = older.clone();
        let mut steps = Vec::new();
        for (number, step) in definition.steps.iter_mut().enumerate() {
            let own = self.steps.iter().position(|own| own.name == step.name)?;
            let newer = &self.steps[own];
            let before = without_descriptions(&step.output);
            if before == without_descriptions(&newer.output) {
                continue;
            }
            let upcast = newer.upcasts.iter().position(|schema| without_descriptions(schema) == before)?;
            step.output = newer.output.clone();
            steps.push(CarriedStep { number, own, upcast });
        }
        let names = |definition: &Self| definition.leaves().map(|step| step.name.clone()).collect::<Vec<_>>();
        if names(older) == names(self) {
            definition.output = self.output.clone();
        } else if steps.iter().any(|step| is_leaf(older, &older.steps[step.number])) {
            // What such a run would give is the output of no version.
            return None;
        }
        (!steps.is_empty() && self.goes_on_with(&definition)).then_some(Carried { definition, steps })
    }
}

fn is_leaf(definition: &Definition, step: &StepDefinition) -> bool {
    definition.leaves().any(|leaf| leaf.name == step.name)
}

impl fmt::Debug for Upcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upcast").finish_non_exhaustive()
    }
}
