//! The JSON Schemas of all payloads of a workflow, as one document.
//!
//! Each payload's schema is a document of its own, with its own `$defs`. Here they become one: what several of them define stands
//! once, and what has the same name but says something else gets a number. This works on the schemas as they are stored, so that
//! versions whose types this program no longer has have a document too.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::definition::{Definition, sorted};

/// The dialect in which all schemas are written.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// How schemars calls lists and the like. They have no definition of their own: each place has its copy.
const CONTAINERS: [&str; 7] = ["Array_", "Set_", "Map_", "Nullable_", "Tuple_", "Either_", "AnyValue"];

/// The document: the schema of an object that holds all payloads of a run.
pub(crate) fn document(definition: &Definition) -> Value {
    let mut parts = vec![Part::new(&definition.input), Part::new(&definition.output)];
    for step in &definition.steps {
        parts.extend(step.item.as_ref().map(Part::new));
        parts.extend(step.signal.as_ref().map(|signal| Part::new(&signal.payload)));
        parts.extend(step.repeat.as_ref().map(Part::new));
        parts.push(Part::new(&step.output));
    }
    let mut shared = Shared::default();
    let mut names: Vec<Names> = parts.iter().map(|part| shared.add_definitions(part)).collect();
    // Only then, so that a type is found under the name that it has as a part of others.
    for (part, names) in parts.iter().zip(&mut names) {
        shared.add_root(part, names);
    }
    let definitions: Map<String, Value> = parts
        .iter()
        .zip(&names)
        .flat_map(|(part, names)| names.iter().map(|(own, name)| (name.clone(), part.rewritten(own.as_deref(), names))))
        .collect();

    let mut placed = parts.iter().zip(&names).map(|(part, names)| part.placed(names));
    let mut next = || placed.next().unwrap_or_default();
    let (input, output) = (next(), next());
    let (mut steps, mut signals) = (Map::new(), Map::new());
    for step in &definition.steps {
        let mut payloads = Map::new();
        if step.item.is_some() {
            payloads.insert("item".to_owned(), next());
        }
        if let Some(signal) = &step.signal {
            signals.insert(signal.name.clone(), next());
        }
        if step.repeat.is_some() {
            payloads.insert("state".to_owned(), next());
        }
        payloads.insert("output".to_owned(), next());
        let schema = json!({ "type": "object", "properties": payloads });
        steps.insert(step.name.clone(), described(schema, step.description.as_deref()));
    }
    let mut schema = json!({
        "$schema": DIALECT,
        "title": definition.name,
        "type": "object",
        "properties": { "input": input, "output": output, "steps": { "type": "object", "properties": steps } },
    });
    if !signals.is_empty() {
        schema["properties"]["signals"] = json!({ "type": "object", "properties": signals });
    }
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    sorted(&described(schema, definition.description.as_deref()))
}

fn described(mut schema: Value, description: Option<&str>) -> Value {
    if let Some(description) = description {
        schema["description"] = Value::String(description.to_owned());
    }
    schema
}

/// What a part defines, by its own names (none: the part as a whole), under the names of the document.
type Names = BTreeMap<Option<String>, String>;

/// The schema of one payload.
struct Part {
    /// Without its definitions, and without a title that is the name of its type.
    root: Value,
    /// That name.
    title: Option<String>,
    definitions: BTreeMap<String, Value>,
}

impl Part {
    fn new(schema: &Value) -> Self {
        let mut root = schema.clone();
        let mut part = Self { root: Value::Null, title: None, definitions: BTreeMap::new() };
        if let Value::Object(map) = &mut root {
            map.remove("$schema");
            if let Some(Value::Object(definitions)) = map.remove("$defs") {
                part.definitions = definitions.into_iter().collect();
            }
            part.title = map.get("title").and_then(Value::as_str).filter(|title| is_name(title)).map(ToOwned::to_owned);
            if part.title.is_some() {
                map.remove("title");
            }
        }
        for (name, definition) in &mut part.definitions {
            if let Value::Object(map) = definition
                && map.get("title").and_then(Value::as_str) == Some(name)
            {
                map.remove("title");
            }
        }
        Self { root, ..part }
    }

    /// The part as a whole, or what it defines under this name.
    fn get(&self, name: Option<&str>) -> Option<&Value> {
        name.map_or(Some(&self.root), |name| self.definitions.get(name))
    }

    /// What a reference leads to within this part, and the rest of its path.
    fn target<'r>(&self, reference: &'r str) -> Option<(Option<String>, &'r str)> {
        let path = reference.strip_prefix('#')?;
        let Some(path_in) = path.strip_prefix("/$defs/") else {
            // The part as a whole; or an anchor, which is left alone.
            return (path.is_empty() || path.starts_with('/')).then_some((None, path));
        };
        let (name, rest) = path_in.split_at(path_in.find('/').unwrap_or(path_in.len()));
        let name = decoded(name);
        self.definitions.contains_key(&name).then_some((Some(name), rest))
    }

    /// A text that is the same for two schemas that say the same, whatever they and what they refer to are called: references are
    /// replaced by numbers in the order in which they are met, and followed.
    fn canonical(&self, start: Option<&str>) -> String {
        let mut met = vec![start.map(ToOwned::to_owned)];
        let mut text = String::new();
        let mut at = 0;
        while let Some(name) = met.get(at).cloned() {
            let mut schema = self.get(name.as_deref()).map(sorted).unwrap_or_default();
            references(&mut schema, &mut |reference| {
                let Some((target, rest)) = self.target(reference) else { return };
                let number = met.iter().position(|name| *name == target).unwrap_or_else(|| {
                    met.push(target);
                    met.len() - 1
                });
                *reference = format!("#{number}{rest}");
            });
            text.push_str(&schema.to_string());
            at += 1;
        }
        text
    }

    /// The schema with its references as they are in the document.
    fn rewritten(&self, name: Option<&str>, names: &Names) -> Value {
        let mut schema = self.get(name).cloned().unwrap_or_default();
        references(&mut schema, &mut |reference| {
            if let Some((target, rest)) = self.target(reference)
                && let Some(name) = names.get(&target)
            {
                *reference = format!("#/$defs/{}{rest}", encoded(name));
            }
        });
        schema
    }

    /// What stands in the place of the payload: a reference, where its type has a name.
    fn placed(&self, names: &Names) -> Value {
        match names.get(&None) {
            Some(name) => json!({ "$ref": format!("#/$defs/{}", encoded(name)) }),
            None => {
                let mut schema = self.rewritten(None, names);
                if let (Some(title), Value::Object(map)) = (&self.title, &mut schema) {
                    map.insert("title".to_owned(), Value::String(title.clone()));
                }
                schema
            }
        }
    }

    /// The name without the number that tells it from another one of this part.
    fn base<'n>(&self, name: &'n str) -> &'n str {
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if self.definitions.contains_key(base) { base } else { name }
    }

    /// Whether something in it refers to the part as a whole.
    fn refers_to_itself(&self) -> bool {
        let mut found = false;
        for schema in std::iter::once(&self.root).chain(self.definitions.values()) {
            references(&mut schema.clone(), &mut |reference| {
                found |= matches!(self.target(reference), Some((None, _)));
            });
        }
        found
    }
}

/// What the document defines: by name, what it says.
#[derive(Default)]
struct Shared(BTreeMap<String, String>);

impl Shared {
    fn add_definitions(&mut self, part: &Part) -> Names {
        let add = |name: &String| (Some(name.clone()), self.add(part.base(name), part.canonical(Some(name))));
        part.definitions.keys().map(add).collect()
    }

    /// Names the part as a whole, where it is a type with a name, or has to have one to be referred to.
    fn add_root(&mut self, part: &Part, names: &mut Names) {
        let is_type = |title: &String| {
            title.starts_with(|c: char| c.is_uppercase()) && !CONTAINERS.iter().any(|prefix| title.starts_with(prefix))
        };
        let says = part.canonical(None);
        let name = match &part.title {
            Some(title) if is_type(title) || part.refers_to_itself() => self.add(title, says),
            None if part.refers_to_itself() => self.add("Payload", says),
            // A type with a title for people, if others have it as a part.
            None if part.root.get("title").is_some() => match self.0.iter().find(|(_, other)| **other == says) {
                Some((name, _)) => name.clone(),
                None => return,
            },
            _ => return,
        };
        names.insert(None, name);
    }

    /// The name under which this stands: its own, or with a number where that is another's.
    fn add(&mut self, name: &str, says: String) -> String {
        let mut free = name.to_owned();
        for number in 2.. {
            match self.0.get(&free) {
                None => {
                    self.0.insert(free.clone(), says);
                    break;
                }
                Some(other) if *other == says => break,
                Some(_) => free = format!("{name}{number}"),
            }
        }
        free
    }
}

/// Calls `change` with each reference in a schema. What is data, and what has an address of its own, is passed over.
fn references(schema: &mut Value, change: &mut impl FnMut(&mut String)) {
    let Value::Object(map) = schema else { return };
    if map.get("$id").is_some_and(Value::is_string) {
        return;
    }
    for (keyword, value) in map {
        match (keyword.as_str(), value) {
            ("$ref", Value::String(reference)) => change(reference),
            ("const" | "default" | "enum" | "examples", _) => {}
            ("$defs" | "dependentSchemas" | "patternProperties" | "properties", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| references(schema, change));
            }
            (_, Value::Array(schemas)) => schemas.iter_mut().for_each(|schema| references(schema, change)),
            (_, schema) => references(schema, change),
        }
    }
}

/// Whether a title is the name of a type, and not one for people.
fn is_name(title: &str) -> bool {
    !title.is_empty() && title.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A name as it stands in a reference: a part of a JSON pointer, in a fragment of a URI.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'~' => text.push_str("~0"),
            b'/' => text.push_str("~1"),
            b'-' | b'.' | b'_' => text.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn decoded(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let hex = (*byte == b'%').then(|| after.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~")
}
