//! A workflow as the macro understands it: names, meanings and places. What comes later reads this, and no tokens.

use std::time::Duration;

use pgflow_graph::{Node, Skip, Source};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Ident, Pat, Path, Type, Visibility};

use crate::gate::Closed;
use crate::parse::{
    CatchUp, Closure, Delay, Function, Include, MapPath, Output, Parameter, Signature, StepArguments, StepName,
    doc_comment,
};
use crate::report::{Sink, StepSink};

/// A workflow; or a step that stands outside any, with what it depends on.
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
    /// When runs are started by themselves.
    pub(crate) schedule: Option<Schedule>,
    /// The function that makes the input of runs that a schedule starts.
    pub(crate) scheduled_input: Option<Path>,
    /// The steps, in the order of the source.
    pub(crate) steps: Vec<Step>,
    /// The steps that stand elsewhere. Nothing is known of them but where they are.
    pub(crate) includes: Vec<Include>,
    /// The steps that are said to be last.
    pub(crate) output: Option<Output>,
    /// Whether it is a step by itself, which stands in any workflow that includes it.
    pub(crate) is_shared: bool,
    /// The names of functions that are no steps.
    pub(crate) functions: Vec<Ident>,
    /// The names of functions that were to be steps and cannot be read: the compiler says why.
    pub(crate) unreadable: Vec<Ident>,
    /// Steps in modules within the workflow's, with their paths.
    pub(crate) within: Vec<(String, String)>,
    /// The names of steps that are compiled out, and by what.
    pub(crate) gated: Vec<(Ident, Closed)>,
    /// The names of all items of the module. Those that are ours were reported; they are not written a second time.
    pub(crate) taken: Vec<Ident>,
}

/// When runs of a workflow are started by themselves.
pub(crate) struct Schedule {
    /// The argument that says so.
    pub(crate) argument: Ident,
    /// The cron expression.
    pub(crate) cron: String,
    /// The time zone.
    pub(crate) timezone: String,
    /// What is done about times that were missed.
    pub(crate) catch_up: CatchUp,
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
    pub(crate) closure: Closure,
    /// Its parameters, with the meaning of each.
    pub(crate) parameters: Vec<(Ident, Binding)>,
}

/// A dependency of a step.
#[derive(Clone)]
pub(crate) struct Edge {
    /// The name as it stands in the arguments.
    pub(crate) step: StepName,
    /// The step of that name; none when there is none.
    pub(crate) to: Option<Producer>,
    /// Whether its output is passed on.
    pub(crate) value: bool,
}

/// A step that gives its output to another one, or to the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Producer {
    /// One of the workflow's own, by its place among them.
    Own(usize),
    /// One that stands elsewhere, by its place among those that are included.
    Included(usize),
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
    /// A signal.
    Signal,
    /// What lets it ask to be executed again.
    Repeat,
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

    /// The steps that are last: those on which no other depends. What those depend on that stand elsewhere is not known here. They are
    /// taken for last where the workflow says so, or has no last step of its own; the compiler proves whether that is right.
    pub(crate) fn leaves(&self) -> Vec<Producer> {
        let waited_for = |step| self.steps.iter().any(|s| s.edges.iter().any(|edge| edge.to == Some(step)));
        let own = (0..self.steps.len()).filter(|&step| !self.steps[step].is_hook()).map(Producer::Own);
        let own: Vec<Producer> = own.filter(|&step| !waited_for(step)).collect();
        let is_last = |at: &usize| match &self.output {
            Some(output) => output.steps.iter().any(|step| step.name() == self.includes[*at].name()),
            None => own.is_empty(),
        };
        let included =
            (0..self.includes.len()).filter(is_last).map(Producer::Included).filter(|&step| !waited_for(step));
        own.iter().copied().chain(included).collect()
    }

    /// Whether a function of this name was to be a step, and cannot be read.
    pub(crate) fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.iter().any(|unreadable| unreadable.unraw() == name)
    }

    /// The step of this name.
    pub(crate) fn find(&self, name: &str) -> Option<Producer> {
        let own = self.steps.iter().position(|step| step.name() == name).map(Producer::Own);
        own.or_else(|| self.includes.iter().position(|include| include.name() == name).map(Producer::Included))
    }

    /// The step of this number, if it is one of the workflow's own.
    pub(crate) fn own(&self, step: Producer) -> Option<&Step> {
        match step {
            Producer::Own(at) => self.steps.get(at),
            Producer::Included(_) => None,
        }
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
            arguments.depends_on.iter().map(|step| Edge { step: step.clone(), to: None, value: false }).collect();
        // The list that is mapped over is waited for as well. Whether it is passed on as a whole is up to the parameters.
        if let Some(source) = arguments.map.as_ref().and_then(MapPath::step)
            && !edges.iter().any(|edge| edge.name() == source.name())
        {
            edges.push(Edge { step: source.clone(), to: None, value: false });
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

    /// Whether it takes the workflow's input, or maps over it.
    pub(crate) fn takes_the_input(&self) -> bool {
        self.takes_input() || self.arguments.map.as_ref().is_some_and(|map| map.step().is_none())
    }

    /// Whether it is skipped with the dependency of this name.
    pub(crate) fn is_skipped_with(&self, name: &str) -> bool {
        self.arguments.skip_with.iter().any(|step| step.name() == name)
    }

    /// What `skip_with` lists with this name besides.
    pub(crate) fn skip_with_too(&self, name: &str) -> String {
        let mut names: Vec<String> = self.arguments.skip_with.iter().map(StepName::text).collect();
        names.push(name.to_owned());
        names.join(", ")
    }

    /// The step as the rules of the graph see it.
    pub(crate) fn node(&self) -> Node {
        Node {
            name: self.name(),
            depends_on: self.edges.iter().map(Edge::name).collect(),
            map: self.arguments.map.as_ref().map(|map| match map.step() {
                None => Source::Input,
                Some(step) => Source::Step(step.name()),
            }),
            skip: Skip {
                when: self.condition.is_some(),
                on_exhausted: self.arguments.skips_exhausted,
                skippable: self.arguments.skippable,
                with: self.arguments.skip_with.iter().map(StepName::name).collect(),
            },
        }
    }

    /// The parameter that takes a signal: what that holds, and whether it may not come.
    pub(crate) fn signal(&self) -> Option<(&Parameter, &Type, bool)> {
        let (parameter, _) = self.parameters.iter().find(|(_, binding)| *binding == Binding::Signal)?;
        parameter.signal().map(|(payload, optional)| (parameter, payload, optional))
    }

    /// The parameter that lets it ask to be executed again, and what it remembers.
    pub(crate) fn repeat(&self) -> Option<(&Parameter, Type)> {
        let (parameter, _) = self.parameters.iter().find(|(_, binding)| *binding == Binding::Repeat)?;
        parameter.repeat().map(|state| (parameter, state))
    }

    /// The parameter that takes the item.
    pub(crate) fn item(&self) -> Option<&Parameter> {
        self.parameters.iter().find(|(_, binding)| *binding == Binding::Item).map(|(parameter, _)| parameter)
    }
}

impl Edge {
    /// The name of the step that is waited for.
    pub(crate) fn name(&self) -> String {
        self.step.name()
    }
}

impl Question {
    /// By itself: what its parameters mean is found out with the graph.
    fn new(what: &'static str, closure: Closure, sink: &Sink) -> Self {
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
    pub(crate) fn step(&self) -> Option<&StepName> {
        (self.source.is_path() || self.source.ident() != "input").then_some(&self.source)
    }
}
