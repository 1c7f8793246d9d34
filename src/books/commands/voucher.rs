//! Receipts and other vouchers. What is attached stays with the transaction until its time is over.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use crate::books::commands::{BOOK_TRANSACTION_FILE_ATTACH, locked};
use crate::books::entity::{BookFileId, BookTransactionId, book_file};
use crate::books::rules;
use crate::books::shapes::BookTransaction;
use crate::files::commands::{Attached, take};
use crate::files::entity::FileId;
use crate::files::shapes::File;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;

/// Attaches a file that the caller has sent.
pub async fn attach(tx: &Tx, id: BookTransactionId, file: FileId) -> Result<BookTransactionId> {
    let row = tx.load::<BookTransaction>(id, BOOK_TRANSACTION_FILE_ATTACH).await?;
    rules::writable(locked(tx, row.book_id).await?.state, BOOK_TRANSACTION_FILE_ATTACH)?;
    tx.peek::<File>(file, Action::READ).await?;
    let others = book_file::Entity::find().filter(book_file::Column::TransactionId.eq(id)).count(tx).await?;
    let Attached { name, media_type, size, sha256 } = take(tx, file, others).await?;
    let attached = book_file::ActiveModel {
        id: Set(BookFileId::new()),
        transaction_id: Set(id),
        organization_id: Set(row.organization_id),
        file_id: Set(file),
        attached_by: Set(tx.principal.account),
        name: Set(name),
        media_type: Set(media_type),
        size: Set(size),
        sha256: Set(sha256),
        ..Default::default()
    };
    attached.insert(tx).await?;
    Ok(id)
}
