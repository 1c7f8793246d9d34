//! Setting money aside: programmes and what each organization may have of them.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::commands::calculation::{by_law, freeze};
use crate::grants::commands::{
    GRANT_PROGRAMME_CLOSE, GRANT_PROGRAMME_CREATE, GRANT_PROGRAMME_PUBLISH, not_among, offset,
};
use crate::grants::entity::{GrantProgrammeId, GrantProgrammeState, grant_allocation, grant_programme};
use crate::grants::rules;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::Param;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, transfer};
use crate::organizations::entity::OrganizationId;
use crate::people::entity::SectionId;
use crate::people::shapes::Section;

/// 交付金制度の内容。
#[derive(InputObject)]
pub struct GrantProgrammeCreateInput {
    /// 名称。
    pub title: String,
    /// 概要(住民に示す説明)。
    pub summary: String,
    /// 年度。
    pub fiscal_year: FiscalYear,
    /// 根拠となる条例・要綱の名称。
    pub legal_basis: String,
    /// 予算額(円)。
    pub budget_yen: Yen,
    /// 申請の受付を始める日。
    pub opens_on: Date,
    /// 申請の受付を終える日(この日を含む)。
    pub closes_on: Date,
    /// 担当する部・課。
    pub section_id: SectionId,
}

/// Makes a programme and sets its budget aside in the ledger, whose accounts of the year it opens where they are not.
pub async fn create_programme(tx: &Tx, input: GrantProgrammeCreateInput) -> Result<GrantProgrammeId> {
    tx.may_create::<GrantProgramme>(GRANT_PROGRAMME_CREATE, &[])?;
    let GrantProgrammeCreateInput {
        title,
        summary,
        fiscal_year,
        legal_basis,
        budget_yen,
        opens_on,
        closes_on,
        section_id,
    } = input;
    tx.peek::<Section>(section_id, Action::READ).await?;
    let mut checks = Checks::new();
    positive(&mut checks, "input.budgetYen", budget_yen);
    checks.check(
        closes_on >= opens_on,
        "input.closesOn",
        "ORDER",
        "受付の終わりが始まりより前です。",
        "The window closes before it opens.",
    );
    let row = grant_programme::ActiveModel {
        id: Set(GrantProgrammeId::new()),
        title: Set(checks.text("input.title", &title, 100)),
        summary: Set(checks.text("input.summary", &summary, 2_000)),
        fiscal_year: Set(fiscal_year),
        legal_basis: Set(checks.text("input.legalBasis", &legal_basis, 200)),
        budget_yen: Set(budget_yen),
        opens_on: Set(opens_on),
        closes_on: Set(closes_on),
        section_id: Set(section_id),
        state: Set(GrantProgrammeState::Draft),
        created_by: Set(tx.principal.account),
        ..Default::default()
    };
    checks.done()?;
    let row = row.insert(tx).await?;
    ledger::open_year(tx, row.fiscal_year).await?;
    appropriate(tx, &row).await?;
    Ok(row.id)
}

async fn appropriate(tx: &Tx, row: &grant_programme::Model) -> Result<()> {
    let town = tx.municipality()?.0;
    let journal = Journal {
        kind: "GRANT_BUDGETED",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: row.title.clone(),
        once: true,
        legs: transfer((AccountKind::Appropriation, town), (AccountKind::Budget, row.id.0), row.budget_yen),
        when_short: Refusal::new(
            "BUDGET_EXCEEDED",
            "予算の合計が扱える額を超えています。",
            "The budgets together are beyond range.",
        ),
    };
    ledger::post(tx, journal).await?;
    Ok(())
}

/// Makes a programme and its allocations public. Somebody else than who made it, or allocated by hand, does.
///
/// # Errors
/// FORBIDDEN/DUTIES_APART; CONFLICT/PREVIOUS_MISSING where its by-law looks at a year before that it does not name.
pub async fn publish_programme(tx: &Tx, id: GrantProgrammeId) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_PUBLISH).await?;
    rules::programme(&row, GRANT_PROGRAMME_PUBLISH, tx.now)?;
    not_among(tx, "entaku_programme_makers(?)", [Param::Uuid(Some(id.0))]).await?;
    let looks_back = by_law::of_last_year(tx, &row).await?;
    rules::names_the_year_before(&row, &looks_back)?;
    let mut row: grant_programme::ActiveModel = row.into();
    row.state = Set(GrantProgrammeState::Published);
    row.published_by = Set(tx.principal.account);
    row.update(tx).await?;
    // What was set by hand counts for the year after from now on.
    freeze::outdated(tx).await?;
    offset::deduct(tx, id).await?;
    Ok(id)
}

/// Ends a programme: no allocation and no application comes in any more; those that are in go on. What of a surplus was
/// deducted from allocations that nobody has had waits again.
pub async fn close_programme(tx: &Tx, id: GrantProgrammeId) -> Result<GrantProgrammeId> {
    let row = tx.load::<GrantProgramme>(id, GRANT_PROGRAMME_CLOSE).await?;
    rules::programme(&row, GRANT_PROGRAMME_CLOSE, tx.now)?;
    let mut row: grant_programme::ActiveModel = row.into();
    row.state = Set(GrantProgrammeState::Closed);
    row.update(tx).await?;
    offset::unborne::give_back(tx, id).await?;
    Ok(id)
}

/// An amount of money that is more than nothing.
pub(super) fn positive(checks: &mut Checks, path: &'static str, amount: Yen) {
    checks.check(amount.0 > 0, path, "RANGE", "1円以上で入力してください。", "1 yen or more.");
}

/// The allocation an application is about.
pub(super) async fn allocation_of(
    tx: &Tx,
    programme: GrantProgrammeId,
    organization: OrganizationId,
) -> Result<grant_allocation::Model> {
    let row = grant_allocation::Entity::find()
        .filter(grant_allocation::Column::ProgrammeId.eq(programme))
        .filter(grant_allocation::Column::OrganizationId.eq(organization))
        .one(tx)
        .await?;
    row.ok_or_else(|| {
        Error::Conflict(Refusal::new(
            "ALLOCATION_MISSING",
            "この団体への配分額がまだ定められていません。",
            "Nothing has been allocated to this organization yet.",
        ))
    })
}
