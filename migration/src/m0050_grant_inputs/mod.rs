//! What a grant is calculated from, and who is kept apart (docs/adr/0047-what-a-grant-is-calculated-from.md): the year before
//! is the programme's.

mod previous;

use sea_orm_migration::prelude::*;

use crate::table::{reworded, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0050_grant_inputs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &previous::up()).await?;
        run(manager, &reworded(previous::MATTER, previous::IN_FORCE, previous::AS_COMPARED)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &reworded(previous::MATTER, previous::AS_COMPARED, previous::IN_FORCE)).await?;
        run(manager, previous::DOWN).await
    }
}
