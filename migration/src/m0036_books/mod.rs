//! The books of organizations, and the bank: accounts, payment files, what the bank reports back.

pub(crate) mod bank;
pub(crate) mod books;
mod declared;

use sea_orm_migration::prelude::*;

use crate::table::{drop, more_words, run};

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0036_books"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in books::tables().into_iter().chain(bank::tables()) {
            table.create(manager).await?;
        }
        run(manager, books::GUARDS).await?;
        run(manager, bank::GUARDS).await?;
        for table in ["notifications", "notification_choices"] {
            more_words(manager, table, "kind", declared::NOTIFICATIONS).await?;
        }
        run(manager, &declared::up()).await
    }

    /// The words of notifications stay allowed: rows may have them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, declared::DOWN).await?;
        drop(manager, bank::TABLES).await?;
        run(manager, bank::BACK).await?;
        let books =
            ["book_files", "book_transactions", "budget_lines", "book_keepers", "account_books", "ineligible_uses"];
        drop(manager, &books).await?;
        run(manager, books::BACK).await
    }
}
