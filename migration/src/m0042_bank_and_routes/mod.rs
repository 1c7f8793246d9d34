//! What was left of the bank and of routes (docs/adr/0039-what-the-bank-refuses-and-what-nobody-approves.md): files that a
//! bank refuses whole, routes of refusals, fixings, repayments and revocations, the files that an approval covers,
//! approvals that nobody can complete, and duties that are kept apart from everybody who paid or changed before.

mod bank;
mod duties;
mod matters;
mod routed;

use sea_orm_migration::prelude::*;

use crate::table::{more_words, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0042_bank_and_routes"
    }
}

const ACTS: &[&str] =
    &["GRANT_APPLICATION_REFUSE", "GRANT_AMOUNT_FIX", "GRANT_REPAYMENT_ORDER", "GRANT_DECISION_REVOKE"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["bank_transfers", "bank_transfer_lines"] {
            more_words(manager, table, "state", &["REFUSED"]).await?;
        }
        for table in ["approval_routes", "approvals"] {
            more_words(manager, table, "act", ACTS).await?;
        }
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", &["APPROVAL_AWAITED"]).await?;
        }
        run(manager, &bank::up()).await?;
        run(manager, duties::UP).await?;
        run(manager, matters::UP).await?;
        run(manager, &routed::up()).await
    }

    /// The words stay allowed: they do no harm. A refused file cannot be held by the schema before, which says so.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &routed::down()).await?;
        run(manager, &matters::down()).await?;
        run(manager, duties::DOWN).await?;
        run(manager, &bank::down()).await
    }
}
