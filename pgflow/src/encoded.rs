//! Payloads in the form in which they travel: JSON text, encoded once.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A payload as JSON text.
///
/// A payload is encoded once, when its producer returns it; each consumer decodes its own copy. Cloning shares the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded(Arc<str>);

impl Encoded {
    /// Encodes `value`.
    ///
    /// # Errors
    /// When `value` has no JSON form, such as a map whose keys are no strings.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Self> {
        serde_json::to_string(value).map(|text| Self(text.into()))
    }

    /// Decodes into a value of type `T`.
    ///
    /// # Errors
    /// When the text is not a `T`; the message says where in the text.
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }

    /// The text as a JSON value that is not read yet.
    #[cfg(feature = "postgres")]
    pub(crate) fn decode_raw(&self) -> serde_json::Result<&RawValue> {
        serde_json::from_str(&self.0)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The array of these payloads.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "made by the worker only"))]
    pub(crate) fn array<'a>(items: impl Iterator<Item = &'a Self>) -> Self {
        let mut text = String::from("[");
        for (n, item) in items.enumerate() {
            if n > 0 {
                text.push(',');
            }
            text.push_str(item.as_str());
        }
        text.push(']');
        Self(text.into())
    }
}

/// Text that is known to be JSON: the database has said so.
impl From<&str> for Encoded {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<Box<RawValue>> for Encoded {
    fn from(text: Box<RawValue>) -> Self {
        Self(Box::<str>::from(text).into())
    }
}

/// Shows the length only: payloads stay out of logs.
impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} bytes)", self.0.len())
    }
}
