//! The arguments of `#[step]`.

use std::time::Duration;

use pgflow_graph::{
    DEFAULT_BACKOFF, WRONG_ATTEMPTS, check_backoff, check_backoffs, check_delay, check_max_attempts, check_max_backoff,
    check_queue, check_timeout, nearest,
};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitInt, LitStr, Member, Meta, Token, Type, bracketed};

use super::arguments::{Known, skip_to_comma};
use super::closure::Closure;
use super::duration;
use super::name::StepName;
use crate::report::Sink;

const ARGUMENTS: Known = Known {
    attribute: "step",
    arguments: &[
        ("depends_on", "[reserve]"),
        ("map", "reserve.lines"),
        ("max_attempts", "5"),
        ("backoff", "\"1s\""),
        ("max_backoff", "\"5m\""),
        ("timeout", "\"30s\""),
        ("delay", "\"10m\""),
        ("child", "shipping"),
        ("signal_timeout", "\"3d\""),
        ("latest_signal", ""),
        ("max_repeats", "100"),
        ("repeat_timeout", "\"1h\""),
        ("queue", "\"mail\""),
        ("when", "|input| input.gift"),
        ("on_exhausted", "skip"),
        ("skippable", ""),
        ("skip_with", "[reserve]"),
        ("on_failure", ""),
        ("upcast", "[OldReceipt]"),
        ("crate", "::pgflow"),
    ],
    instead: &[
        (
            &["retries", "retry", "max_retries", "attempts"],
            "`max_attempts` says how often it is tried, the first time counted",
        ),
        (&["deadline"], "`timeout` says how long one attempt may take; `deadline` is an argument of `#[workflow]`"),
        (&["workflow", "run", "start", "starts"], "`child` names the module of a workflow of which the step is a run"),
        (&["state", "input", "output", "include"], "it is an argument of `#[workflow]`"),
        (&["after", "needs", "requires", "dependencies", "deps"], "`depends_on` lists the steps that it waits for"),
        (&["if", "condition", "only_if", "skip_if"], "`when` says under which condition it is executed"),
    ],
};

/// The arguments that say in which form others take what the step gives.
const FORM: [&str; 5] = ["map", "when", "on_exhausted", "skippable", "skip_with"];

const DAY: Duration = Duration::from_secs(86_400);

/// The arguments of `#[step]`.
#[derive(Default)]
pub(crate) struct StepArguments {
    /// The names of the steps that are waited for.
    pub(crate) depends_on: Vec<StepName>,
    /// The list that is mapped over.
    pub(crate) map: Option<MapPath>,
    /// How often the step is tried.
    pub(crate) max_attempts: Option<u16>,
    /// The wait before the second attempt.
    pub(crate) backoff: Option<Duration>,
    /// The longest wait before another attempt.
    pub(crate) max_backoff: Option<Duration>,
    /// Where that stands.
    max_backoff_at: Option<Span>,
    /// How long an attempt may take.
    pub(crate) timeout: Option<Duration>,
    /// How long the step waits before its first attempt.
    pub(crate) delay: Option<Delay>,
    /// The workflow of which it is a run: its module.
    pub(crate) child: Option<Child>,
    /// How long it waits for its signal, and where that stands.
    pub(crate) signal_timeout: Option<(Ident, Duration)>,
    /// That the latest signal counts, where that stands.
    pub(crate) latest_signal: Option<Ident>,
    /// How often it may ask to be executed again, and where that stands.
    pub(crate) max_repeats: Option<(Ident, u32)>,
    /// For how long.
    pub(crate) repeat_timeout: Option<(Ident, Duration)>,
    /// The queue whose workers execute it.
    pub(crate) queue: Option<LitStr>,
    /// The condition under which the step is executed.
    pub(crate) when: Option<Closure>,
    /// Whether the step is skipped in place of a failure.
    pub(crate) skips_exhausted: bool,
    /// Whether its function may skip it.
    pub(crate) skippable: bool,
    /// The dependencies with which it is skipped.
    pub(crate) skip_with: Vec<StepName>,
    /// That it is executed when the run has failed, where that stands.
    pub(crate) on_failure: Option<Ident>,
    /// Older types of its output, from which the present one can be made.
    pub(crate) upcasts: Vec<Type>,
    /// Where this crate is found.
    pub(crate) krate: Option<syn::Path>,
    /// Whether it is not known in which form others take what the step gives, since what says so is wrong: nothing is concluded from
    /// what they take.
    pub(crate) vague: bool,
}

/// The workflow of which a step is a run.
pub(crate) struct Child {
    /// The argument.
    pub(crate) argument: Ident,
    /// The workflow's module.
    pub(crate) module: syn::Path,
}

/// How long a step waits before its first attempt.
pub(crate) enum Delay {
    Fixed(Duration),
    Computed(Closure),
}

/// The list that a map step maps over: `reserve.lines`.
pub(crate) struct MapPath {
    /// A step, or `input`.
    pub(crate) source: StepName,
    /// The fields from there to the list, each with its dot.
    pub(crate) fields: Vec<(Token![.], Member)>,
}

/// Whether an attribute is `#[step]`, by whatever path.
pub(crate) fn is_step(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "step")
}

/// Reads the arguments of a `#[step]` attribute.
pub(crate) fn step_arguments(attribute: &Attribute, sink: &Sink) -> StepArguments {
    match &attribute.meta {
        Meta::Path(_) => StepArguments::default(),
        Meta::List(list) => StepArguments::read(list.tokens.clone(), sink),
        Meta::NameValue(_) => {
            sink.error(attribute, "the arguments of `#[step]` stand in parentheses: `#[step(depends_on = [reserve])]`");
            StepArguments::default()
        }
    }
}

impl StepArguments {
    /// Reads what stands between the attribute's parentheses.
    pub(crate) fn read(tokens: TokenStream, sink: &Sink) -> Self {
        let mut arguments = Self::default();
        let parsed = (|input: ParseStream<'_>| {
            let wrong = ARGUMENTS.parse(input, sink, |name, input| arguments.value(name, input, sink));
            arguments.vague = wrong.iter().any(|name| nearest(name, FORM).is_some());
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = parsed {
            sink.push(error);
        }
        let first = arguments.backoff.unwrap_or(DEFAULT_BACKOFF);
        if let (Some(most), Some(place)) = (arguments.max_backoff, arguments.max_backoff_at)
            && let Some(why) = check_backoffs(first, most)
        {
            sink.error_at(place, format_args!("{why}\nhelp: write a shorter `backoff`, or a longer `max_backoff`"));
        }
        arguments
    }

    fn value(&mut self, name: &Ident, input: ParseStream<'_>, sink: &Sink) -> syn::Result<()> {
        match name.to_string().as_str() {
            "depends_on" => self.depends_on = steps(input, sink, &DEPENDS_ON)?,
            "skip_with" => self.skip_with = steps(input, sink, &SKIP_WITH)?,
            "when" => self.when = Some(Closure::read(input, WHEN, sink)?),
            "delay" => self.delay = Some(delay(input, sink)?),
            "child" => {
                let module = input.call(syn::Path::parse_mod_style).map_err(|error| {
                    syn::Error::new(
                        error.span(),
                        "`child` is the path of a workflow's module, as in `child = shipping`",
                    )
                })?;
                self.child = Some(Child { argument: name.clone(), module });
            }
            "signal_timeout" => {
                let time = time(input, |time| {
                    if time.is_zero() {
                        Some("a time-out is longer than nothing; leave the argument out for no limit")
                    } else {
                        (time > 365 * DAY)
                            .then_some("a signal is waited for `365d` at most; leave the argument out for no limit")
                    }
                })?;
                self.signal_timeout = Some((name.clone(), time));
            }
            "latest_signal" => self.latest_signal = Some(name.clone()),
            "max_repeats" => self.max_repeats = Some((name.clone(), max_repeats(input)?)),
            "repeat_timeout" => {
                let time = time(input, |time| {
                    if time.is_zero() {
                        Some("a time-out is longer than nothing; leave the argument out for no limit")
                    } else {
                        (time > 365 * DAY)
                            .then_some("a step repeats itself for `365d` at most; leave the argument out for no limit")
                    }
                })?;
                self.repeat_timeout = Some((name.clone(), time));
            }
            "queue" => self.queue = Some(queue(input)?),
            "on_exhausted" => self.skips_exhausted = skips_exhausted(input)?,
            "skippable" => self.skippable = true,
            "on_failure" => self.on_failure = Some(name.clone()),
            "upcast" => self.upcasts = types(input)?,
            "map" => self.map = Some(map(input, sink)?),
            "max_attempts" => self.max_attempts = Some(max_attempts(input)?),
            "backoff" => self.backoff = Some(time(input, check_backoff)?),
            "max_backoff" => {
                let place = input.span();
                self.max_backoff = Some(time(input, check_max_backoff)?);
                self.max_backoff_at = Some(place);
            }
            "timeout" => self.timeout = Some(time(input, check_timeout)?),
            _ => self.krate = Some(input.call(syn::Path::parse_mod_style)?),
        }
        Ok(())
    }
}

/// What is said where a list of steps is none.
pub(super) struct ListWords {
    pub(super) no_list: &'static str,
    pub(super) no_name: &'static str,
}

const DEPENDS_ON: ListWords = ListWords {
    no_list: "`depends_on` takes a list of steps: `depends_on = [reserve, charge]`",
    no_name: "a dependency is the name of a step, as in `depends_on = [reserve]`, or the path to one, as in `depends_on = [common::audit]`",
};

const SKIP_WITH: ListWords = ListWords {
    no_list: "`skip_with` takes a list of dependencies: `skip_with = [wrap]`",
    no_name: "a step is skipped with dependencies, named as in `skip_with = [wrap]`",
};

/// `[reserve, charge]`. A name that is half typed must not hide the others.
pub(super) fn steps(input: ParseStream<'_>, sink: &Sink, words: &ListWords) -> syn::Result<Vec<StepName>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(words.no_list));
    }
    let list;
    bracketed!(list in input);
    let mut names = Vec::new();
    while !list.is_empty() {
        let mut wrong = TokenStream::new();
        let name = StepName::parse(&list);
        if let Ok(name) = &name
            && list.peek(Ident)
        {
            sink.error_at(list.span(), "a comma is missing before this name");
            names.push(name.clone());
            continue;
        }
        while !list.is_empty() && !list.peek(Token![,]) {
            wrong.extend(list.parse::<proc_macro2::TokenTree>()?.into_token_stream());
        }
        match name {
            Ok(name) if wrong.is_empty() => names.push(name),
            Ok(name) => sink.error(quote::quote!(#name #wrong), words.no_name),
            Err(_) if wrong.is_empty() => sink.error_at(list.span(), words.no_name),
            Err(_) => sink.error(wrong, words.no_name),
        }
        list.parse::<Option<Token![,]>>()?;
    }
    Ok(names)
}

/// `[OldReceipt, OlderReceipt]`
fn types(input: ParseStream<'_>) -> syn::Result<Vec<Type>> {
    const WRONG: &str =
        "`upcast` takes a list of types that the step has returned before, as in `upcast = [OldReceipt]`";
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(WRONG));
    }
    let list;
    bracketed!(list in input);
    let types = Punctuated::<Type, Token![,]>::parse_terminated(&list);
    Ok(types.map_err(|error| syn::Error::new(error.span(), WRONG))?.into_iter().collect())
}

const WHEN: &str = "a condition is a closure over `input` and dependencies, by their names, as in `when = |input, charge| input.gift && charge.paid`";
const DELAY: &str = "a delay is a duration, as in `delay = \"10m\"`, or a closure over `input` and dependencies, by their names, that gives one, as in `delay = |input| input.patience`";

/// `"10m"`, or `|input| input.patience`
fn delay(input: ParseStream<'_>, sink: &Sink) -> syn::Result<Delay> {
    if input.peek(LitStr) {
        return time(input, check_delay).map(Delay::Fixed);
    }
    Closure::read(input, DELAY, sink).map(Delay::Computed)
}

/// `"mail"`
fn queue(input: ParseStream<'_>) -> syn::Result<LitStr> {
    const WRONG: &str = "a queue is named by a string, as in `queue = \"mail\"`";
    let name: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG))?;
    match check_queue(&name.value()) {
        Some(why) => Err(syn::Error::new(name.span(), why)),
        None => Ok(name),
    }
}

fn skips_exhausted(input: ParseStream<'_>) -> syn::Result<bool> {
    const WRONG: &str = "`on_exhausted` is `skip` or `fail`, as in `on_exhausted = skip`";
    let word: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG))?;
    match word.to_string().as_str() {
        "skip" => Ok(true),
        "fail" => Ok(false),
        _ => Err(syn::Error::new(word.span(), WRONG)),
    }
}

/// `reserve.lines`. What is half typed must not hide what stands before it.
fn map(input: ParseStream<'_>, sink: &Sink) -> syn::Result<MapPath> {
    let source = StepName::parse(input).map_err(|error| {
        syn::Error::new(
            error.span(),
            "a step maps over `input` or a step, or a field of it, as in `map = reserve.lines`",
        )
    })?;
    let mut fields = Vec::new();
    while input.peek(Token![.]) {
        let dot: Token![.] = input.parse()?;
        match input.parse() {
            Ok(field) => fields.push((dot, field)),
            Err(_) => {
                sink.error(dot, "the name of a field is missing after this dot, as in `map = reserve.lines`");
                skip_to_comma(input);
            }
        }
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("a path to a list is made of fields alone, as in `map = reserve.lines`"));
    }
    Ok(MapPath { source, fields })
}

fn max_repeats(input: ParseStream<'_>) -> syn::Result<u32> {
    const WRONG: &str = "`max_repeats` is a number from 1 to 2147483647, as in `max_repeats = 100`";
    if input.peek(Token![-]) {
        return Err(input.error(WRONG));
    }
    let literal: LitInt = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG))?;
    match literal.base10_parse::<u32>() {
        Ok(number @ 1..=0x7fff_ffff) if literal.suffix().is_empty() => Ok(number),
        _ => Err(syn::Error::new(literal.span(), WRONG)),
    }
}

fn max_attempts(input: ParseStream<'_>) -> syn::Result<u16> {
    if input.peek(Token![-]) {
        return Err(input.error(WRONG_ATTEMPTS));
    }
    let literal: LitInt = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG_ATTEMPTS))?;
    match literal.base10_parse().map(check_max_attempts) {
        Ok(Ok(number)) if literal.suffix().is_empty() => Ok(number),
        _ => Err(syn::Error::new(literal.span(), WRONG_ATTEMPTS)),
    }
}

pub(super) fn time(
    input: ParseStream<'_>,
    refuse: impl FnOnce(Duration) -> Option<&'static str>,
) -> syn::Result<Duration> {
    const EXAMPLE: &str = "write a duration as in `\"30s\"`, `\"250ms\"` or `\"1h 30m\"`";
    let literal: LitStr = input
        .parse()
        .map_err(|error| syn::Error::new(error.span(), format_args!("this is no duration\nhelp: {EXAMPLE}")))?;
    match duration::parse(&literal.value()) {
        Err(why) => Err(syn::Error::new(literal.span(), format_args!("{why}\nhelp: {EXAMPLE}"))),
        Ok(time) => match refuse(time) {
            Some(why) => Err(syn::Error::new(literal.span(), why)),
            None => Ok(time),
        },
    }
}
