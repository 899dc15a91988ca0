//! The published forms of documents, by another implementation of JSON Schema.

use pgflow::dynamic::{StepBuilder, WorkflowBuilder, document_schema, import_schema};
use serde_json::{Value, json};

fn is_valid(form: &Value, document: &Value) -> bool {
    jsonschema::validator_for(form).unwrap().is_valid(document)
}

#[test]
fn the_forms_are_json_schemas() {
    for form in [document_schema(), import_schema()] {
        assert!(jsonschema::meta::is_valid(&form));
        assert_eq!(form["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}

#[test]
fn what_is_written_has_the_form() {
    let definition = WorkflowBuilder::new("all")
        .description("d")
        .input(json!({ "type": "object" }))
        .deadline(std::time::Duration::from_secs(9))
        .step(StepBuilder::new("a").handler("x.y").queue("q").timeout(std::time::Duration::from_secs(1)))
        .step(StepBuilder::new("b").map_path("a", ["x"]).skip_exhausted())
        .step(StepBuilder::new("c").map_fixed(3).after(["a"]).when(json!({ "input": 1 })))
        .build()
        .unwrap();
    let document: Value = serde_json::from_str(&definition.to_json()).unwrap();
    assert!(is_valid(&document_schema(), &document));
    assert!(is_valid(&import_schema(), &json!({ "workflows": [document] })));
}

#[test]
fn what_has_another_form_does_not_fit() {
    let step = |step: Value| json!({ "name": "w", "steps": [step] });
    assert!(is_valid(&document_schema(), &step(json!({ "name": "a" }))));
    for document in [
        json!({}),
        json!({ "name": "w", "steps": [] }),
        json!({ "name": "no word", "steps": [{ "name": "a" }] }),
        step(json!({ "name": "x".repeat(129) })),
        step(json!({ "name": "a", "retries": 5 })),
        step(json!({ "name": "a", "depends_on": "b" })),
        step(json!({ "name": "a", "options": { "max_attempts": 0 } })),
        step(json!({ "name": "a", "options": { "backoff_ms": -1 } })),
        step(json!({ "name": "a", "options": { "queue": "" } })),
        step(json!({ "name": "a", "handler": "a." })),
        step(json!({ "name": "a", "when": true })),
        step(json!({ "name": "a", "map": { "count": "3" } })),
    ] {
        assert!(!is_valid(&document_schema(), &document), "{document}");
        assert!(pgflow::Definition::from_document(&document).is_err(), "{document}");
    }
    let run = |run: Value| json!({ "runs": [run] });
    assert!(is_valid(&import_schema(), &run(json!({ "workflow": "w", "created_at": "2024-05-01T09:00:00Z" }))));
    for document in [
        run(json!({})),
        run(json!({ "workflow": "w", "status": "over" })),
        run(json!({ "workflow": "w", "created_at": "today" })),
    ] {
        assert!(!is_valid(&import_schema(), &document), "{document}");
    }
}
