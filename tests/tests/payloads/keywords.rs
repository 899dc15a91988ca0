//! The database's check against the crate `jsonschema`, on schemas that nobody would write.

use pgflow_tests::TestDb;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::judge::{all_by_database, by_crate, by_database};

/// As many schemas, each with as many payloads.
const SCHEMAS: usize = 150;
const PAYLOADS: usize = 40;

const NAMES: [&str; 5] = ["a", "b", "ab", "12", "a/b~c %"];

fn payload() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..8).prop_map(Value::from),
        select(vec![json!(0.5), json!(2.0), json!(-1.25), json!(1e3)]),
        select(vec![json!(""), json!("a"), json!("ab"), json!("12"), json!("a-1"), json!("\u{1F600}\u{1F600}")]),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(select(NAMES.to_vec()), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    })
    .boxed()
}

/// A few of the keywords that the database knows, and of others where they are wanted.
fn schema(others: bool) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!(true)),
        Just(json!(false)),
        select(vec!["null", "boolean", "integer", "number", "string", "array", "object"])
            .prop_map(|name| json!({ "type": name })),
        Just(json!({ "$ref": "#/$defs/a~1b~0c%20%25" })),
        Just(json!({ "$ref": "#/$defs/List" })),
    ];
    let scalar = move || {
        let number = (select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), -2i64..6)
            .prop_map(|(keyword, n)| json!({ keyword: n }));
        let count = select(vec!["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]);
        let mut all = vec![
            number.boxed(),
            (count, 0u64..3).prop_map(|(keyword, n)| json!({ keyword: n })).boxed(),
            select(vec![json!(2), json!(3), json!(0.5)]).prop_map(|n| json!({ "multipleOf": n })).boxed(),
            select(vec![r"^a", r"^\d+$", "^(a|12)$", "^[a-b]{2}$", "-", "^.$"])
                .prop_map(|p| json!({ "pattern": p }))
                .boxed(),
            any::<bool>().prop_map(|is| json!({ "uniqueItems": is })).boxed(),
            payload().prop_map(|value| json!({ "const": value })).boxed(),
            vec(payload(), 1..4).prop_map(|values| json!({ "enum": values })).boxed(),
            vec(select(NAMES.to_vec()), 0..3).prop_map(|names| json!({ "required": unique(names) })).boxed(),
        ];
        if others {
            all.push(
                select(vec![r"\w", r"(?=a)a", r"^[^\W]$", r"\p{L}", r"\bab\b"])
                    .prop_map(|p| json!({ "pattern": p }))
                    .boxed(),
            );
            all.push(select(vec!["uuid", "date-time"]).prop_map(|format| json!({ "format": format })).boxed());
        }
        proptest::strategy::Union::new(all)
    };
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = || btree_map(select(NAMES.to_vec()), inner.clone(), 0..4).prop_map(Value::from_iter);
        let patterns = btree_map(select(vec!["^a", r"^\d+$", "b$"]), inner.clone(), 0..3).prop_map(Value::from_iter);
        let mut all = vec![
            members().prop_map(|members| json!({ "properties": members })).boxed(),
            (members(), inner.clone())
                .prop_map(|(members, rest)| json!({ "properties": members, "additionalProperties": rest }))
                .boxed(),
            (patterns, inner.clone())
                .prop_map(|(patterns, rest)| json!({ "patternProperties": patterns, "additionalProperties": rest }))
                .boxed(),
            inner.clone().prop_map(|items| json!({ "items": items })).boxed(),
            (vec(inner.clone(), 1..3), inner.clone())
                .prop_map(|(prefix, items)| json!({ "prefixItems": prefix, "items": items }))
                .boxed(),
            vec(inner.clone(), 1..3).prop_map(|forms| json!({ "allOf": forms })).boxed(),
            vec(inner.clone(), 1..3).prop_map(|forms| json!({ "anyOf": forms })).boxed(),
            (inner.clone(), scalar()).prop_map(|(one, other)| both(one, other)).boxed(),
        ];
        if others {
            all.push(vec(inner.clone(), 1..3).prop_map(|forms| json!({ "oneOf": forms })).boxed());
            all.push(inner.clone().prop_map(|schema| json!({ "not": schema })).boxed());
            all.push((inner.clone(), inner.clone()).prop_map(|(a, b)| json!({ "if": a, "then": b })).boxed());
            all.push(
                (inner.clone(), members())
                    .prop_map(|(rest, members)| json!({ "properties": members, "unevaluatedProperties": rest }))
                    .boxed(),
            );
            all.push(inner.clone().prop_map(|schema| json!({ "propertyNames": schema })).boxed());
            all.push(inner.clone().prop_map(|schema| json!({ "contains": schema })).boxed());
            all.push(Just(json!({ "$ref": "https://example.org/elsewhere#/$defs/x" })).boxed());
        }
        proptest::strategy::Union::new(all)
    })
    .boxed()
}

fn unique(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}

/// The keywords of both.
fn both(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (one, _) => one,
    }
}

fn document(schema: Value) -> Value {
    let definitions = json!({
        "a/b~c %": { "type": ["string", "integer", "null"] },
        "List": { "type": "object", "properties": { "a": { "$ref": "#/$defs/List" }, "b": { "type": "integer" } } },
    });
    match schema {
        Value::Object(mut map) => {
            map.insert("$defs".to_owned(), definitions);
            Value::Object(map)
        }
        other => {
            let mut map = Map::new();
            map.insert("allOf".to_owned(), json!([other]));
            map.insert("$defs".to_owned(), definitions);
            Value::Object(map)
        }
    }
}

/// Schemas with payloads; of each payload what the crate says, and what the database says.
async fn compare(others: bool, check: impl Fn(&Value, &Value, Option<String>, Option<String>)) {
    let db = TestDb::new().await;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (schemas, payloads) = (schema(others), payload());
    for _ in 0..SCHEMAS {
        let schema = document(schemas.new_tree(&mut runner).unwrap().current());
        // What refers elsewhere, the crate does not take.
        let Ok(validator) = jsonschema::draft202012::new(&schema) else { continue };
        let payloads: Vec<Value> = (0..PAYLOADS).map(|_| payloads.new_tree(&mut runner).unwrap().current()).collect();
        let texts: Vec<String> = payloads.iter().map(ToString::to_string).collect();
        let found = all_by_database(&db, &schema, &texts).await;
        for (payload, found) in payloads.iter().zip(found) {
            check(&schema, payload, validator.validate(payload).err().map(|error| error.to_string()), found);
        }
    }
}

#[tokio::test]
async fn of_the_keywords_that_it_knows_the_database_says_what_json_schema_says() {
    let counts = std::cell::Cell::new((0, 0));
    compare(false, |schema, payload, by_crate, by_database| {
        assert_eq!(by_crate.is_some(), by_database.is_some(), "{schema} on {payload}: {by_crate:?}, {by_database:?}");
        let (fits, refused) = counts.get();
        counts.set(if by_crate.is_some() { (fits, refused + 1) } else { (fits + 1, refused) });
    })
    .await;
    let (fits, refused) = counts.get();
    assert!(fits > 500 && refused > 500, "{fits} fit, {refused} were refused");
}

#[tokio::test]
async fn what_is_right_is_never_refused_whatever_the_keywords() {
    let fits = std::cell::Cell::new(0);
    compare(true, |schema, payload, by_crate, by_database| {
        if by_crate.is_none() {
            assert_eq!(by_database, None, "{schema} on {payload}");
            fits.set(fits.get() + 1);
        }
    })
    .await;
    assert!(fits.get() > 500, "only {} fit", fits.get());
}

/// What the documents list.
#[tokio::test]
async fn these_keywords_are_left_to_the_worker() {
    let db = TestDb::new().await;
    for (schema, payload) in [
        (json!({ "not": { "type": "string" } }), json!("a")),
        (json!({ "if": { "type": "string" }, "then": { "minLength": 2 } }), json!("a")),
        (json!({ "oneOf": [{ "type": "string" }, { "minLength": 1 }] }), json!("a")),
        (json!({ "propertyNames": { "minLength": 2 } }), json!({ "a": 1 })),
        (json!({ "contains": { "type": "string" } }), json!([1])),
        (json!({ "unevaluatedProperties": false }), json!({ "a": 1 })),
        (json!({ "unevaluatedItems": false }), json!([1])),
        (json!({ "dependentRequired": { "a": ["b"] } }), json!({ "a": 1 })),
        (json!({ "dependentSchemas": { "a": false } }), json!({ "a": 1 })),
        (json!({ "pattern": r"^\w$" }), json!("-")),
        (json!({ "$ref": "#part", "$defs": { "Part": { "$anchor": "part", "type": "null" } } }), json!("-")),
    ] {
        assert!(by_crate(&schema, &payload).is_some(), "{schema} on {payload}");
        assert_eq!(by_database(&db, &schema, &payload.to_string()).await, None, "{schema} on {payload}");
    }
}

/// serde_json reads 128 levels. However deep it is, what is right is not refused for that.
#[tokio::test]
async fn a_deep_payload_is_checked_as_far_as_the_server_goes() {
    let db = TestDb::new().await;
    let schema = json!({ "$ref": "#/$defs/Tree", "$defs": { "Tree": { "oneOf": [
        { "type": "object", "required": ["next"], "properties": { "next": { "anyOf": [{ "$ref": "#/$defs/Tree" }, { "type": "null" }] } } },
        { "type": "integer" },
    ] } } });
    let payload = |depth: usize, end: &str| format!("{}{end}{}", r#"{"next":"#.repeat(depth), "}".repeat(depth));
    for depth in [60, 128, 1000] {
        assert_eq!(by_database(&db, &schema, &payload(depth, "null")).await, None);
    }
    let problem = by_database(&db, &schema, &payload(60, "true")).await.unwrap();
    let place = format!("`input{}` is of type boolean, and object or integer is wanted", ".next".repeat(60));
    assert_eq!(problem, place);
    // A schema that leads nowhere.
    assert_eq!(by_database(&db, &json!({ "$ref": "#" }), "1").await, None);
    assert_eq!(by_database(&db, &json!({ "$ref": "#/$defs/Nobody" }), "1").await, None);
}

#[tokio::test]
async fn a_message_names_the_path_and_the_form_that_is_meant() {
    let db = TestDb::new().await;
    let schema = json!({
        "properties": {
            "payment": { "oneOf": [
                { "properties": { "type": { "const": "card" }, "number": { "type": "string" } }, "required": ["type", "number"] },
                { "properties": { "type": { "const": "invoice" }, "days": { "type": "integer" } }, "required": ["type", "days"] },
            ] },
            "shape": { "oneOf": [
                { "const": "Empty" },
                { "properties": { "Box": { "properties": { "width": { "type": "integer" } } } }, "required": ["Box"] },
                { "properties": { "Ball": { "type": "integer" } }, "required": ["Ball"] },
            ] },
            "note": { "anyOf": [{ "type": "string", "minLength": 2 }, { "type": "null" }] },
            "two words": { "properties": { "a\"b": { "type": "null" } } },
            "days": { "patternProperties": { r"^\d+$": { "type": "boolean" } }, "additionalProperties": false },
        }
    });
    for (payload, problem) in [
        (json!({ "payment": { "type": "card" } }), "`input.payment` has no `number`"),
        (
            json!({ "payment": { "type": "invoice", "days": "x" } }),
            "`input.payment.days` is of type string, and integer is wanted",
        ),
        (json!({ "payment": { "type": "cash" } }), r#"`input.payment.type` is none of "card", "invoice""#),
        (
            json!({ "shape": { "Box": { "width": "x" } } }),
            "`input.shape` fits none of its 3 forms (the nearest: `input.shape.Box.width` is of type string, and integer is wanted)",
        ),
        (json!({ "note": "a" }), "`input.note` is shorter than 2"),
        (
            json!({ "two words": { "a\"b": 1 } }),
            r#"`input["two words"]["a\"b"]` is of type number, and null is wanted"#,
        ),
        (json!({ "days": { "12": 1 } }), r#"`input.days["12"]` is of type number, and boolean is wanted"#),
        (json!({ "days": { "x": true } }), "`input.days.x` is not allowed"),
    ] {
        assert_eq!(by_database(&db, &schema, &payload.to_string()).await.as_deref(), Some(problem));
    }
}
