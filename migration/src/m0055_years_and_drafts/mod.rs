//! A programme that is not wanted is discarded; the accounts of a fiscal year are there from its first budget on; and what is
//! to be begun is found by its day (docs/adr/0050-drafts-that-are-discarded-and-years-that-wait.md).

mod drafts;
mod years;

use sea_orm_migration::prelude::*;

use crate::table::{held_before, reword, reword_back, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0055_years_and_drafts"
    }
}

/// Allocations that can still be applied for, and those something is deducted from, are few among all there ever were.
const INDEXES: &str = "
CREATE INDEX grant_allocations_open ON grant_allocations (municipality_id, closes_on) WHERE programme_state = 'PUBLISHED';
CREATE INDEX grant_allocations_deducted ON grant_allocations (municipality_id, fiscal_year) WHERE offset_yen > 0;
";

const WITHOUT_INDEXES: &str = "
DROP INDEX grant_allocations_deducted;
DROP INDEX grant_allocations_open;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &drafts::up()).await?;
        reword(manager, drafts::CHANGES).await?;
        run(manager, years::UP).await?;
        run(manager, INDEXES).await
    }

    /// What was discarded would be a programme without a budget.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let discarded = "grant_programmes WHERE discarded_on IS NOT NULL";
        run(manager, &held_before("m0055", discarded, "% programmes were discarded")).await?;
        run(manager, WITHOUT_INDEXES).await?;
        run(manager, years::DOWN).await?;
        reword_back(manager, drafts::CHANGES).await?;
        run(manager, drafts::DOWN).await
    }
}
