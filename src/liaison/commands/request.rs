//! What a district asks for, on its way to a section and back.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, Set};

use crate::kernel::date::Date;
use crate::kernel::error::{Refusal, Result};
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::liaison::commands::{
    LIAISON_REQUEST_ANSWER, LIAISON_REQUEST_CLOSE, LIAISON_REQUEST_FORWARD, LIAISON_REQUEST_RECEIVE,
    LIAISON_REQUEST_REPORT_BACK, check_organization,
};
use crate::liaison::entity::{LiaisonRequestId, LiaisonRequestState, LiaisonVisitId, request};
use crate::liaison::shapes::{LiaisonRequest, LiaisonVisit};
use crate::liaison::{notices, rules};
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::District;
use crate::people::entity::SectionId;
use crate::people::notifications::entity::NotificationKind;
use crate::people::shapes::Section;

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
