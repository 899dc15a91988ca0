//! How far a run is: bars on a terminal, lines elsewhere.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use pgflow::StepSummary;

/// How often a map step that is under way gets a line of its own.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// Shows the steps of a run.
pub(crate) enum Progress {
    /// On a terminal.
    Bars { screen: MultiProgress, bars: HashMap<String, ProgressBar> },
    /// Elsewhere: what was said of each step, and when.
    Lines { said: HashMap<String, (String, Instant)> },
}

impl Progress {
    pub(crate) fn new() -> Self {
        if std::io::stdout().is_terminal() && std::io::stderr().is_terminal() {
            Self::Bars { screen: MultiProgress::new(), bars: HashMap::new() }
        } else {
            Self::Lines { said: HashMap::new() }
        }
    }

    /// Shows how the steps stand now.
    pub(crate) fn show(&mut self, steps: &[StepSummary]) {
        for step in steps {
            match self {
                Self::Bars { screen, bars } => {
                    draw(bars.entry(step.step.clone()).or_insert_with(|| bar(screen, step)), step);
                }
                Self::Lines { said } => say(said, step),
            }
        }
    }

    /// Says something, above the bars.
    pub(crate) fn note(&self, text: &str) {
        match self {
            // When the terminal is gone there is nobody to tell.
            Self::Bars { screen, .. } => drop(screen.println(text)),
            Self::Lines { .. } => println!("{text}"),
        }
    }

    /// Leaves the bars as they are.
    pub(crate) fn finish(&self) {
        if let Self::Bars { bars, .. } = self {
            bars.values().for_each(ProgressBar::abandon);
        }
    }
}

fn bar(screen: &MultiProgress, step: &StepSummary) -> ProgressBar {
    let bar = screen.add(ProgressBar::new(1)).with_prefix(step.step.clone());
    match ProgressStyle::with_template("  {prefix:8} [{bar:40}] {pos:>4}/{len:<4} {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn draw(bar: &ProgressBar, step: &StepSummary) {
    let (done, of) = done(step);
    bar.set_length(of);
    bar.set_position(done);
    bar.set_message(step.status.clone());
}

fn say(said: &mut HashMap<String, (String, Instant)>, step: &StepSummary) {
    let (done, of) = done(step);
    let text = match (step.status.as_str(), step.items) {
        ("blocked" | "ready", _) => return,
        (status, Some(_)) => format!("  {}: {status}, {done} of {of}", step.step),
        (status, None) => format!("  {}: {status}", step.step),
    };
    let due = match said.get(&step.step) {
        Some((before, at)) => *before != text && (step.status != "running" || at.elapsed() >= LINE_EVERY),
        None => true,
    };
    if due {
        println!("{text}");
        said.insert(step.step.clone(), (text, Instant::now()));
    }
}

/// How much of a step is recorded, of how much: items of a map step, or the step itself.
pub(crate) fn done(step: &StepSummary) -> (u64, u64) {
    match step.items {
        Some(items) => (step.items_done.unwrap_or(0).try_into().unwrap_or(0), items.try_into().unwrap_or(0)),
        None => (u64::from(step.status == "completed"), 1),
    }
}
