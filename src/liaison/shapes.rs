//! What can be read of liaison work, and by whom.

use async_graphql::InputObject;

use crate::kernel::date::Date;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Children, Filter, Key, Mask, Ty, Where};
use crate::liaison::commands::{
    LIAISON_ASSIGNMENT_APPOINT, LIAISON_ASSIGNMENT_END, LIAISON_ASSIGNMENT_PROPOSE, LIAISON_ASSIGNMENT_RELIEVE,
    LIAISON_REQUEST_ANSWER, LIAISON_REQUEST_CLOSE, LIAISON_REQUEST_FORWARD, LIAISON_REQUEST_RECEIVE,
    LIAISON_REQUEST_REPORT_BACK, LIAISON_VISIT_CHANGE, LIAISON_VISIT_LOG,
};
use crate::liaison::entity::{
    LiaisonAssignmentId, LiaisonAssignmentState, LiaisonKind, LiaisonRequestId, LiaisonRequestState, LiaisonRole,
    LiaisonVisitId, LiaisonVisitKind, assignment, request, visit,
};
use crate::liaison::rules;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::{CommunityOrganization, District};
use crate::people::entity::SectionId;
use crate::people::shapes::{Account, Section};
use crate::shape;

/// What a municipality lays down for those who look after its districts.
const LIAISON_RULES: &str = "地域担当職員の設置に関する要綱";
const PLANNING: &[Role] = &[Role::PlanningStaff];
const LIAISON: &[Role] = &[Role::Liaison];
const SECTION: &[Role] = &[Role::SectionStaff];
const IN_DISTRICT: Over = Over::Scope(ScopeKind::District, "district_id");
const IN_SECTION: Over = Over::Scope(ScopeKind::Section, "section_id");
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");
const OWN: Over = Over::Own("account_id");

/// 担当の絞り込み。
#[derive(InputObject)]
pub struct LiaisonAssignmentFilterInput {
    /// 地区。
    pub district_id: Option<DistrictId>,
    /// 種類。
    pub kind: Option<LiaisonKind>,
    /// 状態(いずれか)。
    pub state: Option<Vec<LiaisonAssignmentState>>,
}

impl Filter for LiaisonAssignmentFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("district_id", self.district_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("kind", self.kind.map(|kind| Param::text(kind.word())));
        to.among("state", self.state.map(|states| states.into_iter().map(LiaisonAssignmentState::word).collect()));
    }
}

shape! {
    LiaisonAssignment("LiaisonAssignment", "地区の担当(地域担当職員・生活支援コーディネーター・集落支援員)。現に担当している人は公開される。", "liaison_assignments") { id: LiaisonAssignmentId, row: assignment::Entity, may: rules::assignment }
    |shape| shape
        .revision()
        .one::<District>("district", "district_id", "担当する地区。")
        .one::<Account>("account", "account_id", "担当する人のアカウント。")
        .column::<String>("staffName", "担当する人の氏名。")
        .column::<LiaisonRole>("role", "役割(主担当・副担当・班長)。")
        .column::<LiaisonKind>("kind", "種類。")
        .column::<LiaisonAssignmentState>("state", "状態。")
        .column::<Date>("termStart", "任期の始まり。")
        .column::<Option<Date>>("termEnd", "任期の終わり。")
        .column::<Option<Date>>("endedOn", "担当を終えた日。")
        .column::<Option<String>>("reliefReason", "解任の理由。")
        .masked(Mask { permits: staff_and_oneself(), unless: None, personal: true, reason: "PERSONNEL" })
        .one::<LiaisonAssignment>("predecessor", "predecessor_id", "前任。")
        .first::<LiaisonAssignment>("successor", Children { key: "predecessor_id", when: "", order: &[] }, "後任。残りの任期を引き継ぐ。")
        .ordered([Key::up("term_start", Ty::Date)])
        .task(LIAISON_ASSIGNMENT_APPOINT, ["t.state = 'PROPOSED' AND coalesce(t.term_end, 'infinity') >= entaku_today()", "t.staff_name", "t.term_start"], [
            "地区の担当が推薦されています。任期の始まりまでに任命してください。",
            "Somebody is proposed for a district. Please appoint them before the term begins.",
        ])
        .except("SELECT t.account_id")
        .task(LIAISON_ASSIGNMENT_END, ["t.state = 'APPOINTED' AND t.term_end < entaku_today()", "t.staff_name", "t.term_end"], [
            "任期が終わりました。任期満了として担当を終えてください。",
            "The term is over. Please end the assignment.",
        ])
        .filtered::<LiaisonAssignmentFilterInput>()
        .published("t.state = 'APPOINTED' AND (entaku_now() AT TIME ZONE 'Asia/Tokyo')::date BETWEEN t.term_start AND coalesce(t.term_end, 'infinity')")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::FIELD, IN_DISTRICT)
        .readable(&[], OWN)
        .ruled_by(LIAISON_RULES)
        .create(LIAISON_ASSIGNMENT_PROPOSE, "", PLANNING, Over::Municipality)
        .act(LIAISON_ASSIGNMENT_APPOINT, "", PLANNING, Over::Municipality)
        .step_up(LIAISON_ASSIGNMENT_APPOINT)
        .act(LIAISON_ASSIGNMENT_RELIEVE, "", PLANNING, Over::Municipality)
        .act(LIAISON_ASSIGNMENT_END, "", PLANNING, Over::Municipality)
}

/// Why somebody was relieved is between them and the staff.
fn staff_and_oneself() -> Vec<Permit> {
    vec![
        Permit { action: Action::READ, roles: Role::STAFF, over: Over::Municipality },
        Permit { action: Action::READ, roles: &[], over: OWN },
    ]
}

/// 活動記録の絞り込み。
#[derive(InputObject)]
pub struct LiaisonVisitFilterInput {
    /// 地区。
    pub district_id: Option<DistrictId>,
    /// 地域組織。
    pub organization_id: Option<OrganizationId>,
    /// この日以後の活動。
    pub from: Option<Date>,
    /// この日以前の活動。
    pub to: Option<Date>,
}

impl Filter for LiaisonVisitFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("district_id", self.district_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("organization_id", self.organization_id.map(|id| Param::Uuid(Some(id.0))));
        if let Some(from) = self.from {
            to.also("t.visited_on >= ?", vec![Param::Date(Some(from.0))]);
        }
        if let Some(until) = self.to {
            to.also("t.visited_on <= ?", vec![Param::Date(Some(until.0))]);
        }
    }
}

shape! {
    LiaisonVisit("LiaisonVisit", "地区での活動の記録。職員と地区の担当だけが読める。", "liaison_visits") { id: LiaisonVisitId, row: visit::Entity, may: rules::visit }
    |shape| shape
        .revision()
        .one::<District>("district", "district_id", "地区。")
        .one::<CommunityOrganization>("organization", "organization_id", "相手の地域組織。")
        .one::<Account>("account", "account_id", "記録した人のアカウント。")
        .column::<String>("staffName", "記録した人の氏名。")
        .column::<Date>("visitedOn", "活動した日。")
        .column::<i32>("minutes", "かかった時間(分)。")
        .column::<LiaisonVisitKind>("kind", "活動の種類。")
        .column::<Option<String>>("place", "場所。")
        .column::<String>("content", "活動の内容。")
        .column::<Option<String>>("requestsHeard", "聞いた要望。")
        .many::<LiaisonRequest>("requests", "visit_id", "この活動で受けた要望。")
        .ordered([Key::down("visited_on", Ty::Date)])
        .filtered::<LiaisonVisitFilterInput>()
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::FIELD, IN_DISTRICT)
        .readable(&[], OWN)
        .ruled_by(LIAISON_RULES)
        .create(LIAISON_VISIT_LOG, "", Role::FIELD, IN_DISTRICT)
        .act(LIAISON_VISIT_CHANGE, "", &[], OWN)
}

/// 要望の絞り込み。
#[derive(InputObject)]
pub struct LiaisonRequestFilterInput {
    /// 地区。
    pub district_id: Option<DistrictId>,
    /// 地域組織。
    pub organization_id: Option<OrganizationId>,
    /// 取り次いだ課。
    pub section_id: Option<SectionId>,
    /// 状態(いずれか)。
    pub state: Option<Vec<LiaisonRequestState>>,
}

impl Filter for LiaisonRequestFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("district_id", self.district_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("organization_id", self.organization_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("section_id", self.section_id.map(|id| Param::Uuid(Some(id.0))));
        to.among("state", self.state.map(|states| states.into_iter().map(LiaisonRequestState::word).collect()));
    }
}

shape! {
    LiaisonRequest("LiaisonRequest", "地域からの要望の取次ぎ。関係課の回答は必ず地域に伝える。", "liaison_requests") { id: LiaisonRequestId, row: request::Entity, may: rules::request }
    |shape| shape
        .revision()
        .one::<District>("district", "district_id", "地区。")
        .one::<CommunityOrganization>("organization", "organization_id", "要望した地域組織。")
        .one::<LiaisonVisit>("visit", "visit_id", "要望を聞いた活動の記録。")
        .one::<Section>("section", "section_id", "取り次いだ課。")
        .column::<LiaisonRequestState>("state", "状態。")
        .column::<String>("subject", "件名。")
        .column::<String>("content", "内容。")
        .column::<Date>("receivedOn", "受けた日。")
        .one::<Account>("receivedBy", "received_by", "受けた人。")
        .column::<Option<Date>>("forwardedOn", "関係課に取り次いだ日。")
        .column::<Option<String>>("answer", "回答。")
        .column::<Option<Date>>("answeredOn", "回答した日。")
        .one::<Account>("answeredBy", "answered_by", "回答した人。")
        .column::<Option<Date>>("reportedOn", "回答を地域に伝えた日。")
        .column::<Option<String>>("reportNote", "伝えたときの様子。")
        .column::<Option<Date>>("closedOn", "完了した日。")
        .ordered([Key::down("received_on", Ty::Date)])
        .waits_for(LIAISON, IN_DISTRICT, ["t.state = 'FORWARDED'", "t.subject", ""])
        .task(LIAISON_REQUEST_FORWARD, ["t.state = 'RECEIVED'", "t.subject", ""], [
            "地域から要望がありました。担当する課に取り次いでください。",
            "A district made a request. Please forward it to the section in charge.",
        ])
        .task(LIAISON_REQUEST_ANSWER, ["t.state = 'FORWARDED'", "t.subject", ""], [
            "地域の要望が取り次がれました。回答してください。",
            "A request was forwarded to your section. Please answer it.",
        ])
        .task(LIAISON_REQUEST_REPORT_BACK, ["t.state = 'ANSWERED'", "t.subject", ""], [
            "要望に回答がありました。地域に伝え、そのことを記録してください。",
            "The request was answered. Please bring the answer back and record it.",
        ])
        .task(LIAISON_REQUEST_CLOSE, ["t.state = 'REPORTED_BACK'", "t.subject", ""], [
            "回答を地域に伝えました。済んでいれば完了としてください。",
            "The answer was brought back. Please close the request if nothing is left.",
        ])
        .filtered::<LiaisonRequestFilterInput>()
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::FIELD, IN_DISTRICT)
        .readable(SECTION, IN_SECTION)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .ruled_by(LIAISON_RULES)
        .create(LIAISON_REQUEST_RECEIVE, "", LIAISON, IN_DISTRICT)
        .act(LIAISON_REQUEST_FORWARD, "", LIAISON, IN_DISTRICT)
        .act(LIAISON_REQUEST_FORWARD, "", PLANNING, Over::Municipality)
        .act(LIAISON_REQUEST_ANSWER, "", SECTION, IN_SECTION)
        .act(LIAISON_REQUEST_REPORT_BACK, "", LIAISON, IN_DISTRICT)
        .act(LIAISON_REQUEST_CLOSE, "", LIAISON, IN_DISTRICT)
        .act(LIAISON_REQUEST_CLOSE, "", PLANNING, Over::Municipality)
}
