//! What the municipality's grants are not for: the list, and the judgement of a transaction by it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::books::commands::{BOOK_TRANSACTION_FINDING_LIFT, BOOK_TRANSACTION_JUDGE, INELIGIBLE_USE_SET, locked};
use crate::books::entity::{
    BookCategory, BookJudgementId, BookSide, BookTransactionId, IneligibleUseId, book_judgement, book_transaction,
    ineligible_use,
};
use crate::books::rules;
use crate::books::shapes::{BookTransaction, GRANT_STAFF, IneligibleUse, KEEPERS};
use crate::grants::entity::{GrantApplicationId, GrantProgrammeId};
use crate::grants::shapes::{GrantApplication, GrantProgramme};
use crate::kernel::error::{Error, Result};
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, ScopeKind};
use crate::kernel::read::DUTIES_APART;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;

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
    /// 一つの交付金制度だけの使途である場合は、その制度。後を継ぐ年度の制度にも及ぶ。指定しなければ、すべての交付金に及ぶ。
    pub programme_id: Option<GrantProgrammeId>,
}

/// Adds a use to the list, or changes it.
pub async fn set(tx: &Tx, input: IneligibleUseSetInput) -> Result<IneligibleUseId> {
    tx.may_create::<IneligibleUse>(INELIGIBLE_USE_SET, &[])?;
    let IneligibleUseSetInput { code, title, title_en, legal_basis, category, without_receipt, in_force, programme_id } =
        input;
    if let Some(programme) = programme_id {
        tx.peek::<GrantProgramme>(programme, Action::READ).await?;
    }
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
        programme_id: Set(programme_id),
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

/// Is a grant for expenses of this category, by what the list says of all grants and of its programme?
pub(super) async fn eligible(tx: &Tx, category: BookCategory, grant: GrantApplicationId) -> Result<()> {
    let mut sql =
        Sql::new("SELECT u.title, u.title_en, u.legal_basis FROM ineligible_uses u WHERE u.in_force AND u.category = ");
    sql.fill(
        "? AND entaku_use_covers(u.municipality_id, u.programme_id, ?) ORDER BY u.code LIMIT 1",
        [Param::text(category.word()), Param::Uuid(Some(grant.0))],
    );
    let Some(row) = tx.rows(sql).await?.pop() else { return Ok(()) };
    Err(rules::ineligible(row.try_get("title")?, row.try_get("title_en")?, row.try_get("legal_basis")?).into())
}

/// Does a use of the list concern the grant that is to pay, if one is?
///
/// # Errors
/// INVALID_INPUT/PROGRAMME where it is another programme's.
pub(super) async fn covers(
    tx: &Tx,
    id: IneligibleUseId,
    grant: Option<GrantApplicationId>,
    path: &'static str,
) -> Result<()> {
    let mut sql = Sql::new("SELECT 1 FROM ineligible_uses u WHERE u.id = ");
    sql.fill(
        "? AND entaku_use_covers(u.municipality_id, u.programme_id, ?)",
        [Param::Uuid(Some(id.0)), Param::Uuid(grant.map(|grant| grant.0))],
    );
    if tx.rows(sql).await?.is_empty() {
        let (ja, en) = ("ほかの交付金制度の使途です。", "The use is another programme's.");
        return Err(Error::invalid(path, "PROGRAMME", ja, en));
    }
    Ok(())
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
    let hall = for_the_hall(tx, row.organization_id);
    rules::judgement(&row, hall)?;
    let BookTransactionJudgeInput { ineligible_use_id, reason } = input;
    tx.peek::<IneligibleUse>(ineligible_use_id, Action::READ).await?;
    covers(tx, ineligible_use_id, row.application_id, "input.ineligibleUseId").await?;
    if row.side == BookSide::Income {
        return Err(Error::invalid("id", "SIDE", "収入には付けられません。", "Income has none."));
    }
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.done()?;
    if hall && !row.found_by_hall {
        keep_declared(tx, &row).await?;
    }
    keep(tx, &row, Some(ineligible_use_id), &reason, (hall, tx.principal.account)).await?;
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

/// Whoever keeps the book does not speak for the town hall, whatever else they are appointed to.
fn for_the_hall(tx: &Tx, organization: OrganizationId) -> bool {
    let own = tx.principal.scopes(KEEPERS, ScopeKind::Organization).contains(&organization.0);
    tx.principal.holds(GRANT_STAFF) && !own
}

/// What the organization itself declared is in the record before the town hall finds something else.
async fn keep_declared(tx: &Tx, row: &book_transaction::Model) -> Result<()> {
    if row.ineligible_use_id.is_none() || declared(tx, row.id).await?.is_some() {
        return Ok(());
    }
    let reason = row.ineligible_reason.as_deref().unwrap_or_default();
    keep(tx, row, row.ineligible_use_id, reason, (false, row.judged_by)).await
}

/// What the organization last declared of a transaction, as far as the record has it.
async fn declared(tx: &Tx, id: BookTransactionId) -> Result<Option<book_judgement::Model>> {
    let own = book_judgement::Entity::find()
        .filter(book_judgement::Column::TransactionId.eq(id))
        .filter(book_judgement::Column::ByHall.eq(false));
    Ok(own.order_by_desc(book_judgement::Column::Id).one(tx).await?)
}

/// Keeps a judgement, or that one is lifted: whether the town hall's, and whose.
async fn keep(
    tx: &Tx,
    row: &book_transaction::Model,
    found: Option<IneligibleUseId>,
    reason: &str,
    (hall, by): (bool, Option<AccountId>),
) -> Result<()> {
    let kept = book_judgement::ActiveModel {
        id: Set(BookJudgementId::new()),
        transaction_id: Set(row.id),
        organization_id: Set(row.organization_id),
        ineligible_use_id: Set(found),
        reason: Set(reason.to_owned()),
        by_hall: Set(hall),
        judged_by: Set(by),
        ..Default::default()
    };
    kept.insert(tx).await?;
    Ok(())
}

/// 判定の取消し。
#[derive(InputObject)]
pub struct BookTransactionFindingLiftInput {
    /// 理由。
    pub reason: String,
}

/// Lifts a finding of the town hall that was wrong; what the organization itself had declared stands again. Finding and
/// lifting stay in the record. What an amount was fixed by
/// stays until that is corrected.
///
/// # Errors
/// CONFLICT/NO_FINDING where the town hall has found nothing, CONFLICT/GRANT_FIXED; FORBIDDEN/DUTIES_APART for whoever keeps
/// the book.
pub async fn lift(tx: &Tx, id: BookTransactionId, input: BookTransactionFindingLiftInput) -> Result<BookTransactionId> {
    let row = tx.load::<BookTransaction>(id, BOOK_TRANSACTION_FINDING_LIFT).await?;
    if !for_the_hall(tx, row.organization_id) {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    rules::transaction(&row, BOOK_TRANSACTION_FINDING_LIFT, tx.now)?;
    rules::judgeable(locked(tx, row.book_id).await?.state)?;
    let BookTransactionFindingLiftInput { reason } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.done()?;
    if let Some(grant) = row.application_id {
        not_fixed(tx, grant).await?;
    }
    keep(tx, &row, None, &reason, (true, tx.principal.account)).await?;
    let own = declared(tx, id).await?;
    let change = book_transaction::ActiveModel {
        id: Set(id),
        ineligible_use_id: Set(own.as_ref().and_then(|own| own.ineligible_use_id)),
        ineligible_reason: Set(own.as_ref().map(|own| own.reason.clone())),
        judged_by: Set(own.and_then(|own| own.judged_by)),
        found_by_hall: Set(false),
        ..Default::default()
    };
    change.update(tx).await?;
    Ok(id)
}

/// The amount of a grant has not been fixed. The grant is not fixed meanwhile: that waits for the book.
async fn not_fixed(tx: &Tx, grant: GrantApplicationId) -> Result<()> {
    let row = tx.peek::<GrantApplication>(grant, Action::READ).await?;
    if row.fixed_yen.is_none() { Ok(()) } else { Err(rules::grant_fixed().into()) }
}
