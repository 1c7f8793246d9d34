//! Reports and fixings are held to the books, and the next book to what was kept
//! (docs/adr/0042-grants-and-the-books.md).

mod booked;
mod carried;
mod examiners;
mod findings;

use sea_orm_migration::prelude::*;

use crate::table::run;

/// This migration.
pub(crate) struct Migration;

/// A folder's name is not derived.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0045_books_and_grants"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &booked::columns()).await?;
        findings::judgements().create(manager).await?;
        run(manager, &findings::up()).await?;
        for statements in [booked::VIEWS, booked::IN_YEAR, booked::HELD, examiners::UP] {
            run(manager, statements).await?;
        }
        run(manager, &examiners::matter(true)).await?;
        run(manager, carried::UP).await
    }

    /// What programmes ask of books is forgotten: on the way up, a draft asks for closed ones, a public programme for nothing.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, booked::HELD_BEFORE).await?;
        run(manager, carried::BACK).await?;
        run(manager, &examiners::matter(false)).await?;
        run(manager, examiners::BACK).await?;
        run(manager, booked::BACK).await?;
        run(manager, &findings::down()).await
    }
}
