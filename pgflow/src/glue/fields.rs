//! The output of a workflow with several last steps: a struct with a field for each, whose fields go to JSON by their [`Payload`]s.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::{Map, Value};

use crate::encoded::Encoded;
use crate::glue::payload::{Payload, SchemaOf};

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

    /// Takes the output of a plain step.
    ///
    /// # Errors
    /// When it is not there, or no such output.
    pub fn one<T, E: serde::de::Error>(&mut self, name: &'static str, payload: &Payload<T>) -> Result<T, E> {
        let value = self.0.remove(name).ok_or_else(|| E::missing_field(name))?;
        decode(&value, payload).map_err(|error| E::custom(format_args!("`{name}`: {error}")))
    }

    /// Takes the outputs of a map step.
    ///
    /// # Errors
    /// When they are not there, or no such outputs.
    pub fn list<T, E: serde::de::Error>(&mut self, name: &'static str, payload: &Payload<T>) -> Result<Vec<T>, E> {
        let value = self.0.remove(name).ok_or_else(|| E::missing_field(name))?;
        let values = match value {
            Value::Array(values) => Ok(values),
            _ => Err(serde::de::Error::custom("not a list")),
        };
        values
            .and_then(|values| values.iter().map(|value| decode(value, payload)).collect())
            .map_err(|error| E::custom(format_args!("`{name}`: {error}")))
    }
}

/// Writes the fields as an object.
///
/// # Errors
/// When a field has no JSON form.
pub fn serialize_fields<S: Serializer, const N: usize>(
    serializer: S,
    fields: [(&'static str, serde_json::Result<Encoded>); N],
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(N))?;
    for (name, value) in fields {
        let value: Value = value.and_then(|value| value.decode()).map_err(S::Error::custom)?;
        map.serialize_entry(name, &value)?;
    }
    map.end()
}

/// The schema of the object. Each field comes with its name, its schema, and whether it holds a list of such.
pub fn fields_schema(generator: &mut SchemaGenerator, fields: &[(&'static str, SchemaOf, bool)]) -> Schema {
    let mut properties = Map::new();
    for &(name, schema, list) in fields {
        let nested = (schema.nested)(generator).to_value();
        let property = if list { serde_json::json!({ "type": "array", "items": nested }) } else { nested };
        properties.insert(name.to_owned(), property);
    }
    let required: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
    json_schema!({ "type": "object", "properties": properties, "required": required })
}

impl<T> Payload<T> {
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
        let values: Vec<Box<serde_json::value::RawValue>> = list.decode()?;
        values.into_iter().map(|value| (self.decode)(&Encoded::from(value))).collect()
    }
}

fn decode<T>(value: &Value, payload: &Payload<T>) -> serde_json::Result<T> {
    Encoded::new(value).and_then(|value| (payload.decode)(&value))
}
