//! Notifications of people, and what each chooses to be told of.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const KINDS: &[&str] = &[
    "GRANT_SUBMITTED",
    "GRANT_WITHDRAWN",
    "GRANT_RETURNED",
    "GRANT_RECOMMENDED",
    "GRANT_DECIDED",
    "GRANT_REFUSED",
    "GRANT_PAYMENT_REQUESTED",
    "GRANT_PAID",
    "MINUTES_SUBMITTED",
    "MINUTES_RETURNED",
    "MINUTES_PUBLISHED",
    "PROPOSAL_SUBMITTED",
    "PROPOSAL_WITHDRAWN",
    "REVIEW_ASSIGNED",
    "REVIEW_STARTED",
    "PROPOSAL_ADOPTED",
    "PROPOSAL_REJECTED",
    "PROPOSAL_PUBLISHED",
    "REQUEST_RECEIVED",
    "REQUEST_FORWARDED",
    "REQUEST_ANSWERED",
    "REQUEST_REPORTED_BACK",
];

/// What is unread is few among what was ever told: its own index stays small.
const UNREAD: &str = "
CREATE INDEX notifications_unread ON notifications (municipality_id, account_id, created_at, id)
    WHERE read_at IS NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [notifications(), choices()] {
            table.create(manager).await?;
        }
        run(manager, UNREAD).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["notification_choices", "notifications"]).await
    }
}

/// The texts stay out of the audit: they repeat the title, whose own entry is there.
fn notifications() -> Tenant {
    let kind = words("kind", KINDS);
    Tenant::new(
        "notifications",
        format!(
            "account_id uuid NOT NULL, kind text NOT NULL {kind},
             object_kind text NOT NULL CHECK (object_kind ~ '^[a-z]{{1,8}}$'), object_id uuid NOT NULL,
             text_ja text NOT NULL, text_easy text NOT NULL, text_en text NOT NULL, read_at timestamptz, {}",
            fk("account_id", "accounts")
        ),
    )
    .secret(&["text_ja", "text_easy", "text_en"])
    .indexed(&["account_id, created_at, id)"])
}

fn choices() -> Tenant {
    let kind = words("kind", KINDS);
    Tenant::new(
        "notification_choices",
        format!(
            "account_id uuid NOT NULL, kind text NOT NULL {kind},
             in_app bool NOT NULL DEFAULT true, mail_digest bool NOT NULL DEFAULT false,
             UNIQUE (municipality_id, account_id, kind), {}",
            fk("account_id", "accounts")
        ),
    )
}
