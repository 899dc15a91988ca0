//! What Rust and the database say of one definition, and of one condition.

use pgflow::Definition;
use pgflow::dynamic::contains;
use pgflow_tests::TestDb;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// So many values of a strategy, the same ones each time.
fn samples<T: std::fmt::Debug>(count: usize, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        (-2_i32..3).prop_map(|n| json!(f64::from(n) / 2.0)),
        "[ab]{0,1}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[tokio::test]
async fn containment_is_that_of_postgres() {
    let db = TestDb::new().await;
    let mut pairs = samples(4_000, (json_value(), json_value()));
    // Parts of values are contained more often.
    for pair in pairs.iter_mut().step_by(2) {
        if let Value::Object(members) = &pair.0 {
            let part: serde_json::Map<String, Value> = members.clone().into_iter().take(1).collect();
            pair.1 = Value::Object(part);
        }
    }
    let (values, patterns): (Vec<Value>, Vec<Value>) = pairs.into_iter().unzip();
    let found: Vec<bool> = sqlx::query_scalar(
        "select v @> p from unnest($1::jsonb[], $2::jsonb[]) with ordinality u(v, p, at) order by at",
    )
    .bind(&values)
    .bind(&patterns)
    .fetch_all(&db.pool())
    .await
    .unwrap();
    for ((value, pattern), found) in values.iter().zip(&patterns).zip(&found) {
        assert_eq!(contains(value, pattern), *found, "{value} @> {pattern}");
    }
    let yes = found.iter().filter(|found| **found).count();
    assert!(yes > 500 && yes < 3_500, "{yes} of them are contained");
}

/// Definitions, few of which keep all rules.
fn document() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        12 => "[a-e]".prop_map(String::from),
        1 => Just(String::new()),
        1 => Just("no word".to_owned()),
        1 => Just("input".to_owned()),
        1 => Just("x".repeat(129)),
    ];
    let edge = prop_oneof![
        "[a-e]".prop_map(Value::from),
        ("[a-e]", any::<bool>()).prop_map(|(step, value)| json!({ "step": step, "value": value })),
    ];
    let map = prop_oneof![
        6 => Just(None),
        1 => (0_i64..4).prop_map(|count| Some(json!({ "count": count }))),
        1 => Just(Some(json!({ "path": ["list"] }))),
        1 => "[a-e]".prop_map(|step| Some(json!({ "step": step }))),
        1 => "[a-e]".prop_map(|step| Some(json!({ "step": step, "count": 1 }))),
    ];
    let skip = (any::<bool>(), prop::bool::weighted(0.2), prop::collection::vec("[a-e]", 0..2)).prop_map(
        |(on_exhausted, skippable, with)| json!({ "on_exhausted": on_exhausted, "skippable": skippable, "with": with }),
    );
    let when = prop_oneof![
        5 => Just(None),
        1 => Just(Some(json!({ "input": { "x": 1 } }))),
        1 => "[a-e]".prop_map(|step| Some(json!({ step: 1 }))),
    ];
    let options = (
        prop::option::weighted(0.2, prop::sample::select(vec![0_i64, 1, 5, 32_767, 32_768])),
        prop::option::weighted(0.2, prop::sample::select(vec![0_i64, 2_000, 3_600_001])),
        prop::option::weighted(0.2, prop::sample::select(vec![0_i64, 900, 86_400_000, 86_400_001])),
        prop::option::weighted(0.2, prop::sample::select(vec![0_i64, 5, 2_592_000_001])),
        prop::option::weighted(0.1, prop::sample::select(vec!["", "mail"])),
    )
        .prop_map(|(attempts, backoff, longest, timeout, queue)| {
            let mut options = json!({});
            let given = [
                ("max_attempts", attempts.map(Value::from)),
                ("backoff_ms", backoff.map(Value::from)),
                ("max_backoff_ms", longest.map(Value::from)),
                ("timeout_ms", timeout.map(Value::from)),
                ("queue", queue.map(Value::from)),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    options[name] = value;
                }
            }
            options
        });
    let handler = prop_oneof![3 => Just(None), 1 => Just(Some("a.b")), 1 => Just(Some("a..b"))];
    let step = (name.clone(), prop::collection::vec(edge, 0..3), map, skip, when, options, handler).prop_map(
        |(name, edges, map, skip, when, options, handler)| {
            let mut step = json!({ "name": name, "depends_on": edges, "skip": skip, "options": options });
            for (name, value) in [("map", map), ("when", when), ("handler", handler.map(Value::from))] {
                if let Some(value) = value {
                    step[name] = value;
                }
            }
            step
        },
    );
    (name, prop::collection::vec(step, 0..5), any::<bool>()).prop_map(|(name, mut steps, mended)| {
        if !mended {
            return json!({ "name": name, "steps": steps });
        }
        for (number, step) in steps.iter_mut().enumerate() {
            mend(number, step);
        }
        json!({ "name": "w", "steps": steps })
    })
}

/// Leaves out most of what breaks a rule.
fn mend(number: usize, step: &mut Value) {
    let name = |number: usize| ["a", "b", "c", "d", "e"][number];
    step["name"] = name(number).into();
    step["skip"]["with"] = json!([]);
    step["options"] = json!({ "max_attempts": number + 1 });
    let mut seen = Vec::new();
    if let Some(edges) = step["depends_on"].as_array_mut() {
        edges.retain(|edge| {
            let to = edge.get("step").unwrap_or(edge).clone();
            let is_earlier = (0..number).any(|earlier| to == name(earlier)) && !seen.contains(&to);
            seen.push(to);
            is_earlier
        });
    }
    if let Some(members) = step.as_object_mut() {
        members.retain(|name, value| {
            !(name == "when" || name == "handler" || name == "map" && value.get("step").is_some())
        });
    }
}

#[tokio::test]
async fn the_database_says_what_rust_says() {
    let db = TestDb::new().await;
    let documents = samples(600, document());
    let found: Vec<Vec<String>> = sqlx::query_scalar(
        "select pgflow.definition_problems(d) from unnest($1::jsonb[]) with ordinality u(d, at) order by at",
    )
    .bind(&documents)
    .fetch_all(&db.pool())
    .await
    .unwrap();
    let mut right = 0;
    for (document, found) in documents.iter().zip(&found) {
        let said = Definition::from_document(document).err();
        let mut said: Vec<String> =
            said.iter().flat_map(|error| error.problems()).map(|problem| problem.message.clone()).collect();
        // Rust says of each cycle how it goes; the database, of one, and only where nothing else is wrong.
        let is_cycle = |text: &String| text.contains("has a dependency cycle");
        let only_cycles = said.iter().all(is_cycle);
        said.retain(|text| !is_cycle(text));
        let mut found: Vec<String> = found.clone();
        let cycles = found.iter().filter(|text| is_cycle(text)).count();
        assert_eq!(cycles > 0, only_cycles && Definition::from_document(document).is_err(), "{document}: {found:?}");
        found.retain(|text| !is_cycle(text));
        let shorter = |texts: &mut Vec<String>| {
            for text in texts {
                if let Some(place) = text.find(", which is ") {
                    text.truncate(place);
                }
            }
        };
        let sort = |texts: &mut Vec<String>| texts.sort();
        shorter(&mut said);
        shorter(&mut found);
        sort(&mut said);
        sort(&mut found);
        assert_eq!(said, found, "{document}");
        right += usize::from(said.is_empty() && cycles == 0);
    }
    assert!(right > 30, "{right} keep all rules");
}

#[tokio::test]
async fn the_database_makes_the_same_of_a_document() {
    let db = TestDb::new().await;
    let documents: Vec<Value> =
        samples(3_000, document()).into_iter().filter(|document| Definition::from_document(document).is_ok()).collect();
    let schemas = samples(documents.len(), json_value());
    let documents: Vec<Value> = documents
        .into_iter()
        .zip(schemas)
        .map(|(mut document, schema)| {
            document["input"] =
                json!({ "title": "gone", "description": "gone", "default": schema, "const": "\u{1}\"é\\/" });
            document["steps"][0]["output"] = json!({ "properties": { "title": { "type": "string" } }, "Z": 1, "a": 2 });
            document
        })
        .collect();
    let found: Vec<(Value, String)> = sqlx::query_as(
        "select f.definition, pgflow.definition_hash(f.definition)
         from unnest($1::jsonb[]) with ordinality u(d, at) cross join lateral (select pgflow.full_definition(d) as definition) f order by at",
    )
    .bind(&documents)
    .fetch_all(&db.pool())
    .await
    .unwrap();
    for (document, (stored, hash)) in documents.iter().zip(&found) {
        let definition = Definition::from_document(document).unwrap();
        assert_eq!(*stored, serde_json::to_value(&definition).unwrap());
        assert_eq!(*hash, definition.hash(), "{}", definition.canonical());
    }
    assert!(documents.len() > 50);
}
