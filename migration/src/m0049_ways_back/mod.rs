//! Ways back: a return that was recorded by mistake, a payment that was asked for, an opinion that was given, a budget; and
//! instalments that bind (docs/adr/0046-what-the-bank-says-and-ways-back.md).

mod budgets;
mod duties;
mod opinions;
mod requests;
mod returns;

use sea_orm_migration::prelude::*;

use crate::table::{Rewording, more_words, reword, reword_back, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0049_ways_back"
    }
}

const ACTS: &[&str] = &["PAYMENT_REQUEST_WITHDRAW", "PAYMENT_REQUEST_RETURN", "REPAYMENT_REPORT"];
const KINDS: &[&str] =
    &["GRANT_PAYMENT_REQUEST_WITHDRAWN", "GRANT_PAYMENT_REQUEST_RETURNED", "GRANT_REPAYMENT_REPORTED"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        more_words(manager, "grant_acts", "act", ACTS).await?;
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", KINDS).await?;
        }
        for statements in [returns::UP, requests::UP, opinions::UP, duties::UP, budgets::UP] {
            run(manager, statements).await?;
        }
        reword(manager, changes()).await?;
        Ok(())
    }

    /// The words stay allowed: they do no harm. What was reversed cannot be held by the schema before, which says so.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &returns::held_before()).await?;
        reword_back(manager, changes()).await?;
        for statements in [budgets::DOWN, duties::DOWN, opinions::DOWN, requests::DOWN, returns::DOWN] {
            run(manager, statements).await?;
        }
        Ok(())
    }
}

fn changes() -> impl DoubleEndedIterator<Item = &'static Rewording> {
    [returns::CHANGES, requests::CHANGES, opinions::CHANGES, duties::CHANGES, budgets::CHANGES].into_iter().flatten()
}
