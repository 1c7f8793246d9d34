//! Three indexes go that a unique constraint's index begins with: each insertion paid for them, and PostgreSQL
//! chose the shorter one to look up a passage by its number, reading all passages of the meeting.

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "DROP INDEX roundtable_passages_1, strategy_revisions_1, indicators_1;";

/// As m0007 and m0009 made them.
const DOWN: &str = "
CREATE INDEX roundtable_passages_1 ON roundtable_passages (municipality_id, roundtable_id);
CREATE INDEX strategy_revisions_1 ON strategy_revisions (municipality_id, strategy_id);
CREATE INDEX indicators_1 ON indicators (municipality_id, strategy_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}
