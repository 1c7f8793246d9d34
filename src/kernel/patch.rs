//! Changing part of a record: absent leaves, null clears, a value sets.

use async_graphql::MaybeUndefined;
use sea_orm::{ActiveValue, Set, Value};

/// What a change input says of one field.
pub trait Patch<T> {
    /// Sets the column where the field was given; null clears it.
    fn apply(self, column: &mut ActiveValue<Option<T>>)
    where
        Option<T>: Into<Value>;
}

impl<T> Patch<T> for MaybeUndefined<T> {
    fn apply(self, column: &mut ActiveValue<Option<T>>)
    where
        Option<T>: Into<Value>,
    {
        match self {
            Self::Undefined => {}
            Self::Null => *column = Set(None),
            Self::Value(value) => *column = Set(Some(value)),
        }
    }
}
