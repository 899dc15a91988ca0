//! Whether one JSON value contains another, as Postgres has it (`@>` of `jsonb`).

use serde_json::{Number, Value};

/// Whether `value` contains `pattern`: an object, one with some of its members; a list, one whose elements are each contained in one of
/// its own, in any order; anything else, what is equal. A list contains a single text or number besides, but not within others.
#[must_use]
pub fn contains(value: &Value, pattern: &Value) -> bool {
    match (value, pattern) {
        (Value::Array(values), Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null) => {
            values.iter().any(|value| same(value, pattern))
        }
        _ => within(value, pattern),
    }
}

fn within(value: &Value, pattern: &Value) -> bool {
    match (value, pattern) {
        (Value::Object(members), Value::Object(asked)) => {
            asked.iter().all(|(name, asked)| members.get(name).is_some_and(|value| within(value, asked)))
        }
        (Value::Array(values), Value::Array(asked)) => {
            asked.iter().all(|asked| values.iter().any(|value| within(value, asked)))
        }
        _ => same(value, pattern),
    }
}

/// Whether two values that hold no others are equal.
fn same(value: &Value, pattern: &Value) -> bool {
    match (value, pattern) {
        (Value::Number(one), Value::Number(other)) => same_number(one, other),
        (Value::Object(_) | Value::Array(_), _) => false,
        _ => value == pattern,
    }
}

/// Postgres compares numbers, and not how they are written: 1 is 1.0.
fn same_number(one: &Number, other: &Number) -> bool {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        // A whole number and another one are the same where both are so exactly.
        (Some(whole), None) => is_float(other, whole),
        (None, Some(whole)) => is_float(one, whole),
        (None, None) => one.as_f64() == other.as_f64(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float without a fraction, within the range that is asked for")]
fn is_float(number: &Number, whole: i128) -> bool {
    number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() < 1e30 && float as i128 == whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containment_is_that_of_postgres() {
        for (value, pattern, is) in [
            (json!({"a": 1, "b": 2}), json!({"a": 1}), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"c": 2}}), true),
            (json!({"a": {"b": 1}}), json!({"a": {}}), true),
            (json!({"a": 1}), json!({"a": {}}), false),
            (json!([1, 2, 3]), json!([3, 1]), true),
            (json!([1, 2]), json!([1, 1]), true),
            (json!([[1, 2]]), json!([[2]]), true),
            (json!([1, 2]), json!([[1]]), false),
            (json!([1, 2]), json!([]), true),
            (json!(["a", "b"]), json!("a"), true),
            (json!({"a": ["b"]}), json!({"a": "b"}), false),
            (json!([["a"]]), json!("a"), false),
            (json!(1), json!(1.0), true),
            (json!({"a": 10.0}), json!({"a": 10}), true),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64), false),
            (json!(null), json!(null), true),
            (json!({"a": null}), json!({"a": null}), true),
            (json!({}), json!({"a": null}), false),
            (json!("ab"), json!("a"), false),
        ] {
            assert_eq!(contains(&value, &pattern), is, "{value} @> {pattern}");
        }
    }
}
