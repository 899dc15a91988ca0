//! The output of a workflow with several last steps: a struct with a field for each, whose fields go to JSON by their [`Payload`]s.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::encoded::Encoded;
use crate::glue::payload::{Payload, SchemaOf};
use crate::path::located;

/// The fields of such a struct, on the way from JSON.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads the object.
    ///
    /// # Errors
    /// When it is none.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// Takes what a step gave.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn take<T, E: serde::de::Error>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Encoded) -> serde_json::Result<T>,
    ) -> Result<T, E> {
        self.maybe(name, read)?.ok_or_else(|| E::missing_field(name))
    }

    /// Takes what a step gave that may have been skipped: its field is not there then.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn maybe<T, E: serde::de::Error>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Encoded) -> serde_json::Result<T>,
    ) -> Result<Option<T>, E> {
        let value = self.0.remove(name);
        let read = |value: Value| Encoded::new(&value).and_then(|value| read(&value));
        value.map(read).transpose().map_err(|error| E::custom(in_member(name, &error)))
    }

    /// Takes what a step gave that stands elsewhere.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn given<T, E: serde::de::Error>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Option<&Encoded>) -> serde_json::Result<T>,
    ) -> Result<T, E> {
        let wrong = |error| E::custom(format_args!("`{name}`: {error}"));
        let value = self.0.remove(name).map(|value| Encoded::new(&value)).transpose().map_err(wrong)?;
        read(value.as_ref()).map_err(wrong)
    }
}

/// Says of an output what is said of one of its members, whose path began with the output itself.
fn in_member(name: &str, error: &serde_json::Error) -> String {
    let said = error.to_string();
    match said.strip_prefix(&format!("`{OUTPUT}")) {
        Some(rest) => format!("`{OUTPUT}.{name}{rest}"),
        None => format!("`{OUTPUT}.{name}`: {said}"),
    }
}

/// What paths begin with.
const OUTPUT: &str = "output";

/// The output of a workflow whose last step is never skipped.
///
/// # Errors
/// When it is not there.
pub fn there(output: Option<&Encoded>) -> serde_json::Result<&Encoded> {
    output.ok_or_else(|| serde::de::Error::custom("there is no output"))
}

/// In which form the output of a last step is found in that of the workflow.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// It is that of a map step.
    pub list: bool,
    /// Items of it may be missing.
    pub gaps: bool,
    /// All of it may be missing.
    pub missing: bool,
}

/// Writes the fields as an object. A step that was skipped has none.
///
/// # Errors
/// When a field has no JSON form.
pub fn serialize_fields<S: Serializer, const N: usize>(
    serializer: S,
    fields: [(&'static str, Option<serde_json::Result<Encoded>>); N],
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let value: Value = value.and_then(|value| value.decode()).map_err(S::Error::custom)?;
        map.serialize_entry(name, &value)?;
    }
    map.end()
}

/// The schema of the object.
pub fn fields_schema(generator: &mut SchemaGenerator, fields: &[(&str, SchemaOf, Shape)]) -> Schema {
    let mut properties = Map::new();
    for &(name, schema, shape) in fields {
        properties.insert(name.to_owned(), shape.schema((schema.nested)(generator)));
    }
    let required: Vec<&str> = fields.iter().filter(|(.., shape)| !shape.missing).map(|(name, ..)| *name).collect();
    json_schema!({ "type": "object", "properties": properties, "required": required })
}

impl Shape {
    /// The schema, from that of a single output.
    pub(super) fn schema(self, one: Schema) -> Value {
        let one = one.to_value();
        let item = if self.gaps { serde_json::json!({ "anyOf": [one, { "type": "null" }] }) } else { one };
        if self.list { serde_json::json!({ "type": "array", "items": item }) } else { item }
    }
}

impl<T> Payload<T> {
    /// Encodes the output of a plain step.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn encode_one(&self, value: &T) -> serde_json::Result<Encoded> {
        (self.encode)(value)
    }

    /// Decodes the output of a plain step.
    ///
    /// # Errors
    /// When it is none.
    pub fn decode_one(&self, value: &Encoded) -> serde_json::Result<T> {
        (self.decode)(value).map_err(|error| located(value, OUTPUT, &error))
    }

    /// Encodes the outputs of a map step as one list.
    ///
    /// # Errors
    /// When one has no JSON form.
    pub fn encode_list(&self, values: &[T]) -> serde_json::Result<Encoded> {
        let values: serde_json::Result<Vec<Encoded>> = values.iter().map(self.encode).collect();
        values.map(|values| Encoded::array(values.iter()))
    }

    /// Decodes the outputs of a map step from one list.
    ///
    /// # Errors
    /// When it is no list, or one of them is none.
    pub fn decode_list(&self, list: &Encoded) -> serde_json::Result<Vec<T>> {
        elements(list)?.iter().enumerate().map(|(n, value)| self.element(n, value)).collect()
    }

    /// Encodes the outputs of a map step, some items of which may be skipped: null stands for those.
    ///
    /// # Errors
    /// When one has no JSON form.
    pub fn encode_gaps(&self, values: &[Option<T>]) -> serde_json::Result<Encoded> {
        let null = || Ok(Encoded::from("null"));
        let values: serde_json::Result<Vec<Encoded>> =
            values.iter().map(|value| value.as_ref().map_or_else(null, self.encode)).collect();
        values.map(|values| Encoded::array(values.iter()))
    }

    /// Decodes the outputs of a map step, some items of which may be skipped: those that are null.
    ///
    /// # Errors
    /// When it is no list, or one of them is none.
    pub fn decode_gaps(&self, list: &Encoded) -> serde_json::Result<Vec<Option<T>>> {
        let decode = |(n, value): (usize, &Encoded)| {
            if value.as_str() == "null" { Ok(None) } else { self.element(n, value).map(Some) }
        };
        elements(list)?.iter().enumerate().map(decode).collect()
    }

    fn element(&self, n: usize, value: &Encoded) -> serde_json::Result<T> {
        (self.decode)(value).map_err(|error| located(value, &format!("{OUTPUT}[{n}]"), &error))
    }
}

fn elements(list: &Encoded) -> serde_json::Result<Vec<Encoded>> {
    let values: Vec<Box<RawValue>> = list.decode().map_err(|error| located(list, OUTPUT, &error))?;
    Ok(values.into_iter().map(Encoded::from).collect())
}
