//! Words of a closed list: `text` with a CHECK in the database, an enum in Rust and in the schema.

use sea_orm::ActiveEnum;

use crate::kernel::error::{Error, Result};

/// The value a stored word stands for.
///
/// # Errors
/// INTERNAL when the list has no such word.
pub fn from_word<E: ActiveEnum<Value = String>>(word: &str) -> Result<E> {
    E::try_from_value(&word.to_owned()).map_err(Error::from)
}

/// Declares such a list. Doc comments become the Japanese descriptions of the schema, and what people read of a
/// value; the stored word and the GraphQL value are the variant in `SCREAMING_SNAKE_CASE`.
#[macro_export]
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $label:literal])+ $(#[sea_orm $word:tt])? $(#[graphql $shown:tt])? $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            async_graphql::Enum, sea_orm::EnumIter, sea_orm::DeriveActiveEnum,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name { $($(#[doc = $label])+ $(#[sea_orm $word])? $(#[graphql $shown])? $variant),+ }

        impl $name {
            /// The word as it is stored and shown.
            pub fn word(self) -> String {
                sea_orm::ActiveEnum::to_value(&self)
            }

            /// What it is called in Japanese.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => concat!($($label),+).trim()),+ }
            }
        }

        impl $crate::kernel::read::ColumnValue for $name {
            const TYPE: $crate::kernel::read::Ty = $crate::kernel::read::Ty::Text;

            fn write(
                cell: Option<&[u8]>,
                to: &mut $crate::kernel::read::Json,
            ) -> $crate::kernel::error::Result<()> {
                <String as $crate::kernel::read::ColumnValue>::write(cell, to)
            }

            fn words() -> Vec<(String, &'static str)> {
                <Self as sea_orm::Iterable>::iter().map(|value| (value.word(), value.label())).collect()
            }
        }
    };
}
