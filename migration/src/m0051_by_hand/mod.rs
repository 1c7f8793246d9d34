//! What the bank tells by a notice only is recorded by hand, with the notice; and which year was before a public programme is
//! held by the database, and corrected (docs/adr/0048-what-the-bank-never-reports.md).

mod looks_back;
mod notices;
mod predecessors;

use sea_orm_migration::prelude::*;

use crate::table::{drop, reworded, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0051_by_hand"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        notices::table().create(manager).await?;
        run(manager, &notices::up()).await?;
        run(manager, &reworded(notices::DOERS, notices::REVERSERS, notices::AND_WHO_SAID_FAILED)).await?;
        run(manager, looks_back::UP).await?;
        run(manager, &predecessors::up()).await?;
        run(manager, &reworded(predecessors::FUNCTION, predecessors::ONCE, predecessors::UNLESS_CORRECTED)).await
    }

    /// What was recorded by hand stays recorded; what proves it would be lost, which it says.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &notices::held_before()).await?;
        run(manager, &reworded(predecessors::FUNCTION, predecessors::UNLESS_CORRECTED, predecessors::ONCE)).await?;
        run(manager, predecessors::DOWN).await?;
        run(manager, looks_back::DOWN).await?;
        run(manager, &reworded(notices::DOERS, notices::AND_WHO_SAID_FAILED, notices::REVERSERS)).await?;
        run(manager, notices::DOWN).await?;
        drop(manager, &["bank_notices"]).await?;
        run(manager, notices::FUNCTIONS_BACK).await
    }
}
