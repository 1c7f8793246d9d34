//! What the municipality's grants are not for: the list, and the judgement of a transaction by it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::books::commands::{BOOK_TRANSACTION_JUDGE, INELIGIBLE_USE_SET, locked};
use crate::books::entity::{
    BookCategory, BookSide, BookTransactionId, IneligibleUseId, book_transaction, ineligible_use,
};
use crate::books::rules;
use crate::books::shapes::{BookTransaction, GRANT_STAFF, IneligibleUse, KEEPERS};
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::ScopeKind;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 対象外の使途の内容。
#[derive(InputObject)]
pub struct IneligibleUseSetInput {
    /// 符号(英大文字・数字・下線)。同じ符号があれば、その内容を変える。
    pub code: String,
    /// 名称。
    pub title: String,
    /// 英語の名称。
    pub title_en: String,
    /// 根拠となる要綱の条。
    pub legal_basis: String,
    /// 科目の全体が対象外の場合は、その支出の科目。
    pub category: Option<BookCategory>,
    /// 領収書のない支出が対象外か。
    pub without_receipt: bool,
    /// 今も対象外か。false なら、以後の記帳では問わない。
    pub in_force: bool,
}

/// Adds a use to the list, or changes it.
pub async fn set(tx: &Tx, input: IneligibleUseSetInput) -> Result<IneligibleUseId> {
    tx.may_create::<IneligibleUse>(INELIGIBLE_USE_SET, &[])?;
    let IneligibleUseSetInput { code, title, title_en, legal_basis, category, without_receipt, in_force } = input;
    let mut checks = Checks::new();
    let code = checks.text("input.code", &code, 40);
    let sound = code.starts_with(|c: char| c.is_ascii_uppercase())
        && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    checks.check(
        sound,
        "input.code",
        "CODE",
        "英大文字・数字・下線で入力してください。",
        "Capitals, digits, underscores.",
    );
    let expense = category.is_none_or(|category| rules::side(category) == BookSide::Expense);
    checks.check(expense, "input.category", "SIDE", "支出の科目を指定してください。", "A category of expenses.");
    let known = ineligible_use::Entity::find().filter(ineligible_use::Column::Code.eq(&code)).one(tx).await?;
    let id = known.as_ref().map_or_else(IneligibleUseId::new, |row| row.id);
    let row = ineligible_use::ActiveModel {
        id: Set(id),
        code: Set(code),
        title: Set(checks.text("input.title", &title, 100)),
        title_en: Set(checks.text("input.titleEn", &title_en, 200)),
        legal_basis: Set(checks.text("input.legalBasis", &legal_basis, 100)),
        category: Set(category),
        without_receipt: Set(without_receipt),
        in_force: Set(in_force),
        ..Default::default()
    };
    checks.done()?;
    if known.is_some() {
        row.update(tx).await?;
    } else {
        row.insert(tx).await?;
    }
    Ok(id)
}

/// The municipality's list.
pub(super) async fn list(tx: &Tx) -> Result<Vec<ineligible_use::Model>> {
    Ok(ineligible_use::Entity::find().all(tx).await?)
}

/// Is the grant for expenses of this category?
pub(super) async fn eligible(tx: &Tx, category: BookCategory) -> Result<()> {
    let list = list(tx).await?;
    match rules::ineligible_by_category(&list, category) {
        Some(found) => Err(rules::ineligible(found).into()),
        None => Ok(()),
    }
}

/// 対象外の判定。
#[derive(InputObject)]
pub struct BookTransactionJudgeInput {
    /// 該当する対象外の使途。
    pub ineligible_use_id: IneligibleUseId,
    /// 理由。
    pub reason: String,
}

/// Finds that a transaction is none that a grant is for. What the town hall has found only the town hall finds otherwise.
///
/// # Errors
/// CONFLICT/FOUND_BY_HALL for the organization where the town hall has judged.
pub async fn judge(tx: &Tx, id: BookTransactionId, input: BookTransactionJudgeInput) -> Result<BookTransactionId> {
    let row = tx.load::<BookTransaction>(id, BOOK_TRANSACTION_JUDGE).await?;
    rules::judgeable(locked(tx, row.book_id).await?.state)?;
    // Whoever keeps the book does not speak for the town hall, whatever else they are appointed to.
    let own = tx.principal.scopes(KEEPERS, ScopeKind::Organization).contains(&row.organization_id.0);
    let hall = tx.principal.holds(GRANT_STAFF) && !own;
    rules::judgement(&row, hall)?;
    let BookTransactionJudgeInput { ineligible_use_id, reason } = input;
    tx.peek::<IneligibleUse>(ineligible_use_id, Action::READ).await?;
    if row.side == BookSide::Income {
        return Err(Error::invalid("id", "SIDE", "収入には付けられません。", "Income has none."));
    }
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.done()?;
    let change = book_transaction::ActiveModel {
        id: Set(id),
        ineligible_use_id: Set(Some(ineligible_use_id)),
        ineligible_reason: Set(Some(reason)),
        judged_by: Set(tx.principal.account),
        found_by_hall: Set(hall),
        ..Default::default()
    };
    change.update(tx).await?;
    Ok(id)
}
