//! Indexes for two relations that had none: the requests heard at a visit, the revisions of a strategy's node.

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "
CREATE INDEX liaison_requests_of_visit ON liaison_requests (municipality_id, visit_id, received_on, id);
CREATE INDEX strategy_revisions_of_node ON strategy_revisions (municipality_id, node_id, created_at, id);
";

const DOWN: &str = "DROP INDEX liaison_requests_of_visit, strategy_revisions_of_node;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}
