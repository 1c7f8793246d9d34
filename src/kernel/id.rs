//! Typed ids: UUIDv7 inside, one opaque prefixed string outside (`org_0192…`), valid for `node(id)`.

use uuid::Uuid;

use crate::kernel::error::Error;

/// A typed id, made by [`id_type!`](crate::id_type).
pub trait TypedId: Copy + Send + Sync + 'static {
    /// What the id begins with outside, without the underscore.
    const PREFIX: &'static str;
    /// The bare UUID.
    fn uuid(self) -> Uuid;
    /// The typed id of a bare UUID.
    fn from_uuid(uuid: Uuid) -> Self;
}

/// `prefix_` and the UUID's 32 hexadecimal digits.
pub fn encode(prefix: &str, uuid: Uuid) -> String {
    format!("{prefix}_{}", uuid.simple())
}

/// Takes an id apart.
///
/// # Errors
/// INVALID_INPUT (rule ID) when it is not a prefix of lower-case letters, an underscore and 32 lower-case
/// hexadecimal digits.
pub fn decode(text: &str) -> Result<(&str, Uuid), Error> {
    let malformed = || Error::invalid("id", "ID", "IDの形式が正しくありません。", "The id is malformed.");
    let (prefix, digits) = text.rsplit_once('_').ok_or_else(malformed)?;
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let well_formed = (1..=8).contains(&prefix.len())
        && prefix.bytes().all(|b| b.is_ascii_lowercase())
        && digits.len() == 32
        && digits.bytes().all(hex);
    if !well_formed {
        return Err(malformed());
    }
    Ok((prefix, Uuid::try_parse(digits).map_err(|_| malformed())?))
}

/// The UUID of an id of one kind. An id of another kind names nothing of this kind, so it becomes the
/// nil UUID, which no row has: the answer is then the same as for any unknown id.
///
/// # Errors
/// INVALID_INPUT (rule ID) when malformed.
pub fn decode_as(prefix: &str, text: &str) -> Result<Uuid, Error> {
    let (found, uuid) = decode(text)?;
    Ok(if found == prefix { uuid } else { Uuid::nil() })
}

/// Declares a typed id: `id_type!(/// 地区 DistrictId = "dst")`. In the schema it is the scalar `ID`.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident = $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new id, greater than those made before it (RFC 9562, version 7).
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl $crate::kernel::id::TypedId for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> uuid::Uuid {
                self.0
            }
            fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::kernel::id::encode($prefix, self.0))
            }
        }

        impl async_graphql::InputType for $name {
            type RawValueType = Self;
            fn type_name() -> std::borrow::Cow<'static, str> {
                "ID".into()
            }
            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::InputType>::create_type_info(registry)
            }
            fn parse(
                value: Option<async_graphql::Value>,
            ) -> async_graphql::InputValueResult<Self> {
                let text = match value {
                    Some(async_graphql::Value::String(text)) => text,
                    other => {
                        return Err(async_graphql::InputValueError::expected_type(
                            other.unwrap_or_default(),
                        ));
                    }
                };
                $crate::kernel::id::decode_as($prefix, &text)
                    .map(Self)
                    .map_err(|_| $crate::kernel::scalar::refuse("ID", "IDの形式が正しくありません。", "The id is malformed."))
            }
            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::String(self.to_string())
            }
            fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                Some(self)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_goes_out_and_comes_back() {
        let uuid = Uuid::now_v7();
        assert_eq!(decode(&encode("org", uuid)).expect("well formed"), ("org", uuid));
    }

    #[test]
    fn an_id_of_another_kind_names_nothing() {
        let id = encode("org", Uuid::now_v7());
        assert_eq!(decode_as("dst", &id).expect("well formed"), Uuid::nil());
    }

    #[test]
    fn malformed_ids_are_refused() {
        for text in [
            "",
            "org",
            "org_",
            "org_xyz",
            "ORG_0192f0c1d2e37a4b8c5d6e7f8091a2b3",
            "org_0192F0C1D2E37A4B8C5D6E7F8091A2B3",
            "org_0192f0c1-d2e3-7a4b-8c5d-6e7f8091a2b3",
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
