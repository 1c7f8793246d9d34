//! What a grant is calculated from, and who is kept apart (docs/adr/0047-what-a-grant-is-calculated-from.md): the year before
//! is the programme's, what an organization says of itself is confirmed, and who allocates by hand does not publish.

mod declarations;
mod founded;
mod hands;
mod previous;

use sea_orm_migration::prelude::*;

use crate::table::{more_words, reworded, run};

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
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", &["GRANT_DECLARED", "GRANT_DECLARATION_CONFIRMED"]).await?;
        }
        for statements in [previous::up(), declarations::up(), hands::up()] {
            run(manager, &statements).await?;
        }
        run(manager, founded::UP).await?;
        run(manager, &reworded(previous::MATTER, previous::IN_FORCE, previous::AS_COMPARED)).await
    }

    /// The words stay allowed: they do no harm.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &reworded(previous::MATTER, previous::AS_COMPARED, previous::IN_FORCE)).await?;
        run(manager, &declarations::held_before()).await?;
        for statements in [founded::DOWN, hands::DOWN, declarations::DOWN, previous::DOWN] {
            run(manager, statements).await?;
        }
        Ok(())
    }
}
