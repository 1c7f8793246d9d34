//! Changing what was decided (変更承認申請): what is minor is only kept, everything else is decided by somebody else.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, EntityTrait, QuerySelect, Set};

use crate::grants::commands::deadlines::{schedule, timetable};
use crate::grants::commands::offset::unborne::give_back_after;
use crate::grants::commands::programme::positive;
use crate::grants::commands::{
    Did, GRANT_CHANGE_APPROVE, GRANT_CHANGE_REFUSE, GRANT_CHANGE_REQUEST, GRANT_CHANGE_WITHDRAW, MOST_REASON,
    apart_from, apart_from_parties, begin, kept, record,
};
use crate::grants::entity::{
    GrantActKind, GrantApplicationId, GrantChangeId, GrantChangeState, grant_application, grant_change,
};
use crate::grants::rules::change::{self, is_minor};
use crate::grants::rules::costs::{self, Cost};
use crate::grants::rules::settlement::standing;
use crate::grants::shapes::GrantChange;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, transfer};
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 変更承認申請。
#[derive(InputObject)]
pub struct GrantChangeRequestInput {
    /// 変更の理由。
    pub reason: String,
    /// 変更後の経費。費目ごと。
    pub costs: Vec<Cost>,
    /// 変更後の交付決定額(円)。指定しなければ、変わらない。支払った額を下回れない。
    pub decided_yen: Option<Yen>,
}

/// Asks for a change. A minor one is in force at once; what is minor is told from what was last decided on, so that
/// many small changes do not make a great one.
///
/// # Errors
/// CONFLICT/PAID_ALREADY where less is to be granted than was paid or given on.
pub async fn request_change(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantChangeRequestInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_CHANGE_REQUEST).await?;
    let GrantChangeRequestInput { reason, costs, decided_yen } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    costs::check_plan(&mut checks, "input.costs", &costs);
    if let Some(amount) = decided_yen {
        positive(&mut checks, "input.decidedYen", amount);
    }
    checks.done()?;
    let before = row.decided_yen.ok_or_else(|| Error::internal("a change of what was not decided"))?;
    let after = decided_yen.unwrap_or(before);
    covers(&row, after)?;
    let timetable = timetable(tx, row.programme_id).await?;
    let planned: Vec<Cost> = kept(row.approved_costs.as_deref())?;
    let minor = is_minor(&timetable.terms.minor_change(), &planned, &costs, (before, after));
    let document = serde_json::to_string(&costs).map_err(Error::internal)?;
    let change = grant_change::ActiveModel {
        id: Set(GrantChangeId::new()),
        application_id: Set(id),
        organization_id: Set(row.organization_id),
        district_id: Set(row.district_id),
        title: Set(row.title.clone()),
        state: Set(if minor { GrantChangeState::Minor } else { GrantChangeState::Requested }),
        costs: Set(document.clone()),
        decided_yen: Set(after),
        reason: Set(reason.clone()),
        requested_on: Set(Date(tx.today())),
        requested_by: Set(tx.principal.account),
        decision_due: Set(timetable.change(tx.today()).filter(|_| !minor)),
        ..Default::default()
    };
    let change = change.insert(tx).await?.id;
    if minor {
        next.costs = Set(Some(document));
    } else {
        next.change_id = Set(Some(change));
    }
    next.update(tx).await?;
    let act = if minor { GrantActKind::Change } else { GrantActKind::ChangeRequest };
    record(tx, &row, act, Some(reason), Some(after)).await?;
    if !minor {
        routing::ask(tx, RoutedAct::GrantApplicationDecide, change.0).await?;
    }
    Ok(id)
}

/// Does the amount cover what was paid, and what was given on?
fn covers(row: &grant_application::Model, amount: Yen) -> Result<(), Refusal> {
    let least = row.paid_yen.max(row.subgranted_yen);
    if amount >= least {
        return Ok(());
    }
    Err(Refusal::new(
        "PAID_ALREADY",
        format!("すでに支払われたか採択された額({least})を下回ります。"),
        format!("Less than was paid or given on ({} yen).", least.0),
    ))
}

/// 変更の決定。
#[derive(InputObject)]
pub struct GrantChangeDecideInput {
    /// 理由。
    pub reason: String,
}

/// Approves a change; a changed amount moves the promise in the ledger. It is a decision on the changed amount, and needs
/// the approvals of the route that covers it.
///
/// # Errors
/// CONFLICT/ALLOCATION_EXCEEDED where the allocation has too little; CONFLICT/APPROVAL_REQUIRED where approvals are missing.
pub async fn approve_change(tx: &Tx, id: GrantChangeId, input: GrantChangeDecideInput) -> Result<GrantChangeId> {
    let (change, row) = decide(tx, id, GRANT_CHANGE_APPROVE, GrantChangeState::Approved, &input).await?;
    let before = row.decided_yen.ok_or_else(|| Error::internal("a change of what was not decided"))?;
    covers(&row, change.decided_yen)?;
    commit(tx, &row, Yen(change.decided_yen.0 - before.0)).await?;
    let timetable = timetable(tx, row.programme_id).await?;
    let mut next: grant_application::ActiveModel = row.clone().into();
    next.costs = Set(Some(change.costs.clone()));
    next.approved_costs = Set(Some(change.costs));
    next.change_id = Set(None);
    next.changed_by = Set(tx.principal.account);
    if change.decided_yen != before {
        let parts = timetable.terms.parts(change.decided_yen);
        let parts = serde_json::to_string(&parts).map_err(Error::internal)?;
        next.schedule = Set(schedule(&timetable, &row, tx.today(), change.decided_yen)?);
        next.decided_yen = Set(Some(change.decided_yen));
        next.changed_yen = Set(Some(change.decided_yen));
        next.instalments = Set(Some(parts));
        next.state = Set(standing(Some(change.decided_yen), row.paid_yen));
    }
    next.update(tx).await?;
    record(tx, &row, GrantActKind::ChangeApprove, Some(input.reason), Some(change.decided_yen)).await?;
    give_back_after(tx, &row).await?;
    Ok(id)
}

/// Refuses a change; everything stays as it was decided.
pub async fn refuse_change(tx: &Tx, id: GrantChangeId, input: GrantChangeDecideInput) -> Result<GrantChangeId> {
    let (_, row) = decide(tx, id, GRANT_CHANGE_REFUSE, GrantChangeState::Refused, &input).await?;
    let mut next: grant_application::ActiveModel = row.clone().into();
    next.change_id = Set(None);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::ChangeRefuse, Some(input.reason), None).await?;
    Ok(id)
}

/// Takes a change request back that nobody has decided on; the approvals that it had are void. Everything stays as it was
/// decided.
pub async fn withdraw_change(tx: &Tx, id: GrantChangeId) -> Result<GrantChangeId> {
    let row = tx.load::<GrantChange>(id, GRANT_CHANGE_WITHDRAW).await?;
    let application = application_of(tx, &row).await?;
    still_waits(&row, &application, GRANT_CHANGE_WITHDRAW, tx.now)?;
    let mut next: grant_change::ActiveModel = row.into();
    next.state = Set(GrantChangeState::Withdrawn);
    next.withdrawn_on = Set(Some(Date(tx.today())));
    next.update(tx).await?;
    let mut next: grant_application::ActiveModel = application.clone().into();
    next.change_id = Set(None);
    next.update(tx).await?;
    record(tx, &application, GrantActKind::ChangeWithdraw, None, None).await?;
    Ok(id)
}

/// What is to be changed, locked.
async fn application_of(tx: &Tx, row: &grant_change::Model) -> Result<grant_application::Model> {
    let application = grant_application::Entity::find_by_id(row.application_id).lock_exclusive().one(tx).await?;
    application.ok_or_else(|| Error::internal("a change of no application"))
}

/// Has nobody decided on the change, and does its application wait for it?
fn still_waits(
    row: &grant_change::Model,
    application: &grant_application::Model,
    action: Action,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    change::change(row, action, now)?;
    if application.change_id == Some(row.id) {
        return Ok(());
    }
    Err(Refusal::new("STATE", "この変更の対象は、すでに終わっています。", "What is to be changed has ended."))
}

/// Ends a change that nobody decided on, because its application ends.
pub(super) async fn end_open_change(tx: &Tx, row: &grant_application::Model) -> Result<()> {
    let Some(id) = row.change_id else { return Ok(()) };
    let change = grant_change::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let change = change.ok_or_else(|| Error::internal("an application waits for no change"))?;
    let mut next: grant_change::ActiveModel = change.into();
    next.state = Set(GrantChangeState::Withdrawn);
    next.withdrawn_on = Set(Some(Date(tx.today())));
    next.update(tx).await?;
    Ok(())
}

/// Writes the decision on a change, and locks its application. Neither who is of the applicant's side decides, nor who
/// has paid.
async fn decide(
    tx: &Tx,
    id: GrantChangeId,
    action: Action,
    state: GrantChangeState,
    input: &GrantChangeDecideInput,
) -> Result<(grant_change::Model, grant_application::Model)> {
    let row = tx.load::<GrantChange>(id, action).await?;
    let application = application_of(tx, &row).await?;
    apart_from(tx, application.id, Did::Paid).await?;
    apart_from_parties(tx, &application).await?;
    still_waits(&row, &application, action, tx.now)?;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &input.reason, MOST_REASON);
    checks.done()?;
    if state == GrantChangeState::Approved {
        routing::settled(tx, RoutedAct::GrantApplicationDecide, id.0, row.decided_yen).await?;
    }
    let mut next: grant_change::ActiveModel = row.into();
    next.state = Set(state);
    next.decided_on = Set(Some(Date(tx.today())));
    next.decided_by = Set(tx.principal.account);
    next.decision_reason = Set(Some(reason));
    Ok((next.update(tx).await?, application))
}

/// Promises more out of the allocation, or less.
async fn commit(tx: &Tx, row: &grant_application::Model, more: Yen) -> Result<()> {
    if more.0 == 0 {
        return Ok(());
    }
    let allocation = row.allocation_id.0;
    let journal = Journal {
        kind: "GRANT_CHANGED",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: row.title.clone(),
        once: false,
        legs: transfer((AccountKind::Grant, allocation), (AccountKind::Committed, allocation), more),
        when_short: Refusal::new(
            "ALLOCATION_EXCEEDED",
            "配分額の残りを超えています。",
            "More than is left of the allocation.",
        ),
    };
    ledger::post(tx, journal).await?;
    Ok(())
}
