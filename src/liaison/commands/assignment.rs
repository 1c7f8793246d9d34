//! Who is the liaison of a district: proposed, appointed, relieved with a successor, ended.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::liaison::commands::{
    LIAISON_ASSIGNMENT_APPOINT, LIAISON_ASSIGNMENT_END, LIAISON_ASSIGNMENT_PROPOSE, LIAISON_ASSIGNMENT_RELIEVE,
};
use crate::liaison::entity::{LiaisonAssignmentId, LiaisonAssignmentState, LiaisonKind, LiaisonRole, assignment};
use crate::liaison::rules;
use crate::liaison::shapes::LiaisonAssignment;
use crate::organizations::entity::DistrictId;
use crate::organizations::shapes::District;
use crate::people::commands::{NewAppointment, appoint, end_office};
use crate::people::entity::AppointmentId;
use crate::people::shapes::Account;

/// 担当の内申。
#[derive(InputObject)]
pub struct LiaisonAssignmentProposeInput {
    /// 担当する人。
    pub account_id: AccountId,
    /// 担当する地区。
    pub district_id: DistrictId,
    /// 役割(主担当・副担当・班長)。
    pub role: LiaisonRole,
    /// 種類(地域担当職員など)。
    pub kind: LiaisonKind,
    /// 任期の始まり。
    pub term_start: Date,
    /// 任期の終わり。定めがなければ指定しない。
    pub term_end: Option<Date>,
}

/// Proposes an assignment; it gives no right until it is appointed.
pub async fn propose_assignment(tx: &Tx, input: LiaisonAssignmentProposeInput) -> Result<LiaisonAssignmentId> {
    tx.may_create::<LiaisonAssignment>(LIAISON_ASSIGNMENT_PROPOSE, &[])?;
    let LiaisonAssignmentProposeInput { account_id, district_id, role, kind, term_start, term_end } = input;
    let account = tx.peek::<Account>(account_id, Action::READ).await?;
    tx.peek::<District>(district_id, Action::READ).await?;
    let mut checks = Checks::new();
    let ordered = term_end.is_none_or(|end| end >= term_start);
    checks.check(
        ordered,
        "input.termEnd",
        "ORDER",
        "任期の終わりが始まりより前です。",
        "The term ends before it starts.",
    );
    checks.done()?;
    let row = assignment::ActiveModel {
        id: Set(LiaisonAssignmentId::new()),
        account_id: Set(account_id),
        staff_name: Set(account.name),
        district_id: Set(district_id),
        role: Set(role),
        kind: Set(kind),
        state: Set(LiaisonAssignmentState::Proposed),
        term_start: Set(term_start),
        term_end: Set(term_end),
        ..Default::default()
    };
    tx.insert_later(row)
}

/// Appoints whom it was proposed for, and gives the role over the district for the same term.
pub async fn appoint_assignment(tx: &Tx, id: LiaisonAssignmentId) -> Result<LiaisonAssignmentId> {
    let row = tx.load::<LiaisonAssignment>(id, LIAISON_ASSIGNMENT_APPOINT).await?;
    rules::assignment(&row, LIAISON_ASSIGNMENT_APPOINT, tx.now)?;
    let office = take_office(tx, &row, row.account_id, row.term_start).await?;
    let mut row: assignment::ActiveModel = row.into();
    row.state = Set(LiaisonAssignmentState::Appointed);
    row.appointment_id = Set(Some(office));
    row.update(tx).await?;
    Ok(id)
}

async fn take_office(tx: &Tx, row: &assignment::Model, who: AccountId, from: Date) -> Result<AppointmentId> {
    let new = NewAppointment {
        account_id: who,
        role: rules::role_of(row.kind),
        scope: ScopeKind::District,
        scope_id: Some(row.district_id.0),
        starts_on: from,
        ends_on: row.term_end,
    };
    appoint(tx, new).await
}

/// 解任の内容。
#[derive(InputObject)]
pub struct LiaisonAssignmentRelieveInput {
    /// 理由(人事異動など)。
    pub reason: String,
    /// 後任。残りの任期を引き継ぐ。置かない場合は指定しない。
    pub successor_account_id: Option<AccountId>,
}

/// Relieves somebody today; a successor takes the remaining term.
pub async fn relieve_assignment(
    tx: &Tx,
    id: LiaisonAssignmentId,
    input: LiaisonAssignmentRelieveInput,
) -> Result<LiaisonAssignmentId> {
    let row = tx.load::<LiaisonAssignment>(id, LIAISON_ASSIGNMENT_RELIEVE).await?;
    rules::assignment(&row, LIAISON_ASSIGNMENT_RELIEVE, tx.now)?;
    let LiaisonAssignmentRelieveInput { reason, successor_account_id } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.check(
        successor_account_id != Some(row.account_id),
        "input.successorAccountId",
        "SELF",
        "本人を後任にすることはできません。",
        "Nobody succeeds themselves.",
    );
    checks.done()?;
    leave_office(tx, row.clone(), LiaisonAssignmentState::Relieved, Date(tx.today()), Some(reason)).await?;
    if let Some(successor) = successor_account_id {
        succeed(tx, &row, successor).await?;
    }
    Ok(id)
}

/// The successor's assignment, for the remaining term, appointed at once.
async fn succeed(tx: &Tx, before: &assignment::Model, who: AccountId) -> Result<()> {
    let account = tx.peek::<Account>(who, Action::READ).await?;
    let from = Date(tx.today()).max(before.term_start);
    let office = take_office(tx, before, who, from).await?;
    let row = assignment::ActiveModel {
        id: Set(LiaisonAssignmentId::new()),
        account_id: Set(who),
        staff_name: Set(account.name),
        district_id: Set(before.district_id),
        role: Set(before.role),
        kind: Set(before.kind),
        state: Set(LiaisonAssignmentState::Appointed),
        term_start: Set(from),
        term_end: Set(before.term_end),
        appointment_id: Set(Some(office)),
        predecessor_id: Set(Some(before.id)),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

async fn leave_office(
    tx: &Tx,
    row: assignment::Model,
    state: LiaisonAssignmentState,
    on: Date,
    reason: Option<String>,
) -> Result<()> {
    if let Some(office) = row.appointment_id {
        end_office(tx, office).await?;
    }
    let mut row: assignment::ActiveModel = row.into();
    row.state = Set(state);
    row.ended_on = Set(Some(on));
    row.relief_reason = Set(reason);
    row.update(tx).await?;
    Ok(())
}

/// Records that a term is over.
pub async fn end_assignment(tx: &Tx, id: LiaisonAssignmentId) -> Result<LiaisonAssignmentId> {
    let row = tx.load::<LiaisonAssignment>(id, LIAISON_ASSIGNMENT_END).await?;
    rules::assignment(&row, LIAISON_ASSIGNMENT_END, tx.now)?;
    let on = row.term_end.unwrap_or(Date(tx.today()));
    leave_office(tx, row, LiaisonAssignmentState::Ended, on, None).await?;
    Ok(id)
}
