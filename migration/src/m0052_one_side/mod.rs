//! Nobody stands on both sides of a grant, no expense is borne by two grants, and a return that was recorded by mistake is
//! undone also where the decision was revoked since (docs/adr/0045-hands-that-the-row-does-not-name.md).

mod expenses;
mod parties;
mod returns;

use sea_orm_migration::prelude::*;

use crate::table::{reworded, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0052_one_side"
    }
}

/// Words of a function, and what they are from now on, whichever migration made it last.
type Change = (&'static str, &'static str, &'static str);

fn changes() -> impl DoubleEndedIterator<Item = Change> {
    [parties::CHANGES, returns::CHANGES].into_iter().flatten().copied()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, expenses::UP).await?;
        for (function, was, is) in changes() {
            run(manager, &reworded(function, was, is)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (function, was, is) in changes().rev() {
            run(manager, &reworded(function, is, was)).await?;
        }
        run(manager, expenses::DOWN).await
    }
}
