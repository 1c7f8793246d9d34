//! Nobody stands on both sides of a grant, no expense is borne by two grants, and a return that was recorded by mistake is
//! undone also where the decision was revoked since (docs/adr/0045-hands-that-the-row-does-not-name.md).

mod expenses;
mod parties;
mod returns;

use sea_orm_migration::prelude::*;

use crate::table::{Rewording, reword, reword_back, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0052_one_side"
    }
}

fn changes() -> impl DoubleEndedIterator<Item = &'static Rewording> {
    [parties::CHANGES, returns::CHANGES].into_iter().flatten()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, expenses::UP).await?;
        reword(manager, changes()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        reword_back(manager, changes()).await?;
        run(manager, expenses::DOWN).await
    }
}
