//! Rows as SeaORM knows them.

/// Declares the row of a tenant table: its own columns; `id` and `revision` are added, the municipality
/// is filled in by the database. The columns are described where they are shown, in the noun's shapes.
#[macro_export]
macro_rules! entity {
    ($(#[$doc:meta])* $name:ident in $table:literal { id: $id:ty, $($field:ident: $ty:ty),* $(,)? }) => {
        $(#[$doc])*
        #[allow(missing_docs)]
        pub mod $name {
            #[allow(unused_imports)]
            use super::*;
            use sea_orm::entity::prelude::{
                ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
                PrimaryKeyTrait,
            };

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub id: $id,
                pub revision: i32,
                $(pub $field: $ty,)*
            }

            #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

use crate::kernel::error::{Error, Refusal, Result, Stale};
use crate::kernel::id::TypedId;
use crate::kernel::read::Shape;

/// CONFLICT/STALE unless the client saw the newest revision. Clients that name none overwrite knowingly.
pub fn same_revision<S: Shape>(id: S::Id, newest: i32, seen: Option<i32>) -> Result<()> {
    match seen {
        Some(seen) if seen != newest => Err(stale::<S>(
            Refusal::new(
                "STALE",
                "他の人が先に変更しました。読み直してから変更してください。",
                "Somebody changed this first. Read it again before changing it.",
            ),
            id,
            seen,
        )),
        _ => Ok(()),
    }
}

/// A refusal because somebody else was first. The answer says what they changed after the revision that was seen, 0
/// for none.
pub fn stale<S: Shape>(refusal: Refusal, id: S::Id, seen: i32) -> Error {
    let (table, object) = (S::shape().table, id.uuid());
    Error::Stale(Box::new(Stale { refusal, table, object, seen, other_side: None }))
}
