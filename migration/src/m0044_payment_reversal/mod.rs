//! A payment that was recorded by mistake, or that the bank gave back, is reversed; and an order against an organization is
//! not voided by what that organization does (docs/adr/0041-payments-that-are-undone.md).

mod applications;
mod bank;
mod orders;
mod payments;

use sea_orm_migration::prelude::*;

use crate::table::{more_words, reworded, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0044_payment_reversal"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        more_words(manager, "grant_acts", "act", &["PAYMENT_REVERSE"]).await?;
        more_words(manager, "bank_transfer_lines", "state", &["RETURNED"]).await?;
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", &["GRANT_PAYMENT_REVERSED"]).await?;
        }
        run(manager, payments::UP).await?;
        run(manager, applications::UP).await?;
        run(manager, bank::UP).await?;
        run(manager, orders::UP).await?;
        for change in changes() {
            run(manager, &change.made()).await?;
        }
        run(manager, orders::REHASHED).await
    }

    /// The words stay allowed: they do no harm. What was reversed cannot be held by the schema before, which says so.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &payments::held_before()).await?;
        run(manager, orders::HASHED_BEFORE).await?;
        for change in changes() {
            run(manager, &change.undone()).await?;
        }
        run(manager, orders::DOWN).await?;
        run(manager, bank::DOWN).await?;
        run(manager, applications::DOWN).await?;
        run(manager, payments::DOWN).await
    }
}

fn changes() -> impl Iterator<Item = &'static Change> {
    [payments::CHANGES, applications::CHANGES, bank::CHANGES, orders::CHANGES].into_iter().flatten()
}

/// Words of a function that are others from now on, whichever migration made it last.
struct Change {
    function: &'static str,
    was: &'static str,
    is: &'static str,
}

impl Change {
    fn made(&self) -> String {
        reworded(self.function, self.was, self.is)
    }

    fn undone(&self) -> String {
        reworded(self.function, self.is, self.was)
    }
}
