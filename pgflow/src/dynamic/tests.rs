//! The rules by example, and what of them stands elsewhere too.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::*;
use crate::definition::{Definition, MapSource};

fn said(builder: WorkflowBuilder) -> Vec<String> {
    let problems = builder.build().err().map(|error| error.problems().to_vec());
    problems.into_iter().flatten().map(|problem| problem.to_string()).collect()
}

fn of_step(step: StepBuilder) -> Vec<String> {
    said(WorkflowBuilder::new("w").step(StepBuilder::new("list")).step(step))
}

fn of_json(document: &Value) -> Vec<String> {
    let problems = Definition::from_document(document).err().map(|error| error.problems().to_vec());
    problems.into_iter().flatten().map(|problem| problem.to_string()).collect()
}

#[test]
fn names_are_those_of_the_macros() {
    let long = "x".repeat(129);
    assert_eq!(
        said(WorkflowBuilder::new("").step(StepBuilder::new("a"))),
        ["`name`: `` cannot be the name of a workflow (a name is not empty)"]
    );
    assert_eq!(
        said(WorkflowBuilder::new(&long).step(StepBuilder::new(&long))),
        [
            format!("`name`: `{long}` cannot be the name of a workflow (a name has at most 128 bytes)"),
            format!("`steps[0]`: the name of step `{long}` is too long (a name has at most 128 bytes)"),
        ]
    );
    assert!(said(WorkflowBuilder::new("x".repeat(128)).step(StepBuilder::new("x".repeat(128)))).is_empty());
    assert_eq!(said(WorkflowBuilder::new("w")), ["`steps`: workflow `w` has no steps"]);
    let steps = ["a", "a", "", "no word", "input", "9a", "ä"].map(StepBuilder::new);
    let form = "(a name is made of ASCII letters, digits and underscores, and does not begin with a digit)";
    assert_eq!(
        said(WorkflowBuilder::new("w").steps(steps)),
        [
            "`steps[1]`: workflow `w` has two steps named `a`".to_owned(),
            "`steps[2]`: workflow `w` has a step without a name (a name is not empty)".to_owned(),
            format!("`steps[3]`: `no word` cannot be the name of a step {form}"),
            "`steps[4]`: a step cannot be named `input` (a parameter of this name takes the workflow's input; give the step another name)".to_owned(),
            format!("`steps[5]`: `9a` cannot be the name of a step {form}"),
            format!("`steps[6]`: `ä` cannot be the name of a step {form}"),
        ]
    );
}

#[test]
fn edges_are_those_of_the_macros() {
    assert_eq!(
        said(
            WorkflowBuilder::new("w")
                .step(StepBuilder::new("a").depends_on(["b", "a", "zz"]))
                .step(StepBuilder::new("b").depends_on(["a", "a"]))
        ),
        [
            "`steps[0].depends_on[1]`: step `a` depends on itself",
            "`steps[0].depends_on[2]`: workflow `w` has no step `zz` (its only other step is `b`)",
            "`steps[1].depends_on[0]`: workflow `w` has a dependency cycle (`a` needs `b`, which needs `a`; remove one of them)",
            "`steps[1].depends_on[1]`: step `b` names its dependency `a` twice (once is enough)",
        ]
    );
    assert_eq!(of_step(StepBuilder::new("each").map("lists")).len(), 1, "what is mapped over is a step");
    assert_eq!(
        of_step(StepBuilder::new("b").skip_with(["list"])),
        ["`steps[1]`: step `b` is skipped with `list`, but does not depend on it (add `list` to `depends_on`)"]
    );
}

#[test]
fn options_have_the_limits_of_the_macros() {
    let day = Duration::from_secs(86_400);
    let step = StepBuilder::new("b")
        .handler("no handler")
        .max_attempts(0)
        .backoff(day)
        .max_backoff(2 * day)
        .timeout(Duration::ZERO)
        .delay(400 * day)
        .queue("")
        .when(json!({ "list": 1, "input": 2 }));
    assert_eq!(
        of_step(step),
        [
            "`steps[1].handler`: `no handler` cannot be the name of a handler (a name is made of ASCII letters, digits and underscores, and does not begin with a digit)",
            "`steps[1].when`: the condition of step `b` asks for `list`, on which it does not depend (it may ask for `input` and for dependencies, by their names)",
            "`steps[1].options.max_attempts`: `max_attempts` is a number from 1 to 32767, as in `max_attempts = 5`",
            "`steps[1].options.backoff_ms`: a back-off is at most `1h`",
            "`steps[1].options.max_backoff_ms`: the longest wait between attempts is at most `1d`",
            "`steps[1].options.timeout_ms`: a time-out is longer than nothing; leave the argument out for no limit",
            "`steps[1].options.delay_ms`: a delay is at most `365d`",
            "`steps[1].options.queue`: a queue has a name; leave the argument out for the queue of the run",
        ]
    );
    let shorter = StepBuilder::new("b").backoff(Duration::from_secs(9)).max_backoff(Duration::from_secs(8));
    assert_eq!(
        of_step(shorter),
        [
            "`steps[1].options.max_backoff_ms`: the longest wait between attempts is shorter than the first one, which is 9s"
        ]
    );
    let deadline = WorkflowBuilder::new("w").step(StepBuilder::new("a")).deadline(Duration::ZERO);
    assert_eq!(said(deadline), ["`deadline_ms`: a deadline is longer than nothing; leave the argument out for none"]);
    let mut both = Definition::from_json(r#"{ "name": "w", "steps": [{ "name": "a" }] }"#).expect("it keeps the rules");
    both.steps[0].map = Some(MapSource { count: Some(3), ..MapSource::new(None, vec!["list".to_owned()]) });
    assert!(both.check().is_err(), "a list, or a number");
}

#[test]
fn a_document_says_where_it_is_wrong() {
    let document = json!({
        "name": 7,
        "stepz": [],
        "deadline_ms": -1,
        "steps": [
            { "name": "a", "options": { "max_attempts": "x", "backoff_ms": 1.5, "timeout_ms": null, "queue": [] }, "retries": 5 },
            { "depends_on": "a", "map": { "count": -3, "path": ["x", 7] }, "takes_input": "yes" },
            "b",
            { "name": "c", "depends_on": [{ "step": "a", "value": 1 }, 9], "skip": { "with": {} }, "output": [] },
        ]
    });
    assert_eq!(
        of_json(&document),
        [
            "`stepz`: there is no `stepz` here (a similar one is known: `steps`)",
            "`name`: this is `7`, and not a text",
            "`deadline_ms`: this is `-1`, and not a number of milliseconds, from 0",
            "`steps[0].retries`: there is no `retries` here (known are `name`, `description`, `handler`, `takes_input`, `depends_on`, `map`, `when`, `skip`, `item`, `output` and `options`)",
            "`steps[0].options.max_attempts`: `max_attempts` is a number from 1 to 32767, as in `max_attempts = 5`",
            "`steps[0].options.backoff_ms`: this is `1.5`, and not a number of milliseconds, from 0",
            "`steps[0].options.timeout_ms`: this is `null`, and not a number of milliseconds, from 0",
            "`steps[0].options.queue`: this is a list, and not a text",
            "`steps[1]`: the step has no `name`",
            "`steps[1].takes_input`: this is a text, and not `true` or `false`",
            "`steps[1].depends_on`: this is a text, and not a list",
            "`steps[1].map.path[1]`: this is `7`, and not a text",
            "`steps[1].map.count`: this is `-3`, and not a number of items",
            "`steps[2]`: this is a text, and not an object",
            "`steps[3].depends_on[0].value`: this is `1`, and not `true` or `false`",
            "`steps[3].depends_on[1]`: this is `9`, and not the name of a step, or an object with `step` and `value`",
            "`steps[3].skip.with`: this is an object, and not a list",
            "`steps[3].output`: this is a list, and not a JSON Schema: an object, or `true`",
        ]
    );
    let error = Definition::from_json("{").unwrap_err().to_string();
    assert!(error.starts_with("workflow `?` is refused: it is no JSON: "), "{error}");
    assert_eq!(of_json(&json!({})), ["the workflow has no `name`", "the workflow has no `steps`"]);
    assert_eq!(
        of_json(&json!({ "name": "w", "steps": [{ "name": "a", "options": { "max_attempts": 100_000 } }] })),
        ["`steps[0].options.max_attempts`: `max_attempts` is a number from 1 to 32767, as in `max_attempts = 5`"]
    );
}

/// One with all that a definition can have.
fn everything() -> Definition {
    let second = Duration::from_secs(1);
    WorkflowBuilder::new("everything")
        .description("All of it.")
        .input(json!({ "type": "object", "title": "Input", "properties": { "list": { "type": "array" } } }))
        .output(json!({ "type": "array" }))
        .deadline(60 * second)
        .step(StepBuilder::new("list").description("Lists.").handler("lists.make").output(json!({ "minimum": 1.5 })))
        .step(StepBuilder::new("each").map_path("list", ["a", "b"]).skip_exhausted().max_attempts(9).backoff(second))
        .step(StepBuilder::new("own").map_input(["list"]).timeout(second).max_backoff(5 * second))
        .step(StepBuilder::new("three").map_fixed(3).delay(second).queue("slow"))
        .step(
            StepBuilder::new("maybe")
                .depends_on(["each"])
                .after(["own"])
                .when(json!({ "input": { "list": [1] } }))
                .skippable(),
        )
        .step(StepBuilder::new("last").depends_on(["maybe", "three"]).skip_with(["maybe"]))
        .build()
        .expect("it keeps the rules")
}

#[test]
fn a_document_is_read_as_it_was_written() {
    let definition = everything();
    assert_eq!(Definition::from_json(&definition.to_json()).expect("it keeps the rules"), definition);
    assert!(definition.is_dynamic());
    let short = Definition::from_json(
        r#"{ "name": "w", "steps": [{ "name": "a" }, { "name": "b", "map": { "step": "a" } }] }"#,
    );
    let long = WorkflowBuilder::new("w").step(StepBuilder::new("a")).step(StepBuilder::new("b").map("a")).build();
    assert_eq!(short, long);
}

#[test]
fn what_decides_how_runs_go_on_makes_another_version() {
    let hash = |step: StepBuilder| WorkflowBuilder::new("w").step(step).build().expect("it keeps the rules").hash();
    let step = || StepBuilder::new("a");
    let same = hash(step());
    assert_eq!(hash(step().max_attempts(9).queue("q").description("other words")), same, "options and descriptions");
    for other in [
        step().handler("b"),
        step().when(json!({ "input": 1 })),
        step().map_fixed(3),
        step().map_input(["x"]),
        step().skippable(),
        step().output(json!({ "type": "string" })),
    ] {
        assert_ne!(hash(other), same);
    }
    assert_ne!(hash(step().map_fixed(3)), hash(step().map_fixed(4)));
}

#[test]
fn large_graphs_are_nothing_special() {
    let chain = (0..1_000).map(|n| match n {
        0 => StepBuilder::new("s0"),
        n => StepBuilder::new(format!("s{n}")).depends_on([format!("s{}", n - 1)]),
    });
    assert!(said(WorkflowBuilder::new("chain").steps(chain)).is_empty());
    let wide = (0..50).map(|n| StepBuilder::new(format!("s{n}")));
    let join = StepBuilder::new("join").depends_on((0..50).map(|n| format!("s{n}")));
    assert!(said(WorkflowBuilder::new("wide").steps(wide).step(join)).is_empty());
    let mut layers = Vec::new();
    for layer in 0..20 {
        for n in 0..10 {
            let before = (0..10).filter(|_| layer > 0).map(|other| format!("l{}_{other}", layer - 1));
            layers.push(StepBuilder::new(format!("l{layer}_{n}")).depends_on(before));
        }
    }
    assert!(said(WorkflowBuilder::new("deep").steps(layers)).is_empty());
}

/// What stands in a file is what the program says; `PGFLOW_FORMS=write` writes it anew.
fn is_the_same(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("PGFLOW_FORMS").is_some_and(|word| word == "write") {
        std::fs::write(&path, wanted).expect("the file can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{} is not up to date: PGFLOW_FORMS=write writes it anew", path.display());
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(&crate::definition::sorted(value)).expect("a value has a text"))
}

#[test]
fn the_published_forms_are_up_to_date() {
    is_the_same("../docs/workflow.schema.json", &pretty(&document_schema()));
    is_the_same("../docs/import.schema.json", &pretty(&import_schema()));
}

/// What of a form says which type things are of.
fn types_only(value: &Value, patterns: bool) -> Value {
    const LEFT_OUT: &[&str] = &[
        "$schema",
        "title",
        "default",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "format",
    ];
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| {
                !(LEFT_OUT.contains(&name.as_str()) || name.as_str() == "description" && value.is_string())
                    && (patterns || name.as_str() != "pattern" || value.is_object())
            });
            let members: Map<String, Value> = kept
                .map(|(name, value)| (name.clone(), types_only(value, patterns || name.starts_with("run"))))
                .collect();
            members.into()
        }
        Value::Array(items) => items.iter().map(|item| types_only(item, patterns)).collect(),
        other => other.clone(),
    }
}

/// Names in runs are looked up, and not judged.
fn form_of_sql() -> Value {
    let mut form = types_only(&import_schema(), false);
    for name in ["run", "run_step", "run_item"] {
        let members = form["$defs"][name]["properties"].as_object_mut().expect("a run has members");
        for member in ["workflow", "name"] {
            if let Some(member) = members.get_mut(member).and_then(Value::as_object_mut) {
                member.remove("pattern");
            }
        }
    }
    form
}

#[test]
fn the_database_has_the_same_form() {
    const FILE: &str = "../migrations/0029_import.sql";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = std::fs::read_to_string(path).expect("the migration is there");
    let parts: Vec<&str> = text.split("$form$").collect();
    let [before, _, after] = parts.as_slice() else { panic!("the migration has one form") };
    let form = serde_json::to_string_pretty(&crate::definition::sorted(&form_of_sql())).expect("a value has a text");
    is_the_same(FILE, &format!("{before}$form$\n{form}\n$form${after}"));
}
