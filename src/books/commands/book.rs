//! Opening, changing, closing and confirming a book.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};

use crate::books::commands::carried;
use crate::books::commands::line::{NewLine, insert_line};
use crate::books::commands::{ACCOUNT_BOOK_CHANGE, ACCOUNT_BOOK_CLOSE, ACCOUNT_BOOK_CONFIRM, ACCOUNT_BOOK_OPEN};
use crate::books::entity::{AccountBookId, BookCategory, BookState, account_book};
use crate::books::rules;
use crate::books::shapes::AccountBook;
use crate::grants::rules::terms::Terms;
use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::read::DUTIES_APART;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;

/// The most lines that a budget is opened with.
const MOST_LINES: usize = 100;

/// 予算の科目。
#[derive(InputObject)]
pub struct BudgetLineInput {
    /// 科目。収入か支出かは科目で決まる。
    pub category: BookCategory,
    /// 内訳の名称。
    pub title: String,
    /// 予算額(円)。
    pub budget_yen: Yen,
}

/// 会計の内容。
#[derive(InputObject)]
pub struct AccountBookOpenInput {
    /// 地域組織。
    pub organization_id: OrganizationId,
    /// 年度。
    pub fiscal_year: FiscalYear,
    /// 事業計画。
    pub plan: String,
    /// 総会などで議決した日。
    pub adopted_on: Option<Date>,
    /// 収入と支出の予算。
    pub lines: Vec<BudgetLineInput>,
}

/// Opens the book of an organization's fiscal year, with its plan and budget. Where it kept something of last year's grants
/// and the budget says nothing of it, a line is proposed.
pub async fn open(tx: &Tx, input: AccountBookOpenInput) -> Result<AccountBookId> {
    let AccountBookOpenInput { organization_id, fiscal_year, plan, adopted_on, lines } = input;
    let organization = tx.peek::<CommunityOrganization>(organization_id, Action::READ).await?;
    tx.may_create::<AccountBook>(ACCOUNT_BOOK_OPEN, &[("organization_id", organization_id.0)])?;
    let mut checks = Checks::new();
    let few = lines.len() <= MOST_LINES;
    checks.check(few, "input.lines", "TOO_MANY", "科目は100までです。", "At most 100 lines.");
    let row = account_book::ActiveModel {
        id: Set(AccountBookId::new()),
        organization_id: Set(organization_id),
        district_id: Set(organization.district_id),
        fiscal_year: Set(fiscal_year),
        plan: Set(checks.text("input.plan", &plan, 5000)),
        adopted_on: Set(adopted_on),
        state: Set(BookState::Open),
        income_yen: Set(Yen(0)),
        expense_yen: Set(Yen(0)),
        last_number: Set(0),
        opened_by: Set(tx.principal.account),
        ..Default::default()
    };
    let said = lines.iter().any(|line| line.category == BookCategory::CarriedOver);
    let lines: Vec<NewLine> = lines
        .into_iter()
        .map(|BudgetLineInput { category, title, budget_yen }| {
            NewLine::checked(&mut checks, "input.lines", category, &title, budget_yen)
        })
        .collect();
    checks.done()?;
    let book = row.insert(tx).await?;
    let more = if said { None } else { carried::proposed(tx, organization_id, fiscal_year).await? };
    for line in lines.into_iter().chain(more) {
        insert_line(tx, &book, line).await?;
    }
    Ok(book.id)
}

/// 事業計画の変更。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct AccountBookChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 事業計画。
    pub plan: Option<String>,
    /// 総会などで議決した日。
    pub adopted_on: MaybeUndefined<Date>,
}

/// Changes the plan while the book is open.
pub async fn change(tx: &Tx, id: AccountBookId, input: AccountBookChangeInput) -> Result<AccountBookId> {
    let row = tx.load::<AccountBook>(id, ACCOUNT_BOOK_CHANGE).await?;
    rules::book(&row, ACCOUNT_BOOK_CHANGE, tx.now)?;
    let AccountBookChangeInput { revision, plan, adopted_on } = input;
    same_revision::<AccountBook>(id, row.revision, revision)?;
    let mut checks = Checks::new();
    let plan = plan.map(|plan| checks.text("input.plan", &plan, 5000));
    checks.done()?;
    let mut row: account_book::ActiveModel = row.into();
    if let Some(plan) = plan {
        row.plan = Set(plan);
    }
    adopted_on.apply(&mut row.adopted_on);
    row.update(tx).await?;
    Ok(id)
}

/// 会計の締め。
#[derive(InputObject)]
pub struct AccountBookCloseInput {
    /// 事業が完了した日。証拠書類の保存はこの日の年度の翌年度から数える。
    pub completed_on: Date,
}

/// Closes the book. From now on mistakes are undone and replaced, and nothing new comes in.
///
/// # Errors
/// CONFLICT/RECEIPTS_MISSING where a grant paid for something without a receipt and the list asks for one;
/// CONFLICT/CARRIED_OVER where what was kept of last year's grants is not what the book carries over.
pub async fn close(tx: &Tx, id: AccountBookId, input: AccountBookCloseInput) -> Result<AccountBookId> {
    let row = tx.load::<AccountBook>(id, ACCOUNT_BOOK_CLOSE).await?;
    rules::book(&row, ACCOUNT_BOOK_CLOSE, tx.now)?;
    let AccountBookCloseInput { completed_on } = input;
    let mut checks = Checks::new();
    let fits = rules::day_of(row.fiscal_year, completed_on, tx.today());
    checks.check(
        fits,
        "input.completedOn",
        "RANGE",
        "会計の年度の日で、今日までの日を指定してください。",
        "A day of the book's fiscal year, not yet to come.",
    );
    checks.done()?;
    receipts_are_there(tx, id).await?;
    carried::is_what_was_kept(tx, id).await?;
    let until =
        by_laws(tx, id, completed_on).await?.max(rules::vouchers_until(completed_on, years_of_vouchers(tx).await?));
    let mut row: account_book::ActiveModel = row.into();
    row.state = Set(BookState::Closed);
    row.completed_on = Set(Some(completed_on));
    row.closed_by = Set(tx.principal.account);
    row.closed_on = Set(Some(Date(tx.today())));
    row.vouchers_until = Set(Some(until));
    row.update(tx).await?;
    Ok(id)
}

/// What a grant paid for, was not undone and is not declared ineligible has a receipt, where the list asks for one of it.
async fn receipts_are_there(tx: &Tx, id: AccountBookId) -> Result<()> {
    let mut sql = Sql::new(
        "SELECT e.number FROM grant_expenses e WHERE e.stands AND e.ineligible_use_id IS NULL AND NOT e.eligible \
         AND e.book_id = ",
    );
    sql.fill("? ORDER BY e.number LIMIT 10", [Param::Uuid(Some(id.0))]);
    let mut missing = Vec::new();
    for row in tx.rows(sql).await? {
        missing.push(row.try_get::<_, i32>("number")?.to_string());
    }
    if missing.is_empty() {
        return Ok(());
    }
    let numbers = missing.join(", ");
    Err(Error::Conflict(Refusal::new(
        "RECEIPTS_MISSING",
        format!("領収書のない支出があります(番号 {numbers})。領収書を添付するか、対象外としてください。"),
        format!("Transactions without a receipt: {numbers}. Attach one, or declare them ineligible."),
    )))
}

/// For how many fiscal years the municipality keeps vouchers.
async fn years_of_vouchers(tx: &Tx) -> Result<i32> {
    let sql = Sql::new(
        "SELECT greatest(coalesce(r.period, k.period), k.least)::int AS years FROM retention_kinds k \
         LEFT JOIN retention_rules r ON r.kind = k.name AND r.municipality_id = entaku_municipality() \
         WHERE k.name = 'BOOK_VOUCHERS'",
    );
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("vouchers have no retention"))?;
    Ok(row.try_get("years")?)
}

/// The last day that the terms of a grant of this book ask for vouchers; that of the completion where none does.
async fn by_laws(tx: &Tx, id: AccountBookId, completed_on: Date) -> Result<Date> {
    let mut sql = Sql::new(
        "SELECT DISTINCT p.terms FROM book_transactions t \
         JOIN grant_applications a ON a.municipality_id = t.municipality_id AND a.id = t.application_id \
         JOIN grant_programmes p ON p.municipality_id = a.municipality_id AND p.id = a.programme_id \
         WHERE p.terms IS NOT NULL AND t.book_id = ",
    );
    sql.param(Param::Uuid(Some(id.0)));
    let mut last = completed_on;
    for row in tx.rows(sql).await? {
        let terms: Terms = serde_json::from_str(row.try_get::<_, &str>("terms")?).map_err(Error::internal)?;
        last = last.max(terms.vouchers_until(completed_on.0).unwrap_or(last));
    }
    Ok(last)
}

/// 監事の確認。
#[derive(InputObject)]
pub struct AccountBookConfirmInput {
    /// 監査の意見。
    pub opinion: String,
}

/// An auditor of the organization confirms the closed book; it does not change any more.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART for whoever had a hand in the book; CONFLICT/RECEIPTS_MISSING as when it is closed.
pub async fn confirm(tx: &Tx, id: AccountBookId, input: AccountBookConfirmInput) -> Result<AccountBookId> {
    let row = tx.load::<AccountBook>(id, ACCOUNT_BOOK_CONFIRM).await?;
    if keeps(tx, id).await? {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    rules::book(&row, ACCOUNT_BOOK_CONFIRM, tx.now)?;
    let AccountBookConfirmInput { opinion } = input;
    let mut checks = Checks::new();
    let opinion = checks.text("input.opinion", &opinion, 2000);
    checks.done()?;
    // What replaced something since the book was closed needs one as well.
    receipts_are_there(tx, id).await?;
    let mut row: account_book::ActiveModel = row.into();
    row.state = Set(BookState::Confirmed);
    row.confirmed_by = Set(tx.principal.account);
    row.confirmed_on = Set(Some(Date(tx.today())));
    row.opinion = Set(Some(opinion));
    row.update(tx).await?;
    Ok(id)
}

/// Had the caller a hand in the book: its plan, its lines, an entry, a voucher, a judgement?
async fn keeps(tx: &Tx, id: AccountBookId) -> Result<bool> {
    let Some(account) = tx.principal.account else { return Ok(false) };
    let mut sql = Sql::new("SELECT 1 FROM book_keepers WHERE book_id = ");
    sql.fill("? AND account_id = ? LIMIT 1", [Param::Uuid(Some(id.0)), Param::Uuid(Some(account.0))]);
    Ok(!tx.rows(sql).await?.is_empty())
}
