//! JSON text to and from `jsonb`, without parsing it on the way.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::types::Json;
use sqlx::{Decode, Encode, Postgres, Type};

use crate::encoded::Encoded;

/// JSON text as a `jsonb` parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jsonb<'a>(pub(crate) &'a str);

/// The version that leads the binary form of `jsonb`.
const VERSION: u8 = 1;

impl Type<Postgres> for Jsonb<'_> {
    fn type_info() -> PgTypeInfo {
        <Json<()> as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for Jsonb<'_> {
    fn array_type_info() -> PgTypeInfo {
        <Json<()> as PgHasArrayType>::array_type_info()
    }
}

impl Encode<'_, Postgres> for Jsonb<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(VERSION);
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn size_hint(&self) -> usize {
        self.0.len() + 1
    }
}

impl Type<Postgres> for Encoded {
    fn type_info() -> PgTypeInfo {
        <Json<()> as Type<Postgres>>::type_info()
    }

    fn compatible(info: &PgTypeInfo) -> bool {
        <Json<()> as Type<Postgres>>::compatible(info)
    }
}

impl Decode<'_, Postgres> for Encoded {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let binary = value.format() == PgValueFormat::Binary;
        let bytes = value.as_bytes()?;
        let text = match bytes {
            [VERSION, text @ ..] if binary => text,
            [version, ..] if binary => {
                return Err(format!("jsonb of version {version}, and version {VERSION} is known").into());
            }
            text => text,
        };
        Ok(Self::from(std::str::from_utf8(text)?))
    }
}
