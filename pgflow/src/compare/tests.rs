//! Which difference is found, and what it means: held against what the engine demands.

use serde_json::{Value, json};

use super::schema::{Fits, differences};
use super::{Change, ChangeKind, Verdict};
use crate::definition::{Definition, Edge, MapSource, StepDefinition};
use crate::schedule::Schedule;

/// `fetch`, `each` item of it, `sum` of those and `log` beside it; `end` after both, which takes the input too.
fn base() -> Definition {
    let mut workflow = Definition::new("w", json!({ "type": "integer" }), json!({ "type": "string" }));
    let step = |name: &str, output: &str, edges: &[(&str, bool)]| {
        let mut step = StepDefinition::new(name, json!({ "type": output }));
        step.depends_on = edges.iter().map(|(name, value)| Edge::new(*name, *value)).collect();
        step
    };
    let mut fetch = step("fetch", "array", &[]);
    fetch.takes_input = true;
    let mut each = step("each", "integer", &[("fetch", false)]);
    each.map = Some(MapSource::new(Some("fetch".to_owned()), Vec::new()));
    let mut end = step("end", "string", &[("sum", true), ("log", false)]);
    end.takes_input = true;
    workflow.steps =
        vec![fetch, each, step("sum", "integer", &[("each", true)]), step("log", "null", &[("fetch", true)]), end];
    workflow
}

fn changed(change: impl FnOnce(&mut Definition)) -> Definition {
    let mut workflow = base();
    change(&mut workflow);
    workflow
}

fn step<'a>(workflow: &'a mut Definition, name: &str) -> &'a mut StepDefinition {
    workflow.steps.iter_mut().find(|step| step.name == name).unwrap()
}

fn found(changes: &[Change]) -> Vec<(&str, ChangeKind, Verdict)> {
    changes.iter().map(|change| (change.step.as_deref().unwrap_or(""), change.kind, change.verdict)).collect()
}

/// All that can differ, one at a time and some together.
fn variants() -> Vec<Definition> {
    vec![
        base(),
        changed(|w| w.input = json!({ "type": "string" })),
        changed(|w| w.output = json!({ "type": "integer" })),
        changed(|w| w.deadline = Some(std::time::Duration::from_secs(60))),
        changed(|w| w.schedule = Some(Schedule::of("0 3 * * *", "UTC"))),
        changed(|w| w.steps.swap(0, 1)),
        changed(|w| w.steps.push(StepDefinition::new("new", json!(true)))),
        changed(|w| step(w, "sum").output = json!({ "type": "number" })),
        changed(|w| step(w, "each").output = json!({ "type": "number" })),
        changed(|w| step(w, "log").output = json!({ "type": "string" })),
        changed(|w| step(w, "end").output = json!({ "type": "null" })),
        changed(|w| step(w, "end").skip.when = true),
        changed(|w| step(w, "end").depends_on.reverse()),
        changed(|w| step(w, "end").depends_on[1].value = true),
        changed(|w| step(w, "sum").options.max_attempts = 9),
        changed(|w| step(w, "each").map = None),
        changed(|w| step(w, "log").name = "told".to_owned()),
        changed(|w| step(w, "end").on_failure = true),
        changed(|w| step(w, "end").upcasts.push(json!(true))),
        changed(|w| {
            step(w, "sum").output = json!({ "type": "number" });
            step(w, "end").output = json!({ "type": "number" });
        }),
        changed(|w| {
            step(w, "sum").output = json!({ "type": "number" });
            step(w, "end").skip.skippable = true;
        }),
    ]
}

#[test]
fn safe_is_what_the_engine_goes_on_with_and_nothing_else() {
    // What a worker demands, in its own words: the same input, and every step there with the contract that it had.
    let served = |earlier: &Definition, later: &Definition| {
        earlier.input == later.input
            && earlier
                .steps
                .iter()
                .all(|step| later.step(&step.name).is_some_and(|other| later.contract(other) == earlier.contract(step)))
    };
    let variants = variants();
    // Each against the first and its neighbour, both ways.
    let near = |one: usize, other: usize| one == 0 || other == 0 || one.abs_diff(other) <= 1;
    for (one, earlier) in variants.iter().enumerate() {
        for (_, later) in variants.iter().enumerate().filter(|(other, _)| near(one, *other)) {
            let changes = earlier.changes(later);
            let safe = changes.iter().all(|change| change.verdict == Verdict::Safe);
            assert_eq!(safe, served(earlier, later), "{changes:#?}");
            assert_eq!(later.goes_on_with(earlier), safe);
            assert_eq!(changes.is_empty(), earlier == later, "{changes:#?}");
        }
    }
}

#[test]
fn an_output_that_alone_differs_could_be_carried_over_and_so_what_takes_it() {
    let later = changed(|w| step(w, "sum").output = json!({ "type": "number" }));
    let changes = base().changes(&later);
    let expected =
        [("sum", ChangeKind::Output, Verdict::NeedsUpcaster), ("end", ChangeKind::Input, Verdict::NeedsUpcaster)];
    assert_eq!(found(&changes), expected);
    assert_eq!(
        changes[0].details,
        ["it was integer, and is number now", "what is stored fits the new schema as it is"]
    );
    assert_eq!(changes[0].contract, Some(base().contract(base().step("sum").unwrap())));
    assert_eq!(changes[1].details, ["by step `sum`"]);

    // The outputs of two steps in a row.
    let later = changed(|w| {
        step(w, "sum").output = json!({ "type": "number" });
        step(w, "end").output = json!({ "type": "number" });
    });
    assert!(base().changes(&later).iter().all(|change| change.verdict == Verdict::NeedsUpcaster));
}

#[test]
fn an_output_cannot_be_carried_over_where_more_differs() {
    // Of the step, of what takes it (also as an order only), or of the input of either.
    for more in [
        |w: &mut Definition| step(w, "log").takes_input = true,
        |w: &mut Definition| step(w, "end").skip.when = true,
        |w: &mut Definition| step(w, "end").depends_on.reverse(),
        |w: &mut Definition| w.input = json!(true),
    ] {
        let later = changed(|w| {
            step(w, "log").output = json!({ "type": "string" });
            more(w);
        });
        let changes = base().changes(&later);
        let output = found(&changes).into_iter().find(|(name, kind, _)| (*name, *kind) == ("log", ChangeKind::Output));
        assert_eq!(output.unwrap().2, Verdict::MustDrain, "{changes:#?}");
    }
}

#[test]
fn what_is_carried_over_is_safe_and_no_version_that_runs_go_on_with_as_they_are() {
    type More = fn(&mut Definition);
    let earlier = base();
    let to = |more: More| {
        changed(|w| {
            step(w, "sum").output = json!({ "type": "number" });
            step(w, "sum").upcasts = vec![json!({ "type": "null" }), json!({ "type": "integer", "title": "Sum" })];
            more(w);
        })
    };
    let later = to(|_| {});
    let expected = [
        ("sum", ChangeKind::Output, Verdict::Safe),
        ("sum", ChangeKind::Upcasts, Verdict::Safe),
        ("end", ChangeKind::Input, Verdict::Safe),
    ];
    assert_eq!(found(&earlier.changes(&later)), expected);
    assert!(!later.goes_on_with(&earlier));

    // What is told is what is done, whatever else differs.
    let more: [(More, Verdict); 7] = [
        (|_| {}, Verdict::Safe),
        (|w| step(w, "sum").upcasts.truncate(1), Verdict::NeedsUpcaster),
        (|w| step(w, "log").output = json!(true), Verdict::NeedsUpcaster),
        (|w| step(w, "log").takes_input = true, Verdict::MustDrain),
        // Another last step: a run with the older graph still gives what it gave.
        (|w| w.steps.push(StepDefinition::new("new", json!(true))), Verdict::Safe),
        (
            |w| {
                step(w, "end").output = json!(true);
                step(w, "end").upcasts = vec![json!({ "type": "string" })];
            },
            Verdict::Safe,
        ),
        // But not where that is carried over.
        (
            |w| {
                step(w, "end").output = json!(true);
                step(w, "end").upcasts = vec![json!({ "type": "string" })];
                w.steps.push(StepDefinition::new("new", json!(true)));
            },
            Verdict::MustDrain,
        ),
    ];
    for (more, expected) in more {
        let (later, changes) = (to(more), earlier.changes(&to(more)));
        assert_eq!(super::verdict(&changes), expected, "{changes:#?}");
        assert_eq!(later.carries_over(&earlier), expected == Verdict::Safe, "{changes:#?}");
    }
}

#[test]
fn what_else_differs_is_told_in_detail() {
    let told = |later: Definition| -> Vec<String> {
        base().changes(&later).iter().map(|change| format!("{change}: {}", change.details.join("; "))).collect()
    };
    assert_eq!(
        told(changed(|w| step(w, "log").name = "told".to_owned()))[0],
        "step `log` is gone: `told` is like it: a step is known by its name"
    );
    assert_eq!(
        told(changed(|w| step(w, "end").depends_on[1].value = true)),
        ["step `end` depends on something else: takes: input, sum, now input, sum, log; after: log, now nothing"]
    );
    assert_eq!(
        told(changed(|w| step(w, "sum").options.max_attempts = 9)),
        ["step `sum` is run with other options: attempts: 3, now 9"]
    );
    assert_eq!(
        told(changed(|w| step(w, "sum").skip.when = true)),
        ["step `sum` is skipped otherwise: skipped: never, now under a condition"]
    );
    assert_eq!(
        told(changed(|w| w.deadline = Some(std::time::Duration::from_millis(5_400_000)))),
        ["the workflow has another deadline: deadline: none, now 1h 30m"]
    );
    assert_eq!(
        told(changed(|w| w.schedule = Some(Schedule::of("0 3 * * *", "UTC")))),
        ["the workflow has another schedule: schedule: none, now 0 3 * * * in UTC, catching up with one"]
    );
}

#[test]
fn schemas_are_compared_field_by_field() {
    let object = |properties: Value, required: &[&str]| json!({ "type": "object", "properties": properties, "required": required });
    let (int, text) = (json!({ "type": "integer" }), json!({ "type": "string" }));
    let cases = [
        (int.clone(), text.clone(), "it was integer, and is string now", Fits::No),
        (int.clone(), json!({ "type": "number" }), "it was integer, and is number now", Fits::Yes),
        (int.clone(), json!({ "type": ["integer", "null"] }), "it may be null now", Fits::Yes),
        (json!({ "anyOf": [text, { "type": "null" }] }), text.clone(), "it may no longer be null", Fits::No),
        (object(json!({}), &[]), object(json!({ "a": int }), &[]), "`a` is new, and may be left out", Fits::Yes),
        (object(json!({}), &[]), object(json!({ "a": int }), &["a"]), "`a` is new, and has to be there", Fits::No),
        (object(json!({ "a": int }), &[]), object(json!({}), &[]), "`a` is gone, and ignored", Fits::Yes),
        (
            object(json!({ "a": int }), &[]),
            object(json!({ "a": int }), &["a"]),
            "`a` may no longer be left out",
            Fits::No,
        ),
        (
            object(json!({ "a": { "type": "array", "items": object(json!({ "b": int }), &["b"]) } }), &[]),
            object(json!({ "a": { "type": "array", "items": object(json!({ "b": text }), &["b"]) } }), &[]),
            "`a[].b` was integer, and is string now",
            Fits::No,
        ),
        (
            json!({ "$ref": "#/$defs/A", "$defs": { "A": object(json!({ "next": { "$ref": "#/$defs/A" } }), &[]) } }),
            json!({ "$ref": "#/$defs/B", "$defs": { "B": object(json!({ "next": { "$ref": "#/$defs/B" }, "b": int }), &[]) } }),
            "`b` is new, and may be left out",
            Fits::Yes,
        ),
        (json!({ "enum": ["a"] }), json!({ "enum": ["a", "b"] }), "it may be \"b\" now", Fits::Yes),
        (json!({ "enum": ["a", "b"] }), json!({ "enum": ["a"] }), "it may no longer be \"b\"", Fits::No),
        (json!({ "oneOf": [int] }), json!({ "oneOf": [int, text] }), "it may be 1 further thing", Fits::Yes),
        (
            json!({ "type": "integer", "format": "uint32" }),
            json!({ "type": "integer", "format": "uint64" }),
            "it had `format` \"uint32\", and has \"uint64\" now",
            Fits::Yes,
        ),
        (
            json!({ "type": "integer", "format": "int64" }),
            json!({ "type": "integer", "format": "uint64" }),
            "it had `format` \"int64\", and has \"uint64\" now",
            Fits::Unknown,
        ),
        (
            json!({ "type": "integer", "minimum": 1 }),
            json!({ "type": "integer", "minimum": 0 }),
            "it had `minimum` 1, and has 0 now",
            Fits::Yes,
        ),
    ];
    for (earlier, later, said, fits) in cases {
        let found = differences(&earlier, &later);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [said], "{earlier} to {later}");
        assert_eq!(found[0].fits, fits, "{said}");
        assert_eq!(differences(&earlier, &earlier), []);
    }
}
