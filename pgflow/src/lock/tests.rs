//! The lock file: what is written, what is refused, what differs.

use std::time::Duration;

use serde_json::json;

use super::{Lock, LockError};
use crate::compare::{ChangeKind, Verdict};
use crate::definition::{Definition, Delay, Edge, MapSource, StepDefinition};
use crate::schedule::Schedule;

fn order() -> Definition {
    let line = json!({ "type": "object", "description": "One line.", "required": ["article", "count"], "properties": {
        "article": { "type": "string" }, "count": { "type": "integer", "format": "uint32", "minimum": 0 } } });
    let input = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Order", "type": "object",
        "properties": { "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } } }, "required": ["lines"],
        "$defs": { "Line": line } });
    let mut order = Definition::new("order", input, json!({ "type": "string" }));
    order.description = Some("Sends an order.".to_owned());
    order.deadline = Some(Duration::from_secs(86_400));
    order.schedule = Some(Schedule::of("0 3 * * *", "Europe/Zurich"));
    let mut reserve = StepDefinition::new("reserve", json!({ "type": "boolean" }));
    reserve.map = Some(MapSource::new(None, vec!["lines".to_owned()]));
    reserve.options.max_attempts = 5;
    let mut send = StepDefinition::new("send", json!({ "type": "string" }));
    send.description = Some("By post.".to_owned());
    send.takes_input = true;
    send.depends_on = vec![Edge::new("reserve", true)];
    send.options.delay = Some(Delay::Computed);
    let mut undo = StepDefinition::new("undo", json!({ "type": "null" }));
    undo.on_failure = true;
    order.steps = vec![reserve, send, undo];
    order
}

fn greet() -> Definition {
    let mut greet = Definition::new("greet", json!({ "type": "string" }), json!({ "type": "string" }));
    greet.steps.push(StepDefinition::new("hello", json!({ "type": "string" })));
    greet
}

#[test]
fn the_file_is_for_people_and_reads_back_as_it_was() {
    let lock = Lock::of([order(), greet()]);
    let text = lock.to_string();
    insta::assert_snapshot!(text);
    assert_eq!(text.parse::<Lock>().unwrap(), lock);
    assert_eq!(text.parse::<Lock>().unwrap().to_string(), text);
    assert!(text.lines().all(|line| line.len() <= 130), "but for hashes, lines are short");
}

#[test]
fn neither_the_order_of_workflows_nor_descriptions_are_part_of_it() {
    let mut told = order();
    told.description = None;
    told.steps[1].description = Some("By pigeon.".to_owned());
    told.steps[0].item = Some(json!({ "description": "It follows from the input's." }));
    told.input["title"] = json!("Another");
    assert_eq!(Lock::of([order(), greet()]).to_string(), Lock::of([greet(), told, greet()]).to_string());
    assert!(Lock::of([]).to_string().parse::<Lock>().unwrap().workflows().is_empty());
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_what_to_do() {
    let text = Lock::of([order()]).to_string();
    let read = |text: &str| text.parse::<Lock>().unwrap_err();

    let conflict = read(&text.replacen("  \"workflows\"", "<<<<<<< HEAD\n  \"workflows\"", 1));
    assert!(matches!(conflict, LockError::Conflict { line: 4 }), "{conflict}");
    assert!(conflict.to_string().contains("write the file anew"), "{conflict}");
    assert!(matches!(read(&text[..text.len() / 2]), LockError::NotJson(_)));
    let newer = read(&text.replacen("\"format\": 1", "\"format\": 2", 1));
    assert!(matches!(newer, LockError::NewerFormat { found: 2, known: 1 }), "{newer}");

    for (from, to, said) in [
        ("\"format\": 1", "\"format\": \"x\"", "no format"),
        ("\"boolean\"", "\"string\"", "workflow `order`: the contract of step `reserve` does not fit"),
        ("\"deadline_ms\": 86400000", "\"deadline_ms\": true", "workflow `order`: invalid type"),
        ("\"workflows\"", "\"worflows\"", "no list of `workflows`"),
        (&*order().hash(), "0", "its hash does not fit"),
    ] {
        assert!(text.contains(from), "{from}");
        let damaged = read(&text.replacen(from, to, 1)).to_string();
        assert!(damaged.contains(said), "{damaged}");
    }
    let start = text.find("    {\n      \"name\"").unwrap();
    let end = text.rfind("\n  ]").unwrap();
    let twice = format!("{},\n{}", &text[..end], &text[start..]);
    assert!(read(&twice).to_string().contains("stands in it twice"));
}

#[test]
fn locks_are_compared_workflow_by_workflow() {
    let mut changed = order();
    changed.steps[1].options.queue = Some("slow".to_owned());
    changed.steps[1].skip.when = true;
    let report = Lock::of([order(), greet()]).check(&Lock::of([changed, Definition { name: "new".into(), ..greet() }]));
    let found: Vec<_> = report
        .differences
        .iter()
        .map(|d| (&*d.workflow, d.change.step.as_deref().unwrap_or(""), d.change.kind, d.change.verdict))
        .collect();
    assert_eq!(
        found,
        [
            ("greet", "", ChangeKind::Removed, Verdict::MustDrain),
            ("new", "", ChangeKind::Added, Verdict::Safe),
            ("order", "send", ChangeKind::Skipping, Verdict::MustDrain),
            ("order", "send", ChangeKind::Options, Verdict::Safe),
        ]
    );
    assert_eq!(report.verdict(), Verdict::MustDrain);
    insta::assert_snapshot!(report);

    let same = Lock::of([order()]).check(&Lock::of([order()]));
    assert!(same.is_empty() && same.verdict() == Verdict::Safe && same.to_string().is_empty());
}

#[test]
fn a_program_that_keeps_the_version_of_before_beside_the_new_one_goes_on_with_both() {
    let mut new = greet();
    new.input = json!({ "type": "integer" });
    let both = Lock::of([greet(), new.clone()]);
    assert_eq!(both.workflows().len(), 2);
    let report = Lock::of([greet()]).check(&both);
    assert_eq!(report.verdict(), Verdict::Safe);
    assert_eq!(report.differences.len(), 1, "{report}");
    assert_eq!(Lock::of([greet()]).check(&Lock::of([new])).verdict(), Verdict::MustDrain);
    assert_eq!(both.to_string().parse::<Lock>().unwrap(), both);
}
