//! Tasks: when people are reminded of them, once each.

use sea_orm_migration::prelude::*;

use crate::table::{more_words, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const KINDS: &[&str] = &["TASK_DUE", "TASK_OVERDUE"];

/// `once`: what a notification is about that is not told twice. What waits is few among what was ever there: it is found by
/// its state.
const UP: &str = "
ALTER TABLE municipality_settings ADD COLUMN task_reminder_days text NOT NULL DEFAULT '7,1'
    CHECK (task_reminder_days ~ '^([0-9]{1,3}(,[0-9]{1,3})*)?$');
ALTER TABLE notifications ADD COLUMN once text;
CREATE UNIQUE INDEX notifications_once ON notifications (municipality_id, account_id, once) WHERE once IS NOT NULL;
CREATE INDEX grant_applications_state ON grant_applications (municipality_id, state);
CREATE INDEX roundtables_state ON roundtables (municipality_id, state);
CREATE INDEX roundtable_action_items_state ON roundtable_action_items (municipality_id, state);
CREATE INDEX challenge_proposals_state ON challenge_proposals (municipality_id, state);
CREATE INDEX challenge_reviews_open ON challenge_reviews (municipality_id) WHERE scored_at IS NULL;
CREATE INDEX liaison_requests_state ON liaison_requests (municipality_id, state);
";

const DOWN: &str = "
DELETE FROM jobs WHERE kind = 'people.reminders';
DELETE FROM notifications WHERE kind IN ('TASK_DUE', 'TASK_OVERDUE');
DROP INDEX liaison_requests_state;
DROP INDEX challenge_reviews_open;
DROP INDEX challenge_proposals_state;
DROP INDEX roundtable_action_items_state;
DROP INDEX roundtables_state;
DROP INDEX grant_applications_state;
ALTER TABLE notifications DROP COLUMN once;
ALTER TABLE municipality_settings DROP COLUMN task_reminder_days;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", KINDS).await?;
        }
        Ok(())
    }

    /// The words of the notices stay allowed: rows may have them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}
