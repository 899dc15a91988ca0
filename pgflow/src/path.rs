//! Where in a payload something is wrong.

use crate::encoded::Encoded;

/// Says why a payload cannot be read, with the path to the place, which begins with `root`: `` `input.lines[3].count`: invalid type ``.
///
/// The place is found from the line and column that serde_json names, in the text. Only a payload that was refused pays for that, and no
/// type is compiled twice for it.
pub(crate) fn unreadable(payload: &Encoded, root: &str, error: &serde_json::Error) -> String {
    let said = error.to_string();
    let (line, column) = (error.line(), error.column());
    // Without a line, nobody knows the place, or the message has it already.
    let Some(said) = said.strip_suffix(&format!(" at line {line} column {column}")).filter(|_| line > 0) else {
        return if said.starts_with('`') { said } else { format!("`{root}`: {said}") };
    };
    let text = payload.as_str();
    let begin: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    format!("`{root}{}`: {said}", path(text, begin + column))
}

/// The same as an error, for those who pass it on.
pub(crate) fn located(payload: &Encoded, root: &str, error: &serde_json::Error) -> serde_json::Error {
    serde::de::Error::custom(unreadable(payload, root, error))
}

/// What is open at a place of the text: an object with the member that is being read, or a list with the number of the element.
enum Open {
    Object(Option<String>),
    List(usize),
}

/// The path to the value whose text was read last when so many bytes had been read.
fn path(text: &str, read: usize) -> String {
    let bytes = text.as_bytes();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while at < read.min(bytes.len()) {
        let begin = at;
        at += 1;
        match bytes[begin] {
            b'{' => open.push(Open::Object(None)),
            b'[' => open.push(Open::List(0)),
            b'}' | b']' => drop(open.pop()),
            b',' => match open.last_mut() {
                Some(Open::Object(member)) => *member = None,
                Some(Open::List(element)) => *element += 1,
                None => {}
            },
            b'"' => {
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                if let Some(Open::Object(member @ None)) = open.last_mut() {
                    *member = text.get(begin..at).and_then(|name| serde_json::from_str(name).ok());
                }
            }
            _ => {}
        }
    }
    open.iter().map(Open::segment).collect()
}

impl Open {
    fn segment(&self) -> String {
        match self {
            Self::Object(None) => String::new(),
            Self::Object(Some(name)) => segment(name),
            Self::List(element) => format!("[{element}]"),
        }
    }
}

/// A member in a path: `.name`, or `["a name"]` where it is none. `pgflow.member` in the database does the same.
pub(crate) fn segment(name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_word) {
        format!(".{name}")
    } else {
        format!("[{}]", serde_json::Value::from(name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "read from JSON only")]
    struct Order {
        lines: Vec<Line>,
        #[serde(default)]
        by_day: BTreeMap<u8, bool>,
        #[serde(default)]
        notes: BTreeMap<String, char>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read from JSON only")]
    struct Line {
        count: u8,
        kind: Option<Kind>,
        size: Option<(u8, u8)>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "read from JSON only")]
    enum Kind {
        Plain,
        Cut(u8),
        Set { of: Vec<u8> },
    }

    fn problem<T: DeserializeOwned>(text: &str) -> String {
        let text = Encoded::from(text);
        let error = text.decode::<T>().err().expect("this is refused");
        unreadable(&text, "input", &error)
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_path() {
        for (text, says) in [
            (r#"7"#, "`input`: invalid type: integer `7`, expected struct Order"),
            (r#"{}"#, "`input`: missing field `lines`"),
            (
                r#"{"lines": [{"count": 1}, {"count": "x"}]}"#,
                r#"`input.lines[1].count`: invalid type: string "x", expected u8"#,
            ),
            (r#"{"lines": [{"count": 300}]}"#, "`input.lines[0].count`: invalid value: integer `300`, expected u8"),
            (r#"{"lines": [{"count": {"x": [1]}}]}"#, "`input.lines[0].count`: invalid type: map, expected u8"),
            (r#"{"lines": [{"count": 1}, {}]}"#, "`input.lines[1]`: missing field `count`"),
            (r#"{"lines": {"count": 1}}"#, "`input.lines`: invalid type: map, expected a sequence"),
            (r#"{"lines": [{"count": 1, "kind": "Round"}]}"#, "`input.lines[0].kind`: unknown variant `Round`"),
            (r#"{"lines": [{"count": 1, "kind": {"Cut": "x"}}]}"#, "`input.lines[0].kind.Cut`: invalid type: string"),
            (
                r#"{"lines": [{"count": 1, "kind": {"Set": {"of": [1, -1]}}}]}"#,
                "`input.lines[0].kind.Set.of[1]`: invalid value",
            ),
            (r#"{"lines": [{"count": 1, "size": [1]}]}"#, "`input.lines[0].size`: invalid length 1"),
            (r#"{"lines": [{"count": 1, "sise": 2}]}"#, "`input.lines[0].sise`: unknown field `sise`"),
            (r#"{"lines": [], "by_day": {"1": true, "300": true}}"#, r#"`input.by_day["300"]`: "#),
            (
                r#"{"lines": [], "notes": {"a \"b\"}": "x", "c d": "xy"}}"#,
                r#"`input.notes["c d"]`: invalid value: string "xy""#,
            ),
            ("{\n  \"lines\": [\n    {\"count\": null}]}", "`input.lines[0].count`: invalid type: null, expected u8"),
        ] {
            let problem = problem::<Order>(text);
            assert!(problem.starts_with(says), "{text}: {problem}");
            assert!(!problem.contains(" at line "), "{problem}");
        }
        assert!(problem::<Vec<u8>>("[1, 2.5]").starts_with("`input[1]`: invalid type: floating point"));
    }

    #[test]
    fn what_was_located_is_not_located_again() {
        let text = Encoded::from("[1, null]");
        let error = located(&text, "pack", &text.decode::<Vec<u8>>().expect_err("null is no number"));
        assert_eq!(unreadable(&text, "input", &error), "`pack[1]`: invalid type: null, expected u8");
    }
}
