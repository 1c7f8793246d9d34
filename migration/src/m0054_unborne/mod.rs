//! A surplus that was deducted from an allocation which nobody had waits again, and one that waits in vain is ordered back
//! (docs/adr/0049-a-deduction-that-nobody-bore.md).

mod deductions;
mod orders;

use sea_orm_migration::prelude::*;

use crate::table::{more_words, reworded, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0054_unborne"
    }
}

/// Words of a function, and what they are from now on, whichever migration made it last.
type Change = (&'static str, &'static str, &'static str);

fn changes() -> impl DoubleEndedIterator<Item = Change> {
    [deductions::CHANGES, orders::CHANGES].into_iter().flatten().copied()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, deductions::UP).await?;
        more_words(manager, "grant_acts", "act", &["SURPLUS_ORDER"]).await?;
        run(manager, &orders::up()).await?;
        for (function, was, is) in changes() {
            run(manager, &reworded(function, was, is)).await?;
        }
        Ok(())
    }

    /// What was given back stays given back, and what was ordered is owed.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &(deductions::held_before() + &orders::held_before())).await?;
        for (function, was, is) in changes().rev() {
            run(manager, &reworded(function, is, was)).await?;
        }
        run(manager, orders::DOWN).await?;
        run(manager, deductions::DOWN).await
    }
}
