//! What a definition says, in words: for drawings, snapshots and comparisons alike.

use std::time::Duration;

use crate::definition::{Delay, MapSource, StepDefinition, StepOptions};
use crate::schedule::Schedule;

/// What reaches the step's function by a parameter, apart from an item: the input first.
pub(crate) fn takes(step: &StepDefinition) -> Vec<&str> {
    let input = step.takes_input.then_some("input");
    input.into_iter().chain(edges(step, true)).collect()
}

/// What is only waited for.
pub(crate) fn after(step: &StepDefinition) -> Vec<&str> {
    let mapped = step.map.as_ref().and_then(|map| map.step.as_deref());
    edges(step, false).filter(|name| Some(*name) != mapped).collect()
}

fn edges(step: &StepDefinition, value: bool) -> impl Iterator<Item = &str> {
    step.depends_on.iter().filter(move |edge| edge.value == value).map(|edge| edge.step.as_str())
}

/// Where the list of a map step is: `fetch.orders`.
pub(crate) fn source(map: &MapSource) -> String {
    if let Some(count) = map.count {
        return format!("0..{count}");
    }
    let parts: Vec<&str> =
        std::iter::once(map.step.as_deref().unwrap_or("input")).chain(map.path.iter().map(String::as_str)).collect();
    parts.join(".")
}

/// When it is executed, and when skipped: `under a condition`, `skipped when exhausted`.
pub(crate) fn conditions(step: &StepDefinition) -> Vec<String> {
    let skip = &step.skip;
    let mut said: Vec<String> = [
        (skip.when, "under a condition"),
        (skip.on_exhausted, "skipped when exhausted"),
        (skip.skippable, "skipped by itself"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, words)| words.to_owned())
    .collect();
    if !skip.with.is_empty() {
        said.push(format!("skipped with {}", skip.with.join(", ")));
    }
    said
}

/// The signal that it waits for: `waits for signal approval`.
pub(crate) fn signal(step: &StepDefinition) -> Option<String> {
    let signal = step.signal.as_ref()?;
    let optional = if signal.optional { ", or goes on without" } else { "" };
    Some(format!("waits for signal {}{optional}", signal.name))
}

/// That it is a run of another workflow.
pub(crate) fn child(step: &StepDefinition) -> Option<String> {
    step.child.as_ref().map(|workflow| format!("a run of {workflow}"))
}

/// Whether it may ask to be executed again.
pub(crate) fn repeat(step: &StepDefinition) -> Option<String> {
    step.repeat.as_ref().map(|_| "repeats itself".to_owned())
}

/// The options by name.
pub(crate) fn options(options: &StepOptions) -> [(&'static str, String); 10] {
    let StepOptions {
        max_attempts,
        backoff,
        max_backoff,
        timeout,
        delay,
        signal_timeout,
        latest_signal,
        max_repeats,
        repeat_timeout,
        queue,
    } = options;
    let delay = match delay {
        Some(Delay::Computed) => "computed".to_owned(),
        Some(Delay::Fixed(delay)) => time(Some(*delay)),
        None => time(None),
    };
    [
        ("queue", queue.clone().unwrap_or_else(|| "that of the run".to_owned())),
        ("attempts", max_attempts.to_string()),
        ("backoff", time(Some(*backoff))),
        ("longest backoff", time(Some(*max_backoff))),
        ("timeout", time(*timeout)),
        ("delay", delay),
        ("signal timeout", time(*signal_timeout)),
        ("repeats", max_repeats.map_or_else(|| "no limit".to_owned(), |most| most.to_string())),
        ("repeat timeout", time(*repeat_timeout)),
        ("signal", if *latest_signal { "latest" } else { "first" }.to_owned()),
    ]
}

/// `0 3 * * * in Europe/Zurich, catching up with one, with a computed input`; `none`.
pub(crate) fn schedule(schedule: Option<&Schedule>) -> String {
    let Some(Schedule { cron, timezone, catch_up, computed_input }) = schedule else { return "none".to_owned() };
    let input = if *computed_input { ", with a computed input" } else { "" };
    format!("{cron} in {timezone}, catching up with {}{input}", catch_up.words())
}

/// `2h 30m`, as attributes have it; `none`.
pub(crate) fn time(time: Option<Duration>) -> String {
    let Some(time) = time else { return "none".to_owned() };
    let mut left = time.as_millis();
    let mut parts = Vec::new();
    for (unit, millis) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if left >= millis {
            parts.push(format!("{}{unit}", left / millis));
            left %= millis;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// How wide text for terminals is.
pub(crate) const WIDTH: usize = 100;

/// Adds words behind `start`, on as many lines as it takes; the further ones begin at `indent`.
pub(crate) fn wrap(text: &mut String, start: &str, indent: usize, words: &str) {
    let mut column = start.chars().count();
    let mut fresh = true;
    text.push_str(start);
    for word in words.split(' ') {
        let length = word.chars().count();
        if column + length + usize::from(!fresh) > WIDTH && !fresh {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            (column, fresh) = (indent, true);
        }
        if !fresh {
            text.push(' ');
        }
        text.push_str(word);
        column += length + usize::from(!fresh);
        fresh = false;
    }
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}
