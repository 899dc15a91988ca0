//! The document of a workflow's schemas.

use pgflow::{Definition, Workflow};
use pgflow_tests::TestDb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::judge::by_crate;

/// Another type of the same name as one of the workflow's.
mod other {
    use super::*;

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Line {
        pub(crate) text: String,
    }

    /// The same text as that of the workflow's, on another `Line`.
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Page {
        pub(crate) lines: Vec<Line>,
    }
}

/// What is wanted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    /// What is to be sent, in this order.
    order_lines: Vec<Line>,
    category: Category,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    sku: String,
    count: u32,
}

/// The same text as that of the workflow's, on another `Line`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Page {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Category {
    name: String,
    within: Option<Box<Category>>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Wrapped<T>", title = "For people: {T}")]
pub(crate) struct Wrapped<T> {
    value: T,
}

/// Sends what was ordered.
#[pgflow::workflow]
pub(crate) mod send {
    use super::*;
    use pgflow::{Result, step};

    /// Keeps the goods.
    #[step]
    pub(crate) async fn keep(input: Order) -> Result<Order> {
        Ok(input)
    }

    /// Packs one line.
    #[step(map = keep.order_lines)]
    pub(crate) async fn pack(item: Line) -> Result<Line> {
        Ok(item)
    }

    #[step(map = pack)]
    pub(crate) async fn print(item: Line) -> Result<other::Line> {
        Ok(other::Line { text: item.sku })
    }

    #[step(map = input.order_lines)]
    pub(crate) async fn count() -> Result<u8> {
        Ok(1)
    }

    #[step(depends_on = [print])]
    pub(crate) async fn bind(print: Vec<other::Line>) -> Result<other::Page> {
        Ok(other::Page { lines: print })
    }

    #[step(depends_on = [pack])]
    pub(crate) async fn list(pack: Vec<Line>) -> Result<Page> {
        Ok(Page { lines: pack })
    }

    #[step(depends_on = [keep])]
    pub(crate) async fn sort(keep: Order) -> Result<Category> {
        Ok(keep.category)
    }

    #[step]
    pub(crate) async fn wrap() -> Result<Wrapped<Vec<Wrapped<u8>>>> {
        Ok(Wrapped { value: vec![] })
    }

    #[step(depends_on = [wrap], map = wrap.value)]
    pub(crate) async fn unwrap(item: Wrapped<u8>) -> Result<Option<Order>> {
        Ok((item.value > 0).then(|| unreachable!()))
    }
}

fn input(document: &Value) -> &Value {
    &document["properties"]["input"]
}

fn step<'a>(document: &'a Value, step: &str, payload: &str) -> &'a Value {
    &document["properties"]["steps"]["properties"][step]["properties"][payload]
}

/// The schema of one payload in the document, as one of its own.
fn part(document: &Value, pointer: &str) -> Value {
    let mut definitions = document["$defs"].clone();
    definitions["(payloads)"] = json!({ "properties": document["properties"] });
    json!({ "$schema": document["$schema"], "$ref": format!("#/$defs/(payloads){pointer}"), "$defs": definitions })
}

#[test]
fn the_document_and_its_parts_are_schemas() {
    let definition = send::Workflow::definition();
    let document = definition.schema();
    jsonschema::meta::validate(&document).unwrap();
    assert_eq!(document["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(!document.to_string().contains("$id"));
    for schema in
        [&definition.input, &definition.output].into_iter().chain(definition.steps.iter().map(|step| &step.output))
    {
        jsonschema::meta::validate(schema).unwrap();
    }
    // Builds only where every reference leads somewhere.
    jsonschema::draft202012::new(&document).unwrap();
    assert!(every_reference(&document, &document) > 15, "{document:#}");
}

fn every_reference(document: &Value, part: &Value) -> usize {
    let own = part.get("$ref").and_then(Value::as_str).map_or(0, |target| {
        let pointer = target.replace("%3C", "<").replace("%3E", ">");
        assert!(document.pointer(pointer.trim_start_matches('#')).is_some(), "{target} in {document:#}");
        1
    });
    own + match part {
        Value::Object(map) => map.values().map(|part| every_reference(document, part)).sum::<usize>(),
        Value::Array(items) => items.iter().map(|part| every_reference(document, part)).sum(),
        _ => 0,
    }
}

#[test]
fn each_type_stands_once_and_two_of_one_name_are_told_apart() {
    let document = send::schema();
    let names: Vec<&String> = document["$defs"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Category", "Line", "Line2", "Order", "Page", "Page2", "Wrapped<T>"]);
    let line = json!({ "$ref": "#/$defs/Line" });
    assert_eq!(input(&document), &json!({ "$ref": "#/$defs/Order" }));
    assert_eq!(step(&document, "keep", "output"), input(&document));
    assert_eq!(step(&document, "pack", "item"), &line);
    assert_eq!(step(&document, "pack", "output"), &line);
    assert_eq!(step(&document, "print", "item"), &line);
    assert_eq!(document["$defs"]["Order"]["properties"]["orderLines"]["items"], line);
    // The two pages have the same text, on lines that differ.
    let pages = ["bind", "list"].map(|name| step(&document, name, "output")["$ref"].as_str().unwrap().to_owned());
    assert_ne!(pages[0], pages[1]);
    for (page, member) in pages.iter().zip(["text", "sku"]) {
        let page = document.pointer(&page[1..]).unwrap();
        let line = document.pointer(&page["properties"]["lines"]["items"]["$ref"].as_str().unwrap()[1..]).unwrap();
        assert!(line["properties"].get(member).is_some(), "{page}");
    }
    // A type that refers to itself, by its own name; the step without a parameter for its item has none.
    assert_eq!(step(&document, "sort", "output"), &json!({ "$ref": "#/$defs/Category" }));
    assert!(document["$defs"]["Category"].to_string().contains("#/$defs/Category"));
    assert!(step(&document, "count", "item").is_null());
}

#[test]
fn doc_comments_are_descriptions() {
    let document = send::schema();
    assert_eq!((&document["title"], &document["description"]), (&json!("send"), &json!("Sends what was ordered.")));
    assert_eq!(document["properties"]["steps"]["properties"]["pack"]["description"], "Packs one line.");
    assert_eq!(document["$defs"]["Order"]["description"], "What is wanted.");
    assert_eq!(
        document["$defs"]["Order"]["properties"]["orderLines"]["description"],
        "What is to be sent, in this order."
    );
}

#[test]
fn a_payload_is_judged_by_the_document_as_by_its_own_schema() {
    let definition = send::Workflow::definition();
    let document = definition.schema();
    let order = json!({ "orderLines": [{ "sku": "a", "count": 1 }], "category": { "name": "x", "within": { "name": "y", "within": null } } });
    let payloads = [
        order,
        json!({ "orderLines": [{ "sku": "a", "count": -1 }], "category": { "name": "x" } }),
        json!({ "orderLines": [], "category": { "name": "x", "within": { "name": 7 } } }),
        json!({ "sku": "a", "count": 1 }),
        json!({ "text": "a" }),
        json!({ "lines": [{ "text": "a" }] }),
        json!({ "lines": [{ "sku": "a", "count": 1 }] }),
        json!({ "name": "x", "within": { "name": "y", "within": { "name": 3 } } }),
        json!({ "name": "x", "within": { "name": "y" } }),
        json!({ "value": [{ "value": 1 }] }),
        json!({ "value": 1 }),
        json!(null),
        json!(7),
    ];
    let mut fit = 0;
    let mut compare = |pointer: String, schema: &Value| {
        let part = part(&document, &pointer);
        for payload in &payloads {
            let (alone, here) = (by_crate(schema, payload), by_crate(&part, payload));
            assert_eq!(alone.is_some(), here.is_some(), "{pointer}: {payload}: {alone:?}, {here:?}");
            fit += usize::from(alone.is_none());
        }
    };
    compare("/properties/input".to_owned(), &definition.input);
    compare("/properties/output".to_owned(), &definition.output);
    for step in &definition.steps {
        let at = |payload| format!("/properties/steps/properties/{}/properties/{payload}", step.name);
        compare(at("output"), &step.output);
        if let Some(item) = &step.item {
            compare(at("item"), item);
        }
    }
    assert!(fit > 10, "{fit}");
}

#[tokio::test]
async fn the_text_is_the_same_each_time_and_from_the_database() {
    let text = send::schema().to_string();
    assert_eq!(send::schema().to_string(), text);
    let db = TestDb::new().await;
    let worker = db.worker().register(send::Workflow).start().await.unwrap();
    let stored: Value = db.value("select definition from pgflow.version").await;
    let stored: Definition = serde_json::from_value(stored).unwrap();
    assert_eq!(stored.schema().to_string(), text);
    worker.stop().await.unwrap();
}

#[test]
fn items_are_no_part_of_the_version() {
    let definition = send::Workflow::definition();
    let mut without = definition.clone();
    for step in &mut without.steps {
        step.item = None;
    }
    assert_ne!(without, definition);
    assert_eq!(without.hash(), definition.hash());
    assert_eq!(without.contract(&without.steps[1]), definition.contract(&definition.steps[1]));
}

#[test]
fn schemas_by_hand_are_left_as_they_are_said() {
    let schema = json!({
        "title": "A list of lists",
        "type": "object",
        "properties": { "$ref": { "type": "string" }, "default": { "$ref": "#/properties/first" }, "first": { "$ref": "#" } },
        "default": { "$ref": "#/$defs/no-reference" },
        "const": { "$ref": "#/$defs/no-reference" },
        "$defs": {
            "Named/~ %": { "$ref": "#/$defs/Named~1~0%20%25/properties/x", "properties": { "x": {} } },
            "Embedded": { "$id": "https://example.org/embedded", "$ref": "#/$defs/own", "$defs": { "own": {} } },
        },
    });
    let document = Definition::new("by_hand", schema.clone(), schema).schema();
    jsonschema::meta::validate(&document).unwrap();
    let payload = &document["$defs"]["Payload"];
    assert_eq!(input(&document), &json!({ "$ref": "#/$defs/Payload" }));
    assert_eq!(document["properties"]["output"], document["properties"]["input"]);
    assert_eq!(payload["title"], "A list of lists");
    assert_eq!(payload["properties"]["first"], json!({ "$ref": "#/$defs/Payload" }));
    assert_eq!(payload["properties"]["default"], json!({ "$ref": "#/$defs/Payload/properties/first" }));
    assert_eq!(
        (&payload["default"], &payload["const"]),
        (&json!({ "$ref": "#/$defs/no-reference" }), &payload["default"])
    );
    assert_eq!(document["$defs"]["Named/~ %"]["$ref"], "#/$defs/Named~1~0%20%25/properties/x");
    assert_eq!(document["$defs"]["Embedded"]["$ref"], "#/$defs/own");
}
