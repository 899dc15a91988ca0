//! In what two JSON Schemas differ, and whether payloads of the earlier one are payloads of the later one too.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use crate::definition::without_descriptions;

/// Whether they are the same but for descriptions: for the engine everything else makes another contract.
pub(super) fn same_schema(one: &Value, other: &Value) -> bool {
    without_descriptions(one) == without_descriptions(other)
}

/// One line for each difference, and one that says whether stored payloads would be read by the later schema, where that is certain.
pub(super) fn told(earlier: &Value, later: &Value) -> Vec<String> {
    let found = differences(earlier, later);
    let fits = found.iter().map(|difference| difference.fits).max().unwrap_or(Fits::Yes);
    let mut told: Vec<String> = found.iter().map(ToString::to_string).collect();
    if told.is_empty() {
        told.push("the schema is written otherwise".to_owned());
    }
    match fits {
        Fits::Yes => told.push("what is stored fits the new schema as it is".to_owned()),
        Fits::No => told.push("what is stored does not fit the new schema".to_owned()),
        Fits::Unknown => {}
    }
    told
}

/// Whether what was valid before is valid now. What is not certain is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fits {
    Yes,
    Unknown,
    No,
}

/// A difference, and where it is: `lines[].price`, or nothing for the payload itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) at: String,
    pub(super) what: String,
    pub(super) fits: Fits,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() {
            f.write_str("it")?
        } else {
            write!(f, "`{}`", self.at)?
        }
        write!(f, " {}", self.what)
    }
}

pub(super) fn differences(earlier: &Value, later: &Value) -> Vec<Difference> {
    let mut walk = Walk { earlier, later, seen: HashSet::new(), found: Vec::new() };
    walk.walk("", earlier, later);
    walk.found
}

struct Walk<'a> {
    earlier: &'a Value,
    later: &'a Value,
    /// Pairs of references that were followed: types may hold themselves.
    seen: HashSet<(String, String)>,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn note(&mut self, at: &str, fits: Fits, what: impl Into<String>) {
        self.found.push(Difference { at: at.to_owned(), what: what.into(), fits });
    }

    fn walk(&mut self, at: &str, earlier: &Value, later: &Value) {
        let (earlier, one) = resolved(self.earlier, earlier);
        let (later, other) = resolved(self.later, later);
        if (one.is_some() || other.is_some()) && !self.seen.insert((one.unwrap_or_default(), other.unwrap_or_default()))
        {
            return;
        }
        let (Some(earlier), Some(later)) = (earlier.as_object(), later.as_object()) else {
            if earlier != later {
                let fits = if *later == Value::Bool(true) { Fits::Yes } else { Fits::Unknown };
                self.note(at, fits, "is of another type");
            }
            return;
        };
        let ((earlier, was_null), (later, is_null)) = (without_null(earlier), without_null(later));
        match (was_null, is_null) {
            (false, true) => self.note(at, Fits::Yes, "may be null now"),
            (true, false) => self.note(at, Fits::No, "may no longer be null"),
            _ => {}
        }
        if earlier.contains_key("$ref") || later.contains_key("$ref") {
            return self.walk(at, &Value::Object(earlier), &Value::Object(later));
        }
        match (variants(&earlier), variants(&later)) {
            (None, None) => self.plain(at, &earlier, &later),
            (was, is) => {
                let whole = |schema: &Map<String, Value>| vec![Value::Object(schema.clone())];
                let was = was.cloned().unwrap_or_else(|| whole(&earlier));
                let is = is.cloned().unwrap_or_else(|| whole(&later));
                self.variants(at, &was, &is);
            }
        }
    }

    /// What may be one of several.
    fn variants(&mut self, at: &str, was: &[Value], is: &[Value]) {
        let gone: Vec<&Value> = was.iter().filter(|one| !is.iter().any(|other| self.alike(one, other))).collect();
        let new: Vec<&Value> = is.iter().filter(|one| !was.iter().any(|other| self.alike(other, one))).collect();
        if gone.len() == new.len() {
            for (one, other) in gone.into_iter().zip(new) {
                self.walk(at, one, other);
            }
            return;
        }
        if !new.is_empty() {
            self.note(at, Fits::Yes, format!("may be {} further {}", new.len(), plural(new.len(), "thing")));
        }
        if !gone.is_empty() {
            let fits = if new.is_empty() { Fits::No } else { Fits::Unknown };
            self.note(
                at,
                fits,
                format!("may no longer be {} {} that it could be", gone.len(), plural(gone.len(), "thing")),
            );
        }
    }

    fn alike(&self, one: &Value, other: &Value) -> bool {
        let mut walk = Walk { earlier: self.earlier, later: self.later, seen: self.seen.clone(), found: Vec::new() };
        walk.walk("", one, other);
        walk.found.is_empty()
    }

    fn plain(&mut self, at: &str, earlier: &Map<String, Value>, later: &Map<String, Value>) {
        let (was, is) = (earlier.get("type"), later.get("type"));
        if was != is {
            let said = |kind: Option<&Value>| match kind {
                Some(Value::String(kind)) => kind.clone(),
                Some(other) => other.to_string(),
                None => "anything".to_owned(),
            };
            let wider = is.is_none() || was.is_some_and(|t| t == "integer") && is.is_some_and(|t| t == "number");
            let fits = match (wider, was) {
                (true, _) => Fits::Yes,
                (false, Some(_)) => Fits::No,
                (false, None) => Fits::Unknown,
            };
            self.note(at, fits, format!("was {}, and is {} now", said(was), said(is)));
            // What else is said of the one says nothing of the other.
            if !(wider && was.is_some() && is.is_some()) {
                return;
            }
        }
        self.values(at, earlier, later);
        self.properties(at, earlier, later);
        let items = |schema: &Map<String, Value>| schema.get("items").cloned().unwrap_or(Value::Bool(true));
        self.walk(&format!("{at}[]"), &items(earlier), &items(later));
        self.keywords(at, earlier, later);
    }

    /// Values that are listed: those of an enum without data.
    fn values(&mut self, at: &str, earlier: &Map<String, Value>, later: &Map<String, Value>) {
        let listed = |schema: &Map<String, Value>| -> Option<BTreeSet<String>> {
            let values = match (schema.get("enum"), schema.get("const")) {
                (Some(Value::Array(values)), _) => values.clone(),
                (_, Some(value)) => vec![value.clone()],
                _ => return None,
            };
            Some(values.iter().map(ToString::to_string).collect())
        };
        match (listed(earlier), listed(later)) {
            (Some(was), Some(is)) => {
                for value in is.difference(&was) {
                    self.note(at, Fits::Yes, format!("may be {value} now"));
                }
                for value in was.difference(&is) {
                    self.note(at, Fits::No, format!("may no longer be {value}"));
                }
            }
            (Some(_), None) => self.note(at, Fits::Yes, "may be any value now"),
            (None, Some(_)) => self.note(at, Fits::Unknown, "may be some values only"),
            (None, None) => {}
        }
    }

    fn properties(&mut self, at: &str, earlier: &Map<String, Value>, later: &Map<String, Value>) {
        let none = Map::new();
        let properties =
            |schema: &Map<String, Value>| schema.get("properties").and_then(Value::as_object).unwrap_or(&none).clone();
        let required = |schema: &Map<String, Value>, name: &str| {
            let required = schema.get("required").and_then(Value::as_array);
            required.is_some_and(|names| names.iter().any(|required| required == name))
        };
        let (was, is) = (properties(earlier), properties(later));
        let closed = later.get("additionalProperties") == Some(&Value::Bool(false));
        let field = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        for (name, before) in &was {
            let at = field(name);
            let Some(after) = is.get(name) else {
                let (fits, what) =
                    if closed { (Fits::No, "is gone, and refused") } else { (Fits::Yes, "is gone, and ignored") };
                self.note(&at, fits, what);
                continue;
            };
            match (required(earlier, name), required(later, name)) {
                (false, true) => self.note(&at, Fits::No, "may no longer be left out"),
                (true, false) => self.note(&at, Fits::Yes, "may be left out now"),
                _ => {}
            }
            self.walk(&at, before, after);
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            let (fits, what) = if required(later, name) {
                (Fits::No, "is new, and has to be there")
            } else {
                (Fits::Yes, "is new, and may be left out")
            };
            self.note(&field(name), fits, what);
        }
    }

    /// Everything else: ranges, lengths, formats, defaults.
    fn keywords(&mut self, at: &str, earlier: &Map<String, Value>, later: &Map<String, Value>) {
        const SEEN_TO: &[&str] = &[
            "type",
            "enum",
            "const",
            "properties",
            "required",
            "items",
            "anyOf",
            "oneOf",
            "$defs",
            "$schema",
            "description",
            "title",
        ];
        let names: BTreeSet<&String> = earlier.keys().chain(later.keys()).collect();
        for name in names.into_iter().filter(|name| !SEEN_TO.contains(&name.as_str())) {
            let (was, is) = (earlier.get(name), later.get(name));
            if was == is {
                continue;
            }
            let fits = match (name.as_str(), was, is) {
                ("default" | "examples" | "deprecated", ..) | (_, _, None) => Fits::Yes,
                ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", Some(was), Some(is)) => {
                    if is.as_f64() <= was.as_f64() {
                        Fits::Yes
                    } else {
                        Fits::Unknown
                    }
                }
                ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", Some(was), Some(is)) => {
                    if is.as_f64() >= was.as_f64() {
                        Fits::Yes
                    } else {
                        Fits::Unknown
                    }
                }
                ("format", Some(Value::String(was)), Some(Value::String(is))) if widens(was, is) => Fits::Yes,
                _ => Fits::Unknown,
            };
            let said = |value: Option<&Value>| match value {
                Some(Value::Object(_) | Value::Array(_)) => "something".to_owned(),
                Some(value) => value.to_string(),
                None => "none".to_owned(),
            };
            self.note(at, fits, format!("had `{name}` {}, and has {} now", said(was), said(is)));
        }
    }
}

/// Whether every number of one format of `schemars` is one of the other.
fn widens(was: &str, is: &str) -> bool {
    let range = |format: &str| -> Option<(i128, i128)> {
        let (signed, bits) = match format.strip_prefix("uint") {
            Some(bits) => (false, bits),
            None => (true, format.strip_prefix("int")?),
        };
        let bits = bits.parse::<u32>().ok().filter(|bits| (1..=64).contains(bits))?;
        Some(if signed { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) })
    };
    match (range(was), range(is)) {
        (Some(was), Some(is)) => is.0 <= was.0 && was.1 <= is.1,
        _ => was == "float" && is == "double",
    }
}

/// What a reference leads to, and the reference; anything else is itself.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> (&'a Value, Option<String>) {
    let (mut schema, mut last) = (schema, None);
    // A reference that leads to itself is nobody's type.
    for _ in 0..16 {
        let Some(target) = schema.get("$ref").and_then(Value::as_str) else { break };
        let Some(found) = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else { break };
        (schema, last) = (found, Some(target.to_owned()));
    }
    (schema, last)
}

fn variants(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array)
}

/// The schema without null among what it may be, and whether that was there: `Option<T>` is written in two ways.
fn without_null(schema: &Map<String, Value>) -> (Map<String, Value>, bool) {
    let mut schema = schema.clone();
    if let Some(Value::Array(kinds)) = schema.get("type") {
        let other: Vec<Value> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        let had = other.len() < kinds.len();
        let kind = if other.len() == 1 { other[0].clone() } else { Value::Array(other) };
        schema.insert("type".to_owned(), kind);
        return (schema, had);
    }
    let Some(of) = variants(&schema) else { return (schema, false) };
    let is_null = |variant: &&Value| variant.get("type").is_some_and(|kind| kind == "null");
    let others: Vec<Value> = of.iter().filter(|variant| !is_null(variant)).cloned().collect();
    let had = others.len() < of.len();
    if let (true, [Value::Object(only)]) = (had, others.as_slice()) {
        return (only.clone(), true);
    }
    let name = if schema.contains_key("anyOf") { "anyOf" } else { "oneOf" };
    schema.insert(name.to_owned(), Value::Array(others));
    (schema, had)
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
