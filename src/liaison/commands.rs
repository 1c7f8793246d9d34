//! What is done with assignments, visits and requests.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::principal::{AccountId, ScopeKind};
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::liaison::entity::{
    LiaisonAssignmentId, LiaisonAssignmentState, LiaisonKind, LiaisonRequestId, LiaisonRequestState, LiaisonRole,
    LiaisonVisitId, LiaisonVisitKind, assignment, request, visit,
};
use crate::liaison::shapes::{LiaisonAssignment, LiaisonRequest, LiaisonVisit};
use crate::liaison::{notices, rules};
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::{CommunityOrganization, District};
use crate::people::commands::{NewAppointment, appoint, end_office};
use crate::people::entity::{AppointmentId, SectionId};
use crate::people::notifications::entity::NotificationKind;
use crate::people::shapes::{Account, Section};

/// 担当を内申する。
pub const LIAISON_ASSIGNMENT_PROPOSE: Action = Action("liaisonAssignmentPropose");
/// 担当を任命する。
pub const LIAISON_ASSIGNMENT_APPOINT: Action = Action("liaisonAssignmentAppoint");
/// 担当を解き、後任に引き継ぐ。
pub const LIAISON_ASSIGNMENT_RELIEVE: Action = Action("liaisonAssignmentRelieve");
/// 担当を任期満了とする。
pub const LIAISON_ASSIGNMENT_END: Action = Action("liaisonAssignmentEnd");
/// 活動を記録する。
pub const LIAISON_VISIT_LOG: Action = Action("liaisonVisitLog");
/// 活動記録を直す。
pub const LIAISON_VISIT_CHANGE: Action = Action("liaisonVisitChange");
/// 要望を受ける。
pub const LIAISON_REQUEST_RECEIVE: Action = Action("liaisonRequestReceive");
/// 要望を関係課に取り次ぐ。
pub const LIAISON_REQUEST_FORWARD: Action = Action("liaisonRequestForward");
/// 要望に回答する。
pub const LIAISON_REQUEST_ANSWER: Action = Action("liaisonRequestAnswer");
/// 回答を地域に伝えたことを記録する。
pub const LIAISON_REQUEST_REPORT_BACK: Action = Action("liaisonRequestReportBack");
/// 要望を完了する。
pub const LIAISON_REQUEST_CLOSE: Action = Action("liaisonRequestClose");

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
    Ok(row.insert(tx).await?.id)
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

/// 活動記録の内容。
#[derive(InputObject)]
pub struct LiaisonVisitLogInput {
    /// 地区。
    pub district_id: DistrictId,
    /// 相手の地域組織。特定の組織でなければ指定しない。
    pub organization_id: Option<OrganizationId>,
    /// 活動した日。
    pub visited_on: Date,
    /// かかった時間(分)。
    pub minutes: i32,
    /// 活動の種類。
    pub kind: LiaisonVisitKind,
    /// 場所。
    pub place: Option<String>,
    /// 活動の内容。
    pub content: String,
    /// 聞いた要望。
    pub requests_heard: Option<String>,
}

/// Logs an activity of one's own.
pub async fn log_visit(tx: &Tx, input: LiaisonVisitLogInput) -> Result<LiaisonVisitId> {
    let LiaisonVisitLogInput {
        district_id,
        organization_id,
        visited_on,
        minutes,
        kind,
        place,
        content,
        requests_heard,
    } = input;
    tx.peek::<District>(district_id, Action::READ).await?;
    tx.may_create::<LiaisonVisit>(LIAISON_VISIT_LOG, &[("district_id", district_id.0)])?;
    let account = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let author = tx.peek::<Account>(account, Action::READ).await?;
    let mut checks = Checks::new();
    check_organization(tx, &mut checks, organization_id, district_id).await?;
    check_activity(tx, &mut checks, Some(visited_on), Some(minutes));
    let row = visit::ActiveModel {
        id: Set(LiaisonVisitId::new()),
        account_id: Set(account),
        staff_name: Set(author.name),
        district_id: Set(district_id),
        organization_id: Set(organization_id),
        visited_on: Set(visited_on),
        minutes: Set(minutes),
        kind: Set(kind),
        place: Set(checks.optional("input.place", place.as_deref(), 200)),
        content: Set(checks.text("input.content", &content, 4000)),
        requests_heard: Set(checks.optional("input.requestsHeard", requests_heard.as_deref(), 4000)),
        ..Default::default()
    };
    checks.done()?;
    Ok(row.insert(tx).await?.id)
}

async fn check_organization(
    tx: &Tx,
    checks: &mut Checks,
    organization: Option<OrganizationId>,
    district: DistrictId,
) -> Result<()> {
    if let Some(id) = organization {
        let organization = tx.peek::<CommunityOrganization>(id, Action::READ).await?;
        checks.check(
            organization.district_id == district,
            "input.organizationId",
            "DISTRICT",
            "この地区の地域組織ではありません。",
            "The organization is of another district.",
        );
    }
    Ok(())
}

fn check_activity(tx: &Tx, checks: &mut Checks, on: Option<Date>, minutes: Option<i32>) {
    checks.check(
        on.is_none_or(|on| on.0 <= tx.today()),
        "input.visitedOn",
        "FUTURE",
        "未来の日付です。",
        "The day has not come yet.",
    );
    checks.check(
        minutes.is_none_or(|m| (1..=1440).contains(&m)),
        "input.minutes",
        "RANGE",
        "1から1440までで入力してください。",
        "1 to 1440.",
    );
}

/// 活動記録の訂正。指定した項目だけが変わる。
#[derive(InputObject)]
pub struct LiaisonVisitChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 活動した日(今年度の日)。
    pub visited_on: Option<Date>,
    /// かかった時間(分)。
    pub minutes: Option<i32>,
    /// 活動の種類。
    pub kind: Option<LiaisonVisitKind>,
    /// 場所。null は消去。
    pub place: MaybeUndefined<String>,
    /// 活動の内容。
    pub content: Option<String>,
    /// 聞いた要望。null は消去。
    pub requests_heard: MaybeUndefined<String>,
}

/// Corrects a log entry of one's own.
pub async fn change_visit(tx: &Tx, id: LiaisonVisitId, input: LiaisonVisitChangeInput) -> Result<LiaisonVisitId> {
    let row = tx.load::<LiaisonVisit>(id, LIAISON_VISIT_CHANGE).await?;
    rules::visit(&row, LIAISON_VISIT_CHANGE, tx.now)?;
    let LiaisonVisitChangeInput { revision, visited_on, minutes, kind, place, content, requests_heard } = input;
    same_revision::<LiaisonVisit>(id, row.revision, revision)?;
    let mut checks = Checks::new();
    check_activity(tx, &mut checks, visited_on, minutes);
    let mut moved = row.clone();
    moved.visited_on = visited_on.unwrap_or(row.visited_on);
    let kept = rules::visit(&moved, LIAISON_VISIT_CHANGE, tx.now).is_ok();
    checks.check(kept, "input.visitedOn", "FISCAL_YEAR", "今年度の日ではありません。", "Not of this fiscal year.");
    let mut row: visit::ActiveModel = row.into();
    row.visited_on = Set(moved.visited_on);
    if let Some(minutes) = minutes {
        row.minutes = Set(minutes);
    }
    if let Some(kind) = kind {
        row.kind = Set(kind);
    }
    if let Some(content) = content {
        row.content = Set(checks.text("input.content", &content, 4000));
    }
    place.map_value(|t| checks.text("input.place", &t, 200)).apply(&mut row.place);
    requests_heard.map_value(|t| checks.text("input.requestsHeard", &t, 4000)).apply(&mut row.requests_heard);
    checks.done()?;
    row.update(tx).await?;
    Ok(id)
}

/// 受けた要望の内容。
#[derive(InputObject)]
pub struct LiaisonRequestReceiveInput {
    /// 地区。
    pub district_id: DistrictId,
    /// 要望した地域組織。組織の要望でなければ指定しない。
    pub organization_id: Option<OrganizationId>,
    /// 要望を聞いた活動の記録。
    pub visit_id: Option<LiaisonVisitId>,
    /// 件名。
    pub subject: String,
    /// 内容。
    pub content: String,
}

/// Takes a request of a district or of one of its organizations.
pub async fn receive_request(tx: &Tx, input: LiaisonRequestReceiveInput) -> Result<LiaisonRequestId> {
    let LiaisonRequestReceiveInput { district_id, organization_id, visit_id, subject, content } = input;
    tx.peek::<District>(district_id, Action::READ).await?;
    tx.may_create::<LiaisonRequest>(LIAISON_REQUEST_RECEIVE, &[("district_id", district_id.0)])?;
    let mut checks = Checks::new();
    check_organization(tx, &mut checks, organization_id, district_id).await?;
    if let Some(visit) = visit_id {
        let visit = tx.peek::<LiaisonVisit>(visit, Action::READ).await?;
        let here = visit.district_id == district_id;
        checks.check(here, "input.visitId", "DISTRICT", "この地区の活動ではありません。", "Of another district.");
    }
    let row = request::ActiveModel {
        id: Set(LiaisonRequestId::new()),
        district_id: Set(district_id),
        organization_id: Set(organization_id),
        visit_id: Set(visit_id),
        state: Set(LiaisonRequestState::Received),
        subject: Set(checks.text("input.subject", &subject, 200)),
        content: Set(checks.text("input.content", &content, 4000)),
        received_on: Set(Date(tx.today())),
        received_by: Set(tx.principal.account),
        ..Default::default()
    };
    checks.done()?;
    let row = row.insert(tx).await?;
    notices::to_liaisons(tx, &row, NotificationKind::RequestReceived).await?;
    Ok(row.id)
}

/// Passes a request to the section that can answer it; a wrong section is replaced by another.
pub async fn forward_request(tx: &Tx, id: LiaisonRequestId, section: SectionId) -> Result<LiaisonRequestId> {
    let row = tx.load::<LiaisonRequest>(id, LIAISON_REQUEST_FORWARD).await?;
    rules::request(&row, LIAISON_REQUEST_FORWARD, tx.now)?;
    let to = tx.peek::<Section>(section, Action::READ).await?;
    if row.section_id == Some(section) {
        return Err(Refusal::new("FORWARDED", "すでにこの課に取り次いでいます。", "It is there already.").into());
    }
    if to.abolished_on.is_some_and(|day| day.0 <= tx.today()) {
        return Err(Refusal::new("ABOLISHED", "この課は廃止されています。", "The section is abolished.").into());
    }
    notices::forwarded(tx, &row, section).await?;
    let mut row: request::ActiveModel = row.into();
    row.state = Set(LiaisonRequestState::Forwarded);
    row.section_id = Set(Some(section));
    row.forwarded_on = Set(Some(Date(tx.today())));
    row.update(tx).await?;
    Ok(id)
}

/// Answers a request as the section it was forwarded to.
pub async fn answer_request(tx: &Tx, id: LiaisonRequestId, answer: &str) -> Result<LiaisonRequestId> {
    let row = tx.load::<LiaisonRequest>(id, LIAISON_REQUEST_ANSWER).await?;
    rules::request(&row, LIAISON_REQUEST_ANSWER, tx.now)?;
    let mut checks = Checks::new();
    let answer = checks.text("answer", answer, 4000);
    checks.done()?;
    notices::to_liaisons(tx, &row, NotificationKind::RequestAnswered).await?;
    let mut row: request::ActiveModel = row.into();
    row.state = Set(LiaisonRequestState::Answered);
    row.answer = Set(Some(answer));
    row.answered_on = Set(Some(Date(tx.today())));
    row.answered_by = Set(tx.principal.account);
    row.update(tx).await?;
    Ok(id)
}

/// Records that the answer was brought back to those who asked.
pub async fn report_back(tx: &Tx, id: LiaisonRequestId, note: Option<String>) -> Result<LiaisonRequestId> {
    let row = tx.load::<LiaisonRequest>(id, LIAISON_REQUEST_REPORT_BACK).await?;
    rules::request(&row, LIAISON_REQUEST_REPORT_BACK, tx.now)?;
    let mut checks = Checks::new();
    let note = checks.optional("note", note.as_deref(), 1000);
    checks.done()?;
    notices::reported_back(tx, &row).await?;
    let mut row: request::ActiveModel = row.into();
    row.state = Set(LiaisonRequestState::ReportedBack);
    row.reported_on = Set(Some(Date(tx.today())));
    row.report_note = Set(note);
    row.update(tx).await?;
    Ok(id)
}

/// Closes a request that was reported back.
pub async fn close_request(tx: &Tx, id: LiaisonRequestId) -> Result<LiaisonRequestId> {
    let row = tx.load::<LiaisonRequest>(id, LIAISON_REQUEST_CLOSE).await?;
    rules::request(&row, LIAISON_REQUEST_CLOSE, tx.now)?;
    let mut row: request::ActiveModel = row.into();
    row.state = Set(LiaisonRequestState::Closed);
    row.closed_on = Set(Some(Date(tx.today())));
    row.update(tx).await?;
    Ok(id)
}
