//! What can be wrong with a graph, and the words for it.

use std::fmt;

use crate::name::NameProblem;
use crate::suggest::list;

/// How many steps a help names before it stops.
const LISTED: usize = 12;

/// A broken rule, and where: the indexes are those of the list that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The workflow's name.
    pub workflow: String,
    /// The step's name.
    pub name: String,
    /// The step's index.
    pub step: usize,
    /// The index of the dependency among those of the step; none when it is the step itself.
    pub edge: Option<usize>,
    /// The rule.
    pub rule: Rule,
}

/// The rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The workflow has no steps.
    Empty,
    /// A step's name is none.
    Name(NameProblem),
    /// Another step has the name already.
    Duplicate {
        /// The index of that step.
        first: usize,
    },
    /// The step depends on itself.
    Itself,
    /// The step names a dependency twice.
    Repeated {
        /// The name.
        name: String,
    },
    /// There is no step of the name that is depended on.
    Unknown {
        /// The name.
        name: String,
        /// A step that was probably meant.
        similar: Option<String>,
        /// The steps that there are.
        steps: Vec<String>,
    },
    /// The step is skipped with something that it does not depend on.
    SkipsWithout {
        /// The place in the list.
        at: usize,
        /// The name.
        name: String,
        /// Whether there is such a step.
        exists: bool,
        /// A dependency that was probably meant.
        similar: Option<String>,
    },
    /// The step is skipped with a dependency that is never skipped.
    SkipsWithCertain {
        /// The place in the list.
        at: usize,
        /// The name.
        name: String,
        /// Whether single items of it may be.
        gaps: bool,
    },
    /// The step names a dependency twice that it is skipped with.
    SkipsTwice {
        /// The place in the list.
        at: usize,
        /// The name.
        name: String,
    },
    /// The list of a map step comes from a step that may be skipped.
    MapsOverSkipped {
        /// The name.
        name: String,
    },
    /// The list of a map step comes from a map step whose items may be skipped.
    MapsOverGaps {
        /// The name.
        name: String,
    },
    /// The dependency closes a cycle.
    Cycle {
        /// The indexes of its steps: each waits for the next, and the last for the first.
        steps: Vec<usize>,
        /// The same as names.
        path: Vec<String>,
    },
}

impl Problem {
    pub(crate) fn new(workflow: &str, name: &str, step: usize, edge: Option<usize>, rule: Rule) -> Self {
        Self { workflow: workflow.to_owned(), name: name.to_owned(), step, edge, rule }
    }

    /// What is wrong, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let Self { workflow, name, .. } = self;
        match &self.rule {
            Rule::Empty => format!("workflow `{workflow}` has no steps"),
            Rule::Name(NameProblem::Empty) => format!("workflow `{workflow}` has a step without a name"),
            Rule::Name(NameProblem::Reserved) => format!("a step cannot be named `{name}`"),
            Rule::Name(NameProblem::TooLong) => format!("the name of step `{name}` is too long"),
            Rule::Name(NameProblem::Character) => format!("`{name}` cannot be the name of a step"),
            Rule::Duplicate { .. } => format!("workflow `{workflow}` has two steps named `{name}`"),
            Rule::Itself => format!("step `{name}` depends on itself"),
            Rule::Repeated { name: dependency } => format!("step `{name}` names its dependency `{dependency}` twice"),
            Rule::Unknown { name: dependency, .. } => format!("workflow `{workflow}` has no step `{dependency}`"),
            Rule::Cycle { .. } => format!("workflow `{workflow}` has a dependency cycle"),
            Rule::SkipsWithout { name: other, .. } => {
                format!("step `{name}` is skipped with `{other}`, but does not depend on it")
            }
            Rule::SkipsWithCertain { name: other, .. } => {
                format!("step `{name}` is skipped with `{other}`, which is never skipped")
            }
            Rule::SkipsTwice { name: other, .. } => format!("step `{name}` names `{other}` twice in `skip_with`"),
            Rule::MapsOverSkipped { name: source } => {
                format!("step `{name}` maps over `{source}`, which may be skipped")
            }
            Rule::MapsOverGaps { name: source } => {
                format!("step `{name}` maps over `{source}`, whose items may be skipped")
            }
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match &self.rule {
            Rule::Name(NameProblem::Reserved) => Some(reserved(&self.name)),
            Rule::Name(problem) => Some(problem.to_string()),
            Rule::Unknown { similar: Some(similar), .. } => {
                Some(format!("a step with a similar name exists: `{similar}`"))
            }
            Rule::Unknown { steps, .. } => match steps.as_slice() {
                [] => Some("it has no other step".to_owned()),
                [one] => Some(format!("its only other step is `{one}`")),
                many if many.len() <= LISTED => {
                    Some(format!("its other steps are {}", list(many.iter().map(String::as_str))))
                }
                many => {
                    let shown: Vec<String> = many[..LISTED].iter().map(|step| format!("`{step}`")).collect();
                    Some(format!("its other steps are {} and {} more", shown.join(", "), many.len() - LISTED))
                }
            },
            Rule::Cycle { path, .. } => Some(format!("{}; remove one of them", chain(path))),
            Rule::Repeated { .. } | Rule::SkipsTwice { .. } => Some("once is enough".to_owned()),
            Rule::SkipsWithout { name, exists: true, .. } => Some(format!("add `{name}` to `depends_on`")),
            Rule::SkipsWithout { similar: Some(similar), .. } => {
                Some(format!("a dependency with a similar name exists: `{similar}`"))
            }
            Rule::SkipsWithout { .. } => None,
            Rule::SkipsWithCertain { name, gaps: true, .. } => {
                Some(format!("single items of `{name}` may be: they are `None` in the list that it gives"))
            }
            Rule::SkipsWithCertain { name, gaps: false, .. } => Some(format!(
                "leave it out; a step may be skipped that has `when`, `on_exhausted = skip`, `skippable` or `skip_with`, and `{name}` has none"
            )),
            Rule::MapsOverSkipped { name } => Some(format!("let it be skipped too: `skip_with = [{name}]`")),
            Rule::MapsOverGaps { .. } => {
                Some("let a step between them keep what is there, and map over that".to_owned())
            }
            Rule::Empty | Rule::Duplicate { .. } | Rule::Itself => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())?;
        match self.help() {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// `` `a` needs `b`, which needs `c`, which needs `a` ``.
fn chain(path: &[String]) -> String {
    let mut text = String::new();
    for (at, step) in path.iter().chain(path.first()).enumerate() {
        match at {
            0 => {}
            1 => text.push_str(" needs "),
            _ => text.push_str(", which needs "),
        }
        text.push_str(&format!("`{step}`"));
    }
    text
}

fn reserved(name: &str) -> String {
    let meaning = match name {
        "input" => "a parameter of this name takes the workflow's input",
        "item" => "a parameter of this name takes the element of a map step",
        _ => "the workflow's module has an item of this name of its own",
    };
    format!("{meaning}; give the step another name")
}
