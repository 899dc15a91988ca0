//! What is drawn, of graphs of several shapes.

use std::time::Duration;

use serde_json::Value;

use crate::definition::{Definition, Delay, Edge, MapSource, StepDefinition};
use crate::schedule::Schedule;

fn workflow(name: &str, steps: Vec<StepDefinition>) -> Definition {
    let mut definition = Definition::new(name, Value::Null, Value::Null);
    definition.steps = steps;
    definition
}

fn step(name: &str, takes: &[&str]) -> StepDefinition {
    let mut step = StepDefinition::new(name, Value::Null);
    step.takes_input = takes.contains(&"input");
    step.depends_on = takes.iter().filter(|name| **name != "input").map(|name| Edge::new(*name, true)).collect();
    step
}

fn diamond() -> Definition {
    workflow(
        "diamond",
        vec![
            step("reserve", &["input"]),
            step("charge", &["reserve"]),
            step("pack", &["reserve"]),
            step("ship", &["charge", "pack"]),
        ],
    )
}

fn chain(length: usize) -> Definition {
    let name = |number: usize| format!("step_{number:02}");
    let before = |number: usize| if number == 0 { "input".to_owned() } else { name(number - 1) };
    workflow("chain", (0..length).map(|number| step(&name(number), &[&before(number)])).collect())
}

fn fan_out(width: usize) -> Definition {
    let names: Vec<String> = (0..width).map(|number| format!("part_{number:02}")).collect();
    let mut steps = vec![step("split", &["input"])];
    steps.extend(names.iter().map(|name| step(name, &["split"])));
    let mut takes: Vec<&str> = names.iter().map(String::as_str).collect();
    takes.push("split");
    steps.push(step("join", &takes));
    workflow("fan_out", steps)
}

/// Everything that is drawn, with what an editor of either language would trip over.
fn everything() -> Definition {
    let mut end = step("end", &["each"]);
    end.description =
        Some("Ends \"it\" [all]; <b>&amp;</b> `x` #1 \\ {a|b} 100 % – größer → 東京\nand more".to_owned());
    end.depends_on.push(Edge::new("audit", false));
    end.skip.when = true;
    end.skip.with = vec!["audit".to_owned()];
    let mut each = step("each", &["input"]);
    each.depends_on = vec![Edge::new("fetch", false)];
    each.map = Some(MapSource::new(Some("fetch".to_owned()), vec!["page".to_owned(), "lines".to_owned()]));
    each.skip.on_exhausted = true;
    each.options.queue = Some("gpu \"A\"".to_owned());
    each.options.timeout = Some(Duration::from_secs(90));
    let mut audit = step("audit", &["input"]);
    audit.map = Some(MapSource::new(None, Vec::new()));
    audit.takes_input = false;
    audit.options.max_attempts = 1;
    audit.skip.skippable = true;
    let mut late = step("late_and_with_a_name_that_is_long", &[]);
    late.options.delay = Some(Delay::Computed);
    late.description =
        Some("A very long description of a step, which would make a box much wider than any other".to_owned());
    let mut undo = step("undo", &["input"]);
    undo.on_failure = true;
    let mut definition = workflow("everything", vec![step("fetch", &["input"]), each, audit, late, end, undo]);
    definition.description = Some(" All that \"is\".\n\nAnd more.".to_owned());
    definition.schedule = Some(Schedule::of("*/5 8-18 * * MON-FRI", "America/Argentina/Buenos_Aires"));
    definition
}

#[test]
fn text_shows_levels() {
    for (name, definition) in [
        ("diamond", diamond()),
        ("chain", chain(40)),
        ("fan_out", fan_out(30)),
        ("everything", everything()),
        ("one", workflow("one", vec![step("alone", &[])])),
    ] {
        let text = definition.draw().text();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        insta::assert_snapshot!(format!("text_{name}"), text);
    }
}

#[test]
fn mermaid_and_dot_show_every_arrow() {
    for (name, definition) in [("diamond", diamond()), ("everything", everything())] {
        insta::assert_snapshot!(format!("mermaid_{name}"), definition.draw().mermaid());
        insta::assert_snapshot!(format!("dot_{name}"), definition.draw().dot());
    }
}

#[test]
fn long_lines_are_broken_between_words() {
    let names: Vec<String> = (0..20).map(|number| format!("a_rather_long_name_{number}")).collect();
    let mut steps: Vec<StepDefinition> = names.iter().map(|name| step(name, &[])).collect();
    // All but one, so that it is not a whole level; of each something else is said.
    for (number, step) in steps.iter_mut().enumerate() {
        step.options.max_attempts = u16::try_from(number).unwrap() + 10;
    }
    steps.push(step("join", &names.iter().skip(1).map(String::as_str).collect::<Vec<_>>()));
    let text = workflow("wide", steps).draw().text();
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.ends_with("a_rather_long_name_19\n"), "{text}");
}

#[test]
fn a_graph_that_is_none_is_drawn_all_the_same() {
    let broken = workflow("broken", vec![step("a", &["b"]), step("b", &["a", "nobody"])]);
    let drawing = broken.draw();
    assert_eq!(drawing.text(), "workflow broken\n\n 1  a  takes b\n    b  takes a, nobody\n");
    assert!(drawing.mermaid().contains("s1 --> s0"));
    assert!(drawing.dot().contains("s0 -> s1;"));
    assert_eq!(workflow("empty", Vec::new()).draw().text(), "workflow empty\n\n");
}
