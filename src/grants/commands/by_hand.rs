//! Allocating by hand: what an organization may have of a programme that no run was approved of.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::commands::calculation::freeze;
use crate::grants::commands::calculation::run::approved;
use crate::grants::commands::{GRANT_ALLOCATION_SET, offset};
use crate::grants::entity::{GrantAllocationId, GrantProgrammeId, grant_allocation, grant_programme};
use crate::grants::rules;
use crate::grants::shapes::GrantProgramme;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
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
