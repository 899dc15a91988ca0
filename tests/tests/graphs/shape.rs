//! A workflow as data, and what its policies mean for types: by the words of the documents, and not by the code of the engine.

/// What a function gives, apart from lists of map steps and from what may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    /// An output that is an `Option` by itself: null is no skip.
    Maybe,
    Unit,
    List,
    /// With fields that are lists.
    Parcel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Input,
    Step(usize),
}

/// Where the list of a map step is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    pub(crate) from: From,
    /// With its dots.
    pub(crate) field: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Own,
    /// A function outside the workflow, in one of two modules.
    Outside(char),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) to: usize,
    /// It is taken as a parameter; otherwise it orders only.
    pub(crate) value: bool,
    pub(crate) with: bool,
    /// It stands in `depends_on`; what is mapped over need not.
    pub(crate) listed: bool,
    /// It is named by its path, where it has one.
    pub(crate) by_path: bool,
    /// Its parameter has another name.
    pub(crate) renamed: bool,
}

/// What a condition is told.
#[derive(Clone, Debug)]
pub(crate) struct When {
    pub(crate) input: bool,
    /// By their places among the edges.
    pub(crate) edges: Vec<usize>,
    /// The closure says the types of its parameters.
    pub(crate) typed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// In the workflow.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) function: String,
    pub(crate) place: Place,
    /// A condition that holds.
    pub(crate) cfg: Option<&'static str>,
    /// A condition that does not; another step of the same name stands under it.
    pub(crate) decoy: Option<&'static str>,
    /// It waits for those that stand before it.
    pub(crate) edges: Vec<Edge>,
    pub(crate) map: Option<Map>,
    pub(crate) takes_input: bool,
    pub(crate) when: Option<When>,
    pub(crate) on_exhausted: bool,
    pub(crate) max_attempts: u16,
    pub(crate) skippable: bool,
    pub(crate) delayed: bool,
    pub(crate) kind: Kind,
    /// Its parameters stand the other way round.
    pub(crate) backwards: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) name: String,
    /// The workflow whose modules hold the steps that stand outside.
    pub(crate) origin: String,
    /// A list or a parcel.
    pub(crate) input: Kind,
    pub(crate) steps: Vec<Step>,
    /// The order of the source.
    pub(crate) order: Vec<usize>,
    /// The workflow says what its input and its last steps are, though that would be known.
    pub(crate) talks: bool,
}

impl Kind {
    pub(crate) fn ty(self) -> &'static str {
        match self {
            Self::Number => "u64",
            Self::Maybe => "Option<u64>",
            Self::Unit => "()",
            Self::List => "Vec<u64>",
            Self::Parcel => "Parcel",
        }
    }
}

impl Step {
    /// "A step is skipped when its condition does not hold, when its function says so, in place of failing, or together with a step that
    /// it depends on." Of a map step, the function and the failure speak of an item.
    pub(crate) fn may_be_skipped(&self) -> bool {
        let by_its_function = self.map.is_none() && (self.skippable || self.on_exhausted);
        self.when.is_some() || by_its_function || self.edges.iter().any(|edge| edge.with)
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.map.is_some() && (self.skippable || self.on_exhausted)
    }

    /// What it gives when it is there.
    pub(crate) fn gives(&self) -> String {
        let one = self.kind.ty();
        match (self.map, self.has_gaps()) {
            (None, _) => one.to_owned(),
            (Some(_), false) => format!("Vec<{one}>"),
            (Some(_), true) => format!("Vec<Option<{one}>>"),
        }
    }

    /// What the run gives where it is last.
    pub(crate) fn output(&self) -> String {
        if self.may_be_skipped() { format!("Option<{}>", self.gives()) } else { self.gives() }
    }

    /// The condition, or what it maps over.
    pub(crate) fn asks_for_input(&self) -> bool {
        let maps = self.map.is_some_and(|map| map.from == From::Input);
        maps || self.when.as_ref().is_some_and(|when| when.input)
    }

    /// A step outside says by a parameter what the input is.
    pub(crate) fn has_input_parameter(&self) -> bool {
        self.takes_input || self.place != Place::Own && self.asks_for_input()
    }
}

impl Graph {
    /// Whether a step is executed though this dependency was skipped.
    pub(crate) fn may_miss(&self, edge: &Edge) -> bool {
        self.steps[edge.to].may_be_skipped() && !edge.with
    }

    /// As what a step takes a dependency.
    pub(crate) fn taken(&self, edge: &Edge) -> String {
        let gives = self.steps[edge.to].gives();
        if self.may_miss(edge) { format!("Option<{gives}>") } else { gives }
    }

    pub(crate) fn item(&self, step: &Step) -> Kind {
        match step.map {
            Some(Map { from: From::Step(from), field: "" }) if self.steps[from].map.is_some() => self.steps[from].kind,
            _ => Kind::Number,
        }
    }

    /// The steps on which no other depends.
    pub(crate) fn leaves(&self) -> Vec<usize> {
        let used = |step| self.steps.iter().any(|other| other.edges.iter().any(|edge| edge.to == step));
        (0..self.steps.len()).filter(|step| !used(*step)).collect()
    }

    /// What a condition goes by, wherever its step is included.
    pub(crate) fn key(&self, step: &Step) -> String {
        match step.place {
            Place::Own => format!("{}::{}", self.name, step.function),
            Place::Outside(module) => format!("{}_{module}::{}", self.origin, step.function),
        }
    }
}
