//! The papers that terms ask for, and sub-applications that end with their grant (docs/adr/0044-papers.md).

mod papers;
mod subgrants;

use sea_orm_migration::prelude::*;

use crate::table::{more_words, reworded, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0047_papers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", &["SUBGRANT_ENDED"]).await?;
        }
        run(manager, papers::UP).await?;
        for (was, is) in papers::LOCKED {
            run(manager, &reworded("entaku_grant_files_locked()", was, is)).await?;
        }
        run(manager, subgrants::UP).await
    }

    /// Which paper a file is, is lost; the file is not. What ended stays ended, and the words stay allowed.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, subgrants::DOWN).await?;
        for (was, is) in papers::LOCKED.iter().rev() {
            run(manager, &reworded("entaku_grant_files_locked()", is, was)).await?;
        }
        run(manager, papers::DOWN).await
    }
}
