//! What people are told in time: what a programme in preparation is not for with the programme, and until when the results of
//! payments are awaited.

mod results;
mod uses;

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0048_told_in_time"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &uses::up()).await?;
        run(manager, results::UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, results::DOWN).await?;
        run(manager, &uses::down()).await
    }
}
