//! A surplus that was deducted from an allocation which nobody had waits again, and one that waits in vain is ordered back
//! (docs/adr/0049-a-deduction-that-nobody-bore.md).

mod deductions;
mod orders;

use sea_orm_migration::prelude::*;

use crate::table::{Rewording, more_words, reword, reword_back, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0054_unborne"
    }
}

fn changes() -> impl DoubleEndedIterator<Item = &'static Rewording> {
    [deductions::CHANGES, orders::CHANGES].into_iter().flatten()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, deductions::UP).await?;
        more_words(manager, "grant_acts", "act", &["SURPLUS_ORDER"]).await?;
        run(manager, &orders::up()).await?;
        reword(manager, changes()).await?;
        Ok(())
    }

    /// What was given back stays given back, and what was ordered is owed.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &(deductions::held_before() + &orders::held_before())).await?;
        reword_back(manager, changes()).await?;
        run(manager, orders::DOWN).await?;
        run(manager, deductions::DOWN).await
    }
}
