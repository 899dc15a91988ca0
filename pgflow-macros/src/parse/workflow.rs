//! The arguments of `#[workflow]`.

use std::time::Duration;

use pgflow_graph::check_deadline;
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Path, Token, Type, bracketed};

use super::arguments::Known;
use super::name::StepName;
use super::schedule::{self, CatchUp};
use super::step::{ListWords, steps, time};
use crate::report::Sink;

const ARGUMENTS: Known = Known {
    attribute: "workflow",
    arguments: &[
        ("state", "Shop"),
        ("input", "Order"),
        ("include", "[common::audit]"),
        ("output", "[ship]"),
        ("deadline", "\"1h\""),
        ("schedule", "\"0 3 * * *\""),
        ("timezone", "\"Europe/Zurich\""),
        ("catch_up", "one"),
        ("scheduled_input", "of_the_day"),
        ("crate", "::pgflow"),
    ],
    instead: &[
        (
            &["depends_on", "map", "max_attempts", "backoff", "delay", "queue", "when", "skippable", "skip_with"],
            "it is an argument of `#[step]`",
        ),
        (&["on_failure"], "it marks the step that is executed then: `#[step(on_failure)]`"),
        (&["steps", "includes", "with"], "`include` lists the steps that stand elsewhere"),
        (&["timeout"], "`deadline` says how long a run may take"),
        (
            &["cron", "every", "interval"],
            "`schedule` says when runs are started, by a cron expression: `schedule = \"*/10 * * * *\"` is every ten minutes",
        ),
        (&["tz", "zone"], "`timezone` says by which clocks its `schedule` counts"),
    ],
};

/// The arguments of `#[workflow]`.
#[derive(Default)]
pub(crate) struct WorkflowArguments {
    /// The type of the state.
    pub(crate) state: Option<Type>,
    /// The type of the input.
    pub(crate) input: Option<Type>,
    /// The steps that stand elsewhere.
    pub(crate) include: Vec<Include>,
    /// The steps that are last.
    pub(crate) output: Option<Output>,
    /// How long a run may take.
    pub(crate) deadline: Option<Duration>,
    /// When runs are started: the argument, and its cron expression.
    pub(crate) schedule: Option<(Ident, String)>,
    /// By which clocks: the argument, and the zone.
    pub(crate) timezone: Option<(Ident, String)>,
    /// What is done about times that were missed.
    pub(crate) catch_up: Option<(Ident, CatchUp)>,
    /// The function that makes the input of runs that a schedule starts.
    pub(crate) scheduled_input: Option<Path>,
    /// Where this crate is found.
    pub(crate) krate: Option<Path>,
    /// Whether it is not known what the state is, since what says so is wrong: nothing is concluded from what takes it.
    pub(crate) vague: bool,
}

/// A step that stands elsewhere: `common::audit`, or `common::audit as audit_order`.
#[derive(Clone)]
pub(crate) struct Include {
    /// Where it stands.
    pub(crate) step: StepName,
    /// Its name in this workflow, where it gets another one.
    pub(crate) alias: Option<Ident>,
}

/// The steps that are said to be last.
pub(crate) struct Output {
    /// The argument's name.
    pub(crate) argument: Ident,
    /// The steps.
    pub(crate) steps: Vec<StepName>,
}

impl Include {
    /// Its name in this workflow.
    pub(crate) fn ident(&self) -> &Ident {
        self.alias.as_ref().unwrap_or_else(|| self.step.ident())
    }

    /// Whether the workflow gives it a name; otherwise the module has it by its name already.
    pub(crate) fn is_imported(&self) -> bool {
        self.alias.is_some() || self.step.is_path()
    }

    /// The same as text.
    pub(crate) fn name(&self) -> String {
        self.ident().unraw().to_string()
    }
}

impl WorkflowArguments {
    /// Reads what stands between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream, sink: &Sink) -> Self {
        let mut arguments = Self::default();
        let parsed = (|input: ParseStream<'_>| {
            let wrong = ARGUMENTS.parse(input, sink, |name, input| arguments.value(name, input, sink));
            arguments.vague = arguments.state.is_none() && !wrong.is_empty();
            if !wrong.iter().any(|name| name == "schedule") {
                arguments.only_with_schedule(sink);
            }
            // Of what makes the input, or what that is, nothing is known: nothing is concluded.
            if wrong.iter().any(|name| matches!(name.as_str(), "scheduled_input" | "input")) {
                arguments.schedule = None;
            }
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = parsed {
            sink.push(error);
        }
        arguments
    }

    fn value(&mut self, name: &Ident, input: ParseStream<'_>, sink: &Sink) -> syn::Result<()> {
        match name.unraw().to_string().as_str() {
            "state" => self.state = Some(ty(input, "`state` is a type, as in `state = Shop`")?),
            "input" => self.input = Some(ty(input, "`input` is a type, as in `input = Order`")?),
            "include" => self.include = includes(input, sink)?,
            "output" => {
                let steps = steps(input, sink, &OUTPUT)?;
                self.output = Some(Output { argument: name.clone(), steps });
            }
            "deadline" => self.deadline = Some(time(input, check_deadline)?),
            "schedule" => self.schedule = Some((name.clone(), schedule::cron(input)?)),
            "timezone" => self.timezone = Some((name.clone(), schedule::timezone(input)?)),
            "catch_up" => self.catch_up = Some((name.clone(), schedule::catch_up(input)?)),
            "scheduled_input" => self.scheduled_input = Some(schedule::function(input)?),
            _ => self.krate = Some(input.call(Path::parse_mod_style)?),
        }
        Ok(())
    }

    /// What says something of a schedule needs one.
    fn only_with_schedule(&self, sink: &Sink) {
        if self.schedule.is_some() {
            return;
        }
        let arguments = self.timezone.iter().map(|(name, _)| name).chain(self.catch_up.iter().map(|(name, _)| name));
        for name in arguments {
            sink.error_with_help(
                name,
                format_args!("`{name}` says something of a schedule, and there is none"),
                "add one, as in `schedule = \"0 3 * * *\"`: at 3:00 each day",
            );
        }
    }
}

const OUTPUT: ListWords = ListWords {
    no_list: "`output` is the list of the steps that are last: `output = [ship]`",
    no_name: "a step that is last is named as in `output = [ship]`",
};

const NO_INCLUDE: &str = "a step that stands elsewhere is named by its path, as in `include = [common::audit]` or `include = [common::audit as audit_order]`";

/// `[common::audit, common::audit as audit_order]`. One that is half typed must not hide the others.
fn includes(input: ParseStream<'_>, sink: &Sink) -> syn::Result<Vec<Include>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("`include` takes a list of steps that stand elsewhere: `include = [common::audit]`"));
    }
    let list;
    bracketed!(list in input);
    let mut found = Vec::new();
    while !list.is_empty() {
        match include(&list) {
            Ok(include) => found.push(include),
            Err(error) => sink.error_at(error.span(), NO_INCLUDE),
        }
        super::arguments::skip_to_comma(&list);
        list.parse::<Option<Token![,]>>()?;
    }
    Ok(found)
}

fn include(input: ParseStream<'_>) -> syn::Result<Include> {
    let step = StepName::parse(input)?;
    let alias = if input.parse::<Option<Token![as]>>()?.is_some() { Some(input.parse()?) } else { None };
    if input.is_empty() || input.peek(Token![,]) { Ok(Include { step, alias }) } else { Err(input.error(NO_INCLUDE)) }
}

fn ty(input: ParseStream<'_>, wrong: &str) -> syn::Result<Type> {
    input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), wrong))
}
