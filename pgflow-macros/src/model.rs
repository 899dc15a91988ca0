//! A workflow as the macro understands it: names, meanings and places. What comes later reads this, and no tokens.

use std::time::Duration;

use pgflow_graph::{Node, Skip, Source};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{ExprClosure, Ident, Pat, Path, Type, Visibility};

use crate::parse::{Delay, Function, MapPath, Parameter, Signature, StepArguments, doc_comment};
use crate::report::{Sink, StepSink};

/// A workflow.
pub(crate) struct Workflow {
    /// The module's name.
    pub(crate) ident: Ident,
    /// The module's doc comment.
    pub(crate) description: Option<String>,
    /// How visible generated items are: as the module is.
    pub(crate) visibility: Visibility,
    /// Where this crate is found.
    pub(crate) krate: Path,
    /// The type of the state; `()` when none is given.
    pub(crate) state: Option<Type>,
    /// The type of the input as an argument of `#[workflow]`.
    pub(crate) input: Option<Type>,
    /// How long a run may take.
    pub(crate) deadline: Option<Duration>,
    /// The steps, in the order of the source.
    pub(crate) steps: Vec<Step>,
    /// The names of functions that are no steps.
    pub(crate) functions: Vec<Ident>,
    /// The names of all items of the module. Those that are ours were reported; they are not written a second time.
    pub(crate) taken: Vec<Ident>,
}

/// A step.
pub(crate) struct Step {
    /// Its function's name.
    pub(crate) ident: Ident,
    /// Its doc comment.
    pub(crate) description: Option<String>,
    /// Its arguments.
    pub(crate) arguments: StepArguments,
    /// What it takes, with the meaning of each parameter.
    pub(crate) parameters: Vec<(Parameter, Binding)>,
    /// What it returns; none when that is no `Result`.
    pub(crate) returns: Option<Type>,
    /// The condition under which it is executed.
    pub(crate) condition: Option<Question>,
    /// What computes how long it waits before its first attempt.
    pub(crate) delay: Option<Question>,
    /// The steps that it waits for.
    pub(crate) edges: Vec<Edge>,
    /// Whether something is wrong with it that was reported already. It is left out of what is generated then.
    pub(crate) broken: bool,
    /// Whether it is not known what it depends on, since its attribute is wrong: nothing is concluded from what it takes then.
    pub(crate) unclear: bool,
}

/// What is asked before a step begins: a closure, whose parameters are `input` and dependencies.
pub(crate) struct Question {
    /// What it is to the user.
    pub(crate) what: &'static str,
    /// As written.
    pub(crate) closure: ExprClosure,
    /// Its parameters, with the meaning of each.
    pub(crate) parameters: Vec<(Ident, Binding)>,
}

/// A dependency of a step.
#[derive(Clone)]
pub(crate) struct Edge {
    /// The name as it stands in the arguments.
    pub(crate) ident: Ident,
    /// The step of that name; none when there is none.
    pub(crate) step: Option<usize>,
    /// Whether its output is passed on.
    pub(crate) value: bool,
}

/// What a parameter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The workflow's input.
    Input,
    /// The item of a map step.
    Item,
    /// The output of a dependency, by its place among the edges.
    Output(usize),
    /// An extractor.
    Extractor,
}

impl Workflow {
    /// The name as text.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// The type of the input, and the step that says so (none: the arguments, or nothing does).
    pub(crate) fn input(&self) -> (Option<&Type>, Option<usize>) {
        if let Some(input) = &self.input {
            return (Some(input), None);
        }
        let found = self.steps.iter().enumerate().find_map(|(step, s)| {
            s.parameters
                .iter()
                .find(|(_, binding)| *binding == Binding::Input)
                .map(|(parameter, _)| (&parameter.ty, step))
        });
        match found {
            Some((ty, step)) => (Some(ty), Some(step)),
            None => (None, None),
        }
    }

    /// The steps of the graph on which no other depends.
    pub(crate) fn leaves(&self) -> Vec<usize> {
        let waited_for = |step| self.steps.iter().any(|s| s.edges.iter().any(|edge| edge.step == Some(step)));
        (0..self.steps.len()).filter(|&step| !self.steps[step].is_hook() && !waited_for(step)).collect()
    }

    /// Whether an item of this name may be written.
    pub(crate) fn is_free(&self, name: &str) -> bool {
        self.taken.iter().all(|taken| taken.unraw() != name)
    }

    /// The path of what generated code refers to.
    pub(crate) fn private(&self) -> TokenStream {
        let krate = &self.krate;
        quote!(#krate::__private)
    }
}

impl Step {
    /// A step by itself: what its dependencies are is found out with the graph.
    pub(crate) fn new(
        function: &Function,
        mut arguments: StepArguments,
        signature: Signature,
        sink: &StepSink,
    ) -> Self {
        let mut edges: Vec<Edge> =
            arguments.depends_on.iter().map(|ident| Edge { ident: ident.clone(), step: None, value: false }).collect();
        // The list that is mapped over is waited for as well. Whether it is passed on as a whole is up to the parameters.
        if let Some(source) = arguments.map.as_ref().and_then(MapPath::step)
            && !edges.iter().any(|edge| edge.ident.unraw() == source.unraw())
        {
            edges.push(Edge { ident: source.clone(), step: None, value: false });
        }
        let condition = arguments.when.take().map(|closure| Question::new("condition", closure, &sink.attribute));
        let delay = match arguments.delay.take_if(|delay| matches!(delay, Delay::Computed(_))) {
            Some(Delay::Computed(closure)) => Some(Question::new("delay", closure, &sink.attribute)),
            _ => None,
        };
        Self {
            condition,
            delay,
            ident: function.signature.ident.clone(),
            description: doc_comment(&function.attributes),
            parameters: signature.parameters.into_iter().map(|parameter| (parameter, Binding::Extractor)).collect(),
            returns: signature.returns,
            arguments,
            edges,
            broken: !sink.is_empty(),
            unclear: !sink.attribute.is_empty(),
        }
    }

    /// The name as text.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Whether it stands outside the graph, and is executed when the run has failed.
    pub(crate) fn is_hook(&self) -> bool {
        self.arguments.on_failure.is_some()
    }

    /// Whether it runs once for each element of a list.
    pub(crate) fn is_map(&self) -> bool {
        self.arguments.map.is_some()
    }

    /// Whether it, or what is asked before it begins, takes the workflow's input.
    pub(crate) fn takes_input(&self) -> bool {
        let asked = self.condition.iter().chain(&self.delay).flat_map(|question| &question.parameters);
        let asked = asked.map(|(_, binding)| binding);
        self.parameters.iter().map(|(_, binding)| binding).chain(asked).any(|binding| *binding == Binding::Input)
    }

    /// What `skip_with` lists with this name besides.
    pub(crate) fn skip_with_too(&self, name: &str) -> String {
        let mut names: Vec<String> = self.arguments.skip_with.iter().map(ToString::to_string).collect();
        names.push(name.to_owned());
        names.join(", ")
    }

    /// The step as the rules of the graph see it.
    pub(crate) fn node(&self) -> Node {
        let name = |ident: &Ident| ident.unraw().to_string();
        Node {
            name: self.name(),
            depends_on: self.edges.iter().map(|edge| name(&edge.ident)).collect(),
            map: self.arguments.map.as_ref().map(|map| match map.step() {
                None => Source::Input,
                Some(step) => Source::Step(name(step)),
            }),
            skip: Skip {
                when: self.condition.is_some(),
                on_exhausted: self.arguments.skips_exhausted,
                skippable: self.arguments.skippable,
                with: self.arguments.skip_with.iter().map(name).collect(),
            },
        }
    }

    /// The parameter that takes the item.
    pub(crate) fn item(&self) -> Option<&Parameter> {
        self.parameters.iter().find(|(_, binding)| *binding == Binding::Item).map(|(parameter, _)| parameter)
    }
}

impl Question {
    /// By itself: what its parameters mean is found out with the graph.
    fn new(what: &'static str, closure: ExprClosure, sink: &Sink) -> Self {
        let mut parameters = Vec::new();
        for pattern in &closure.inputs {
            let named = match pattern {
                Pat::Type(typed) => &*typed.pat,
                pattern => pattern,
            };
            match named {
                Pat::Ident(named) if named.by_ref.is_none() && named.subpat.is_none() => {
                    parameters.push((named.ident.clone(), Binding::Extractor));
                }
                other => sink.error_with_help(
                    other,
                    format_args!("a parameter of a {what} is a name: `input`, or that of a dependency"),
                    "take it apart in the body",
                ),
            }
        }
        Self { what, closure, parameters }
    }
}

impl MapPath {
    /// The step whose output holds the list; none when it is the input.
    pub(crate) fn step(&self) -> Option<&Ident> {
        (self.source != "input").then_some(&self.source)
    }
}
