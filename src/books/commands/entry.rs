//! Writing in a book: what came in and went out, and what undoes it.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::books::commands::{BOOK_TRANSACTION_RECORD, BOOK_TRANSACTION_REVERSE, eligibility, locked};
use crate::books::entity::{
    BookSide, BookTransactionId, BudgetLineId, IneligibleUseId, account_book, book_transaction, budget_line,
};
use crate::books::rules;
use crate::books::shapes::{BookTransaction, BudgetLine, IneligibleUse};
use crate::grants::entity::GrantApplicationId;
use crate::grants::shapes::GrantApplication;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;

/// 出納の内容。
#[derive(InputObject)]
pub struct BookTransactionRecordInput {
    /// 予算の科目。
    pub budget_line_id: BudgetLineId,
    /// 入出金の日。
    pub occurred_on: Date,
    /// 金額(円)。1円以上。
    pub amount_yen: Yen,
    /// 相手方。
    pub counterparty: String,
    /// 摘要。
    pub summary: String,
    /// 交付金による場合は、その交付申請。
    pub grant_application_id: Option<GrantApplicationId>,
    /// 交付金の対象外とする場合は、該当する使途。
    pub ineligible_use_id: Option<IneligibleUseId>,
    /// 対象外とする理由。
    pub ineligible_reason: Option<String>,
}

/// Records what came in or went out. The payload's line tells what is left of it.
///
/// # Errors
/// CONFLICT/INELIGIBLE_USE where the grant that is to pay is not for it; CONFLICT/GRANT_NOT_DECIDED.
pub async fn record(tx: &Tx, input: BookTransactionRecordInput) -> Result<BookTransactionId> {
    let (line, book) = line_and_book(tx, input.budget_line_id).await?;
    tx.may_create::<BookTransaction>(BOOK_TRANSACTION_RECORD, &[("organization_id", book.organization_id.0)])?;
    rules::writable(book.state, BOOK_TRANSACTION_RECORD)?;
    write(tx, &book, &line, input, None).await
}

async fn line_and_book(tx: &Tx, line: BudgetLineId) -> Result<(budget_line::Model, account_book::Model)> {
    let book = tx.peek::<BudgetLine>(line, Action::READ).await?.book_id;
    let book = locked(tx, book).await?;
    // Again, now that nobody else writes.
    Ok((tx.peek::<BudgetLine>(line, Action::READ).await?, book))
}

async fn write(
    tx: &Tx,
    book: &account_book::Model,
    line: &budget_line::Model,
    input: BookTransactionRecordInput,
    replaces: Option<&book_transaction::Model>,
) -> Result<BookTransactionId> {
    let BookTransactionRecordInput {
        budget_line_id: _,
        occurred_on,
        amount_yen,
        counterparty,
        summary,
        grant_application_id,
        ineligible_use_id,
        ineligible_reason,
    } = input;
    if let Some(application) = grant_application_id {
        of_the_organization(tx, application, book, line.side).await?;
        if let (Some(before), BookSide::Expense) = (replaces, line.side) {
            borne_once(tx, before.id, application).await?;
        }
    }
    if let Some(id) = ineligible_use_id {
        tx.peek::<IneligibleUse>(id, Action::READ).await?;
        eligibility::covers(tx, id, grant_application_id, "input.ineligibleUseId").await?;
    }
    let mut checks = Checks::new();
    checks.check(amount_yen.0 > 0, "input.amountYen", "RANGE", "1円以上で入力してください。", "1 yen or more.");
    let fits = rules::day_of(book.fiscal_year, occurred_on, tx.today());
    checks.check(
        fits,
        "input.occurredOn",
        "RANGE",
        "会計の年度の日で、今日までの日を指定してください。",
        "A day of the book's fiscal year, not yet to come.",
    );
    let reason = checks.optional("input.ineligibleReason", ineligible_reason.as_deref(), 500);
    checks.check(
        reason.is_some() == ineligible_use_id.is_some(),
        "input.ineligibleReason",
        "TOGETHER",
        "対象外の使途と理由は、ともに入力してください。",
        "An ineligible use and its reason go together.",
    );
    let income = line.side == BookSide::Income && ineligible_use_id.is_some();
    checks.check(!income, "input.ineligibleUseId", "SIDE", "収入には付けられません。", "Income has none.");
    let counterparty = checks.text("input.counterparty", &counterparty, 100);
    let summary = checks.text("input.summary", &summary, 200);
    checks.done()?;
    let carried = replaces.filter(|before| rules::carries_finding(before, line.side, grant_application_id.is_some()));
    let found = ineligible_use_id.is_some() || carried.is_some();
    if let (Some(grant), BookSide::Expense, false) = (grant_application_id, line.side, found) {
        eligibility::eligible(tx, line.category, grant).await?;
    }
    let own = ineligible_use_id.and(tx.principal.account);
    let row = book_transaction::ActiveModel {
        occurred_on: Set(occurred_on),
        amount_yen: Set(amount_yen),
        counterparty: Set(counterparty),
        summary: Set(summary),
        application_id: Set(grant_application_id),
        ineligible_use_id: Set(carried.map_or(ineligible_use_id, |before| before.ineligible_use_id)),
        ineligible_reason: Set(carried.map_or(reason, |before| before.ineligible_reason.clone())),
        judged_by: Set(carried.map_or(own, |before| before.judged_by)),
        found_by_hall: Set(carried.is_some_and(|before| before.found_by_hall)),
        replaces_id: Set(replaces.map(|before| before.id)),
        ..next(tx, book, line)
    };
    fits_in(book, line, amount_yen)?;
    Ok(row.insert(tx).await?.id)
}

/// What another grant was fixed by is not this one's as well, also where it was taken from the other meanwhile.
///
/// # Errors
/// CONFLICT/GRANT_FIXED.
async fn borne_once(tx: &Tx, replaced: BookTransactionId, by: GrantApplicationId) -> Result<()> {
    let mut sql = Sql::new("SELECT 1 ");
    let of = [Param::Uuid(Some(replaced.0)), Param::Uuid(Some(by.0))];
    sql.fill("WHERE entaku_borne_otherwise(?, ?)", of);
    if tx.rows(sql).await?.is_empty() { Ok(()) } else { Err(rules::grant_fixed().into()) }
}

/// The next entry of a book, without its content.
fn next(tx: &Tx, book: &account_book::Model, line: &budget_line::Model) -> book_transaction::ActiveModel {
    book_transaction::ActiveModel {
        id: Set(BookTransactionId::new()),
        book_id: Set(book.id),
        organization_id: Set(book.organization_id),
        fiscal_year: Set(book.fiscal_year),
        line_id: Set(line.id),
        side: Set(line.side),
        category: Set(line.category),
        number: Set(book.last_number.saturating_add(1)),
        recorded_by: Set(tx.principal.account),
        ..Default::default()
    }
}

/// Do the sums stay amounts?
fn fits_in(book: &account_book::Model, line: &budget_line::Model, amount: Yen) -> Result<()> {
    let sum = if line.side == BookSide::Income { book.income_yen } else { book.expense_yen };
    rules::added(line.actual_yen, amount)?;
    rules::added(sum, amount)?;
    Ok(())
}

/// The grant is the organization's own, was decided, and pays for its own year; for a later one what was kept of it does.
async fn of_the_organization(
    tx: &Tx,
    id: GrantApplicationId,
    book: &account_book::Model,
    side: BookSide,
) -> Result<()> {
    let row = tx.peek::<GrantApplication>(id, Action::READ).await?;
    if row.organization_id != book.organization_id {
        return Err(Error::invalid(
            "input.grantApplicationId",
            "ORGANIZATION",
            "ほかの団体の交付申請です。",
            "The grant is another organization's.",
        ));
    }
    if row.decided_on.is_none() || row.decided_yen.is_none() {
        return Err(Error::Conflict(Refusal::new(
            "GRANT_NOT_DECIDED",
            "交付が決定していません。",
            "The grant has not been decided.",
        )));
    }
    if side == BookSide::Expense && book.fiscal_year > row.fiscal_year && row.fixed_yen.is_none() {
        return Err(Error::Conflict(Refusal::new(
            "GRANT_YEAR",
            "前の年度の交付金です。額が確定するまで、後の年度の支出には充てられません。",
            "The grant is of an earlier fiscal year. It pays for nothing of a later one before its amount is fixed.",
        )));
    }
    Ok(())
}

/// 出納の取消し。
#[derive(InputObject)]
pub struct BookTransactionReverseInput {
    /// 理由。
    pub reason: String,
    /// 正しい内容で記帳し直す場合は、その内容。
    pub replacement: Option<BookTransactionRecordInput>,
}

/// Undoes a transaction whole, and writes what is right in its place. The payload is the reversal. That a grant is not for
/// it is not undone with it: the replacement carries the finding.
///
/// # Errors
/// CONFLICT/REVERSED where it was undone before, CONFLICT/REVERSAL for a reversal; CONFLICT/FOUND_BY_HALL where the town
/// hall has judged it and nothing replaces it; CONFLICT/GRANT_FIXED where a grant was fixed by it and the replacement names
/// another.
pub async fn reverse(tx: &Tx, id: BookTransactionId, input: BookTransactionReverseInput) -> Result<BookTransactionId> {
    let row = tx.load::<BookTransaction>(id, BOOK_TRANSACTION_REVERSE).await?;
    rules::transaction(&row, BOOK_TRANSACTION_REVERSE, tx.now)?;
    let (line, book) = line_and_book(tx, row.line_id).await?;
    rules::writable(book.state, BOOK_TRANSACTION_REVERSE)?;
    if is_reversed(tx, id).await? {
        return Err(Error::Conflict(Refusal::new(
            "REVERSED",
            "すでに取り消されています。",
            "It has been reversed already.",
        )));
    }
    let BookTransactionReverseInput { reason, replacement } = input;
    if replacement.is_none() {
        rules::judgement(&row, false)?;
    }
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 200);
    checks.done()?;
    let amount = Yen(row.amount_yen.0.saturating_neg());
    fits_in(&book, &line, amount)?;
    let reversal = book_transaction::ActiveModel {
        occurred_on: Set(row.occurred_on),
        amount_yen: Set(amount),
        counterparty: Set(row.counterparty.clone()),
        summary: Set(reason),
        application_id: Set(row.application_id),
        reverses_id: Set(Some(id)),
        ineligible_use_id: Set(None),
        ineligible_reason: Set(None),
        ..next(tx, &book, &line)
    };
    let reversal = reversal.insert(tx).await?.id;
    if let Some(replacement) = replacement {
        let (line, now) = line_and_book(tx, replacement.budget_line_id).await?;
        if now.id != book.id {
            return Err(Error::invalid(
                "input.replacement.budgetLineId",
                "BOOK",
                "同じ会計の科目ではありません。",
                "This is no line of the same book.",
            ));
        }
        write(tx, &now, &line, replacement, Some(&row)).await?;
    }
    Ok(reversal)
}

async fn is_reversed(tx: &Tx, id: BookTransactionId) -> Result<bool> {
    let reversal = book_transaction::Entity::find().filter(book_transaction::Column::ReversesId.eq(id));
    Ok(reversal.one(tx).await?.is_some())
}
