//! Variables as they are read: no name twice, no list and no text beyond bounds.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::api::limits;
use crate::api::response::bad_request;
use crate::kernel::error::{Error, Result};

/// An object, or nothing.
pub type Variables = Option<Map<String, Value>>;

/// What the error of a repeated name says; it never leaves the server.
const REPEATED: &str = "a repeated name";

/// Reads an object or null.
pub fn object<'de, D: Deserializer<'de>>(from: D) -> Result<Variables, D::Error> {
    match Any.deserialize(from)? {
        Value::Null => Ok(None),
        Value::Object(fields) => Ok(Some(fields)),
        _ => Err(D::Error::custom("neither an object nor null")),
    }
}

/// The refusal that a failed reading stands for, if it is one of ours.
pub fn refusal(error: &serde_json::Error) -> Option<Error> {
    error.to_string().starts_with(REPEATED).then(repeated)
}

/// Something is named twice in one object, so that readers could differ on what is meant.
pub fn repeated() -> Error {
    bad_request("DUPLICATE_KEY", "同じ名前の項目が重複しています。", "A name stands twice in one object.")
}

/// Refuses a list that is too long.
pub fn list_too_long() -> Error {
    bad_request("LIST_TOO_LONG", "リストの件数が多すぎます(最大200)。", "A list has more than 200 items.")
}

/// Any JSON value whose objects have each name once.
struct Any;

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(Any)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            let value = from.next_value_seed(Any)?;
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom(REPEATED));
            }
        }
        Ok(Value::Object(fields))
    }
}

/// Refuses what is beyond bounds.
///
/// # Errors
/// BAD_REQUEST/TOO_MANY_VARIABLES, LIST_TOO_LONG, STRING_TOO_LONG.
pub fn check(variables: Option<&Map<String, Value>>) -> Result<()> {
    let Some(variables) = variables else { return Ok(()) };
    if variables.len() > limits::VARIABLES {
        return Err(too_many_variables());
    }
    variables.values().try_for_each(check_value)
}

/// Refuses more variables than a request may have.
pub fn too_many_variables() -> Error {
    bad_request("TOO_MANY_VARIABLES", "変数が多すぎます(最大100)。", "There are more than 100 variables.")
}

fn check_value(value: &Value) -> Result<()> {
    match value {
        Value::String(text) if text.len() > limits::STRING => {
            Err(bad_request("STRING_TOO_LONG", "文字列が長すぎます。", "A text is longer than 64 KiB."))
        }
        Value::Array(items) if items.len() > limits::LIST => Err(list_too_long()),
        Value::Array(items) => items.iter().try_for_each(check_value),
        Value::Object(fields) => fields.values().try_for_each(check_value),
        _ => Ok(()),
    }
}
