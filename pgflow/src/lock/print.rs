//! JSON for people and for merges: keys in order, what fits on a line on one, everything else a line each.

use serde_json::Value;

const WIDTH: usize = 100;

/// A value that begins at `column`, on lines that are indented by `indent`; it ends without a line break.
pub(super) fn value(out: &mut String, indent: usize, column: usize, value: &Value) {
    let short = on_one_line(value);
    let nested = matches!(value, Value::Object(_) | Value::Array(_));
    // One more for the comma that may follow.
    if !nested || column + short.chars().count() < WIDTH {
        out.push_str(&short);
        return;
    }
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&str, &Value)> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
            entries.sort_by_key(|(key, _)| *key);
            object(out, indent, &entries);
        }
        Value::Array(items) => array(out, indent, items, |out, item| self::value(out, indent + 2, indent + 2, item)),
        _ => {}
    }
}

/// An object with these entries, a line each at least, in their order.
pub(super) fn object(out: &mut String, indent: usize, entries: &[(&str, &Value)]) {
    out.push('{');
    for (number, (key, entry)) in entries.iter().enumerate() {
        let start = line(out, indent + 2, number);
        out.push_str(&text(key));
        out.push_str(": ");
        let column = out.len() - start;
        value(out, indent + 2, column, entry);
    }
    end(out, indent, '}');
}

/// An array with an item a line at least.
pub(super) fn array<T>(out: &mut String, indent: usize, items: &[T], mut item: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (number, each) in items.iter().enumerate() {
        line(out, indent + 2, number);
        item(out, each);
    }
    if items.is_empty() { out.push(']') } else { end(out, indent, ']') }
}

/// Begins the line of an entry; gives where that is.
pub(super) fn line(out: &mut String, indent: usize, number: usize) -> usize {
    out.push_str(if number == 0 { "\n" } else { ",\n" });
    let start = out.len();
    out.extend(std::iter::repeat_n(' ', indent));
    start
}

pub(super) fn end(out: &mut String, indent: usize, close: char) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push(close);
}

fn on_one_line(value: &Value) -> String {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{}: {}", text(key), on_one_line(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(on_one_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}
