//! The books of an organization: this year's budget with some transactions; in the town that has an auditor, last year's
//! book closed and confirmed. And the list of what grants are not for.

use crate::books::commands::book::{
    self, AccountBookCloseInput, AccountBookConfirmInput, AccountBookOpenInput, BudgetLineInput,
};
use crate::books::commands::eligibility::{self, BookTransactionJudgeInput, IneligibleUseSetInput};
use crate::books::commands::entry::{self, BookTransactionRecordInput, BookTransactionReverseInput};
use crate::books::commands::voucher;
use crate::books::entity::{AccountBookId, BookCategory, BookTransactionId, BudgetLineId, IneligibleUseId};
use crate::demo::scenes::files;
use crate::demo::stage::Stage;
use crate::grants::entity::GrantApplicationId;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::read::sql::{Param, Sql};
use crate::organizations::entity::OrganizationId;

const PLAN: &str = "見守りと買い物支援、居場所づくり、広報紙の発行に取り組む。(架空)";
const RECEIPT: &str = "\u{FEFF}日付,品名,金額(円)\r\n4月,燃料,12000\r\n";
const BUDGET: &[(BookCategory, &str, i64)] = &[
    (BookCategory::Grant, "地域づくり一括交付金", 1_000_000),
    (BookCategory::MembershipFee, "会費", 120_000),
    (BookCategory::Remuneration, "講師への謝礼", 120_000),
    (BookCategory::Supplies, "買い物支援の燃料", 400_000),
    (BookCategory::Services, "広報紙の郵送", 100_000),
    (BookCategory::Rent, "集会所の使用料", 300_000),
    (BookCategory::OtherExpense, "懇親会", 100_000),
    (BookCategory::Contingency, "予備費", 100_000),
];
/// Seen in many by-laws (DOMAIN §3.b names some).
const INELIGIBLE: &[(&str, &str, &str, Option<BookCategory>, bool)] = &[
    ("RELIGION", "宗教活動", "Religious activity", None, false),
    ("POLITICS", "政治活動・選挙活動", "Politics and elections", None, false),
    ("PROFIT", "営利のみを目的とする活動", "Activity for profit alone", None, false),
    ("SINGLE_BENEFIT", "特定の個人・団体のみの利益になる活動", "Benefit of one person or body alone", None, false),
    ("PUBLIC_ORDER", "公序良俗に反する活動", "Activity against public order", None, false),
    ("SOCIAL", "親睦・視察旅行のみを目的とする活動", "Social events and study tours alone", None, false),
    ("OTHER_SUBSIDY", "ほかの補助金を受けている活動", "Activity with another subsidy", None, false),
    ("OFFICER_ALLOWANCE", "役員の手当", "Allowances of officers", None, false),
    ("NO_RECEIPT", "領収書のない支出", "Spending without a receipt", None, true),
    ("CONTINGENCY", "使途の定まらない予備費", "Contingency", Some(BookCategory::Contingency), false),
];

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    if stage.is_there("account_books", "plan", PLAN).await? {
        return Ok(());
    }
    let mut social = None;
    for (code, title, title_en, category, without_receipt) in INELIGIBLE {
        let input = IneligibleUseSetInput {
            code: (*code).into(),
            title: (*title).into(),
            title_en: (*title_en).into(),
            legal_basis: "地域づくり一括交付金交付要綱(架空)第5条".into(),
            category: *category,
            without_receipt: *without_receipt,
            in_force: true,
            programme_id: None,
        };
        let id = stage.act("grant-staff", |tx| Box::pin(eligibility::set(tx, input))).await?;
        social = if *code == "SOCIAL" { Some(id) } else { social };
    }
    let year = FiscalYear::of(stage.today());
    this_year(stage, year, social).await?;
    if stage.id("account", "org-auditor").is_ok() {
        last_year(stage, FiscalYear(year.0 - 1)).await?;
    }
    Ok(())
}

async fn open(stage: &Stage<'_>, year: FiscalYear) -> Result<AccountBookId> {
    let lines = BUDGET.iter().map(|(category, title, yen)| BudgetLineInput {
        category: *category,
        title: (*title).into(),
        budget_yen: Yen(*yen),
    });
    let input = AccountBookOpenInput {
        organization_id: OrganizationId(stage.id("organization", "o1")?),
        fiscal_year: year,
        plan: PLAN.into(),
        adopted_on: Some(Date(year.first_day())),
        lines: lines.collect(),
    };
    stage.act("org-officer", |tx| Box::pin(book::open(tx, input))).await
}

async fn this_year(stage: &Stage<'_>, year: FiscalYear, social: Option<IneligibleUseId>) -> Result<()> {
    let book = open(stage, year).await?;
    let grant = grant(stage).await?;
    let day = Date(stage.today());
    let fuel = spend(stage, book, entry_of(day, "買い物支援の燃料", 12_000, "給油所", "燃料", Some(grant))).await?;
    let receipt = files::send(stage, "org-officer", "領収書の明細.csv", RECEIPT).await?;
    stage.act("org-officer", move |tx| Box::pin(voucher::attach(tx, fuel, receipt))).await?;
    spend(stage, book, entry_of(day, "地域づくり一括交付金", 1_000_000, "市", "交付金の入金", Some(grant))).await?;
    spend(stage, book, entry_of(day, "会費", 120_000, "会員", "会費の入金", None)).await?;
    let mut dinner = entry_of(day, "懇親会", 30_000, "飲食店", "総会後の懇親会", Some(grant));
    dinner.1.ineligible_use_id = social;
    dinner.1.ineligible_reason = social.map(|_| "親睦のための会食。会費から支払う。".into());
    spend(stage, book, dinner).await?;
    if let Some(found) = social {
        let tea =
            spend(stage, book, entry_of(day, "講師への謝礼", 8_000, "講師", "講師との茶話会", Some(grant))).await?;
        let input = BookTransactionJudgeInput {
            ineligible_use_id: found, reason: "親睦のための会食に当たる。".into()
        };
        stage.act("grant-staff", move |tx| Box::pin(eligibility::judge(tx, tea, input))).await?;
    }
    let mistaken = spend(stage, book, entry_of(day, "広報紙の郵送", 8_600, "郵便局", "広報紙の郵送", None)).await?;
    let (_, right) = entry_of(day, "広報紙の郵送", 6_800, "郵便局", "広報紙の郵送", None);
    let line = line(stage, book, "広報紙の郵送").await?;
    let replacement = BookTransactionRecordInput { budget_line_id: line, ..right };
    let input = BookTransactionReverseInput { reason: "金額の誤り".into(), replacement: Some(replacement) };
    stage.act("org-officer", move |tx| Box::pin(entry::reverse(tx, mistaken, input))).await?;
    Ok(())
}

/// Confirmed by somebody who did not keep it.
async fn last_year(stage: &Stage<'_>, year: FiscalYear) -> Result<()> {
    let book = open(stage, year).await?;
    let day = Date(year.first_day());
    spend(stage, book, entry_of(day, "会費", 118_000, "会員", "会費の入金", None)).await?;
    spend(stage, book, entry_of(day, "集会所の使用料", 96_000, "市", "使用料", None)).await?;
    let input = AccountBookCloseInput { completed_on: Date(year.last_day()) };
    stage.act("org-officer", move |tx| Box::pin(book::close(tx, book, input))).await?;
    let input = AccountBookConfirmInput { opinion: "帳簿と証拠書類を確かめ、適正と認める。".into() };
    stage.act("org-auditor", move |tx| Box::pin(book::confirm(tx, book, input))).await?;
    Ok(())
}

/// The title of a line, and what is recorded in it.
type Entry = (&'static str, BookTransactionRecordInput);

fn entry_of(
    day: Date,
    line: &'static str,
    yen: i64,
    counterparty: &str,
    summary: &str,
    grant: Option<GrantApplicationId>,
) -> Entry {
    let input = BookTransactionRecordInput {
        budget_line_id: BudgetLineId(uuid::Uuid::nil()),
        occurred_on: day,
        amount_yen: Yen(yen),
        counterparty: counterparty.into(),
        summary: summary.into(),
        grant_application_id: grant,
        ineligible_use_id: None,
        ineligible_reason: None,
    };
    (line, input)
}

async fn spend(stage: &Stage<'_>, book: AccountBookId, entry: Entry) -> Result<BookTransactionId> {
    let (title, input) = entry;
    let input = BookTransactionRecordInput { budget_line_id: line(stage, book, title).await?, ..input };
    stage.act("org-officer", |tx| Box::pin(entry::record(tx, input))).await
}

async fn line(stage: &Stage<'_>, book: AccountBookId, title: &str) -> Result<BudgetLineId> {
    let tx = stage.system();
    let mut sql = Sql::new("SELECT id FROM budget_lines WHERE book_id = ");
    sql.fill("? AND title = ?", [Param::Uuid(Some(book.0)), Param::text(title)]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal(format!("the demo has no line {title}")))?;
    Ok(BudgetLineId(row.try_get("id")?))
}

/// The grant that this year's scene has paid.
async fn grant(stage: &Stage<'_>) -> Result<GrantApplicationId> {
    let tx = stage.system();
    let found = Stage::known(&tx, "grant_applications", "title", "見守りと買い物支援").await?;
    found.map(GrantApplicationId).ok_or_else(|| Error::internal("the demo has no grant"))
}
