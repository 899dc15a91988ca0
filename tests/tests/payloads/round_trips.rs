//! What a type writes passes the type's own schema, and comes back from the database as it was.

use std::fmt::Debug;

use pgflow_tests::TestDb;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::judge::{all_by_database, by_crate, stored};
use crate::shapes::*;

/// As many values of each type.
const CASES: usize = 200;

fn schema_of<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Values that are always the same.
fn values<T: Draw + Debug>() -> Vec<T> {
    let cases = std::env::var("PGFLOW_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new_with_rng(Config::default(), deterministic());
    let strategy = T::draw();
    (0..cases).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn deterministic() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

async fn round_trip<T: Draw + Debug + PartialEq + Serialize + DeserializeOwned + JsonSchema>(db: &TestDb) {
    let schema = schema_of::<T>();
    let name = std::any::type_name::<T>();
    let values = values::<T>();
    let written: Vec<String> = values.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
    let read = stored(db, &written).await;
    let problems = all_by_database(db, &schema, &written).await;
    for (((value, written), read), problem) in values.iter().zip(&written).zip(&read).zip(problems) {
        assert_eq!(problem, None, "the database refuses this {name}: {written}");
        let payload: Value = serde_json::from_str(written).unwrap();
        assert_eq!(by_crate(&schema, &payload), None, "its schema refuses this {name}: {written}");
        let back: T = serde_json::from_str(read).unwrap_or_else(|error| panic!("{name} from {read}: {error}"));
        assert_eq!(back, *value, "{name}, as {written}, came back as {read}");
    }
}

#[tokio::test]
async fn what_a_type_writes_passes_its_schema_and_comes_back_the_same() {
    let db = TestDb::new().await;
    round_trip::<Numbers>(&db).await;
    round_trip::<Words>(&db).await;
    round_trip::<Missing>(&db).await;
    round_trip::<Lists>(&db).await;
    round_trip::<Maps>(&db).await;
    round_trip::<Flat>(&db).await;
    round_trip::<Open>(&db).await;
    round_trip::<Enums>(&db).await;
    round_trip::<Times>(&db).await;
    round_trip::<Custom>(&db).await;
}

/// Something else in the place of one part of a payload: a member dropped or added, a value of another type.
fn spoilt(payload: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let others =
        [Value::Null, Value::from(-1), Value::from(1.5), Value::from("?"), Value::Array(vec![]), serde_json::json!({})];
    all.extend(others.into_iter().filter(|other| other != payload));
    match payload {
        Value::Object(map) => {
            for (name, value) in map {
                let mut without = map.clone();
                without.remove(name);
                all.push(Value::Object(without));
                for other in spoilt(value) {
                    let mut changed = map.clone();
                    changed.insert(name.clone(), other);
                    all.push(Value::Object(changed));
                }
            }
            let mut more = map.clone();
            more.insert("zzzzz".to_owned(), Value::from("more"));
            all.push(Value::Object(more));
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let mut fewer = items.clone();
                fewer.remove(n);
                all.push(Value::Array(fewer));
                for other in spoilt(item) {
                    let mut changed = items.clone();
                    changed[n] = other;
                    all.push(Value::Array(changed));
                }
            }
            let more = items.iter().cloned().chain(items.first().cloned()).collect();
            all.push(Value::Array(more));
        }
        _ => {}
    }
    all
}

/// The database refuses what the crate refuses, and nothing else: of these shapes, it knows all keywords.
async fn spoil<T: Draw + Debug + Serialize + JsonSchema>(db: &TestDb) {
    let schema = schema_of::<T>();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let name = std::any::type_name::<T>();
    let mut refused = 0;
    for value in values::<T>().iter().take(12) {
        let spoilt = spoilt(&serde_json::to_value(value).unwrap());
        let texts: Vec<String> = spoilt.iter().map(ToString::to_string).collect();
        let problems = all_by_database(db, &schema, &texts).await;
        for ((payload, text), problem) in spoilt.iter().zip(&texts).zip(problems) {
            let by_crate = validator.validate(payload).err().map(|error| error.to_string());
            assert_eq!(
                problem.is_some(),
                by_crate.is_some(),
                "{name} from {text}: {problem:?}, and the crate: {by_crate:?}"
            );
            refused += usize::from(by_crate.is_some());
        }
    }
    assert!(refused > 100, "{name}: only {refused} were refused");
}

#[tokio::test]
async fn what_the_schema_refuses_the_database_refuses() {
    let db = TestDb::new().await;
    spoil::<Words>(&db).await;
    spoil::<Missing>(&db).await;
    spoil::<Lists>(&db).await;
    spoil::<Maps>(&db).await;
    spoil::<Flat>(&db).await;
    spoil::<Open>(&db).await;
    spoil::<Enums>(&db).await;
    spoil::<Times>(&db).await;
    spoil::<Custom>(&db).await;
}
