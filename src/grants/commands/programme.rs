//! Setting money aside: programmes and what each organization may have of them.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::commands::calculation::run::approved;
use crate::grants::commands::calculation::{by_law, freeze};
use crate::grants::commands::{
    GRANT_ALLOCATION_SET, GRANT_PROGRAMME_CLOSE, GRANT_PROGRAMME_CREATE, GRANT_PROGRAMME_PUBLISH, not_among, offset,
};
use crate::grants::entity::{
    GrantAllocationId, GrantProgrammeId, GrantProgrammeState, grant_allocation, grant_programme,
};
use crate::grants::rules;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, transfer};
use crate::organizations::entity::{OrganizationId, OrganizationStage, organization};
use crate::organizations::shapes::CommunityOrganization;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;
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

/// 団体への配分。
#[derive(InputObject)]
pub struct GrantAllocationSetInput {
    /// 交付金制度。
    pub programme_id: GrantProgrammeId,
    /// 地域組織。
    pub organization_id: OrganizationId,
    /// 配分額(円)。
    pub amount_yen: Yen,
    /// 配分額の根拠(算定の説明)。
    pub basis: String,
}

/// Sets what an organization may have of a programme. The ledger keeps the sum within the budget, and the
/// amount above what has been promised.
///
/// # Errors
/// CONFLICT/FROZEN where a run was approved; CONFLICT/ROUTED where allocations of that sum go by a route: an act of one
/// person does not lead around it; FORBIDDEN/DUTIES_APART for whoever published the programme.
pub async fn set_allocation(tx: &Tx, input: GrantAllocationSetInput) -> Result<GrantAllocationId> {
    let GrantAllocationSetInput { programme_id, organization_id, amount_yen, basis } = input;
    let programme = tx.load::<GrantProgramme>(programme_id, GRANT_ALLOCATION_SET).await?;
    let organization = tx.peek::<CommunityOrganization>(organization_id, Action::READ).await?;
    rules::programme(&programme, GRANT_ALLOCATION_SET, tx.now)?;
    still_there(&organization)?;
    let mut checks = Checks::new();
    checks.check(amount_yen.0 >= 0, "input.amountYen", "RANGE", "0円以上で入力してください。", "0 yen or more.");
    let basis = checks.text("input.basis", &basis, 2_000);
    checks.done()?;
    let existing = grant_allocation::Entity::find()
        .filter(grant_allocation::Column::ProgrammeId.eq(programme_id))
        .filter(grant_allocation::Column::OrganizationId.eq(organization_id))
        .one(tx)
        .await?;
    unfrozen(tx, programme_id).await?;
    let before = existing.as_ref().map_or(Yen(0), |row| row.amount_yen);
    if amount_yen > before {
        unrouted(tx, programme_id, amount_yen.0 - before.0).await?;
    }
    let id = match existing {
        Some(row) => change_amount(tx, row, amount_yen, basis).await?,
        None => insert_allocation(tx, &programme, &organization, amount_yen, basis).await?,
    };
    offset::covered(tx, programme_id).await?;
    move_budget(tx, &programme, id, amount_yen.0 - before.0).await?;
    freeze::outdated(tx).await?;
    offset::deduct(tx, programme.id).await?;
    Ok(id)
}

/// CONFLICT/FROZEN where a run was approved: whoever it left out is taken in by another one.
async fn unfrozen(tx: &Tx, programme: GrantProgrammeId) -> Result<()> {
    if approved(tx, programme).await?.is_none() {
        return Ok(());
    }
    Err(Error::Conflict(Refusal::new(
        "FROZEN",
        "承認された算定で配分した交付金制度です。訂正は、新しい算定で行ってください。",
        "The programme was allocated by an approved run. Correct it with a new run.",
    )))
}

/// CONFLICT/ROUTED where a programme's allocations, with so many yen more, go by a route.
async fn unrouted(tx: &Tx, programme: GrantProgrammeId, more: i64) -> Result<()> {
    let mut sql =
        Sql::new("SELECT coalesce(sum(amount_yen), 0)::bigint AS yen FROM grant_allocations WHERE programme_id = ");
    sql.param(Param::Uuid(Some(programme.0)));
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no sum"))?;
    let total = Yen(row.try_get::<_, i64>("yen")? + more);
    if Box::pin(routing::covers(tx, RoutedAct::GrantRunApprove, total)).await? {
        return Err(Error::Conflict(Refusal::new(
            "ROUTED",
            "この額の配分には決裁が必要です。算定を作り、決裁を経て承認してください。",
            "Allocations of this amount are approved by a route. Calculate a run and have it approved.",
        )));
    }
    Ok(())
}

fn still_there(organization: &organization::Model) -> Result<(), Refusal> {
    use OrganizationStage::{Dissolved, Merged, Revoked};
    match organization.stage {
        Dissolved | Merged | Revoked => {
            Err(Refusal::new("STAGE", "すでに活動を終えた組織です。", "The organization has ended."))
        }
        _ => Ok(()),
    }
}

async fn change_amount(tx: &Tx, row: grant_allocation::Model, amount: Yen, basis: String) -> Result<GrantAllocationId> {
    let id = row.id;
    let mut row: grant_allocation::ActiveModel = row.into();
    row.amount_yen = Set(amount);
    row.basis = Set(basis);
    row.decided_on = Set(Date(tx.today()));
    row.update(tx).await?;
    Ok(id)
}

async fn insert_allocation(
    tx: &Tx,
    programme: &grant_programme::Model,
    organization: &organization::Model,
    amount: Yen,
    basis: String,
) -> Result<GrantAllocationId> {
    let row = grant_allocation::ActiveModel {
        id: Set(GrantAllocationId::new()),
        programme_id: Set(programme.id),
        programme_state: Set(programme.state),
        fiscal_year: Set(programme.fiscal_year),
        opens_on: Set(programme.opens_on),
        closes_on: Set(programme.closes_on),
        organization_id: Set(organization.id),
        district_id: Set(organization.district_id),
        amount_yen: Set(amount),
        basis: Set(basis),
        decided_on: Set(Date(tx.today())),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// Moves the difference between the budget and the grant, in either direction.
async fn move_budget(tx: &Tx, programme: &grant_programme::Model, id: GrantAllocationId, more: i64) -> Result<()> {
    let when_short = match more {
        0 => return Ok(()),
        1.. => Refusal::new(
            "BUDGET_EXCEEDED",
            "配分額の合計が予算を超えます。",
            "The allocations together would exceed the budget.",
        ),
        _ => Refusal::new(
            "ALLOCATION_COMMITTED",
            "すでに交付決定した額を下回ります。",
            "More than this has been decided already.",
        ),
    };
    let (budget, grant) = ((AccountKind::Budget, programme.id.0), (AccountKind::Grant, id.0));
    let journal = Journal {
        kind: "GRANT_ALLOCATED",
        subject: id.0,
        fiscal_year: programme.fiscal_year,
        memo: programme.title.clone(),
        once: false,
        legs: transfer(budget, grant, Yen(more)),
        when_short,
    };
    ledger::post(tx, journal).await?;
    Ok(())
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
