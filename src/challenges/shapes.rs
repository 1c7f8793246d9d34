//! What can be read of challenge projects, and by whom.

use async_graphql::{InputObject, Value};
use chrono::{DateTime, Utc};

use crate::challenges::commands::{
    CALL_CLOSE, CALL_CREATE, CALL_OPEN, CRITERION_ADD, PROPOSAL_ADOPT, PROPOSAL_CHANGE, PROPOSAL_CREATE,
    PROPOSAL_PUBLISH, PROPOSAL_REJECT, PROPOSAL_SCREEN, PROPOSAL_SUBMIT, PROPOSAL_WITHDRAW, REVIEWER_ASSIGN,
    SCORE_RECORD,
};
use crate::challenges::entity::{
    CallId, CallState, ChallengeCategory, CriterionId, ProposalId, ProposalState, ProposerKind, ReviewId, ScoreId,
    call, criterion, proposal, review, score,
};
use crate::challenges::rules;
use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Mask, ShapeDef, Ty, Where};
use crate::kernel::request::Request;
use crate::organizations::shapes::CommunityOrganization;
use crate::people::shapes::{Account, Section};
use crate::shape;

const PLANNERS: &[Role] = &[Role::PlanningStaff];
/// What a municipality lays down for its calls.
const CALL_RULES: &str = "チャレンジ事業の募集要項・審査要綱";
/// Those of the town hall who deal with proposals; nobody else there reads them before publication.
const OFFICE: &[Role] = &[Role::PlanningStaff, Role::Approver, Role::Auditor];
/// Not on what is one's own.
const OTHERS: Over = Over::Others("proposer_id");
const OWN: Over = Over::Own("proposer_id");
const ASSIGNED: Over = Over::Scope(ScopeKind::Proposal, "id");
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");

/// 公募の絞り込み。
#[derive(InputObject)]
pub struct ChallengeCallFilterInput {
    /// 年度。
    pub fiscal_year: Option<FiscalYear>,
    /// 状態。
    pub state: Option<CallState>,
}

impl Filter for ChallengeCallFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("fiscal_year", self.fiscal_year.map(|year| Param::Int(Some(i64::from(year.0)))));
        to.eq("state", self.state.map(|state| Param::text(state.word())));
    }
}

shape! {
    ChallengeCall("ChallengeCall", "チャレンジ事業の公募。", "challenge_calls") { id: CallId, row: call::Entity, may: rules::call }
    |shape| shape
        .revision()
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<String>("title", "名称。")
        .column::<String>("summary", "概要。")
        .computed::<Vec<ChallengeCategory>>("categories", "応募できる部門。", CATEGORY_COLUMNS, categories)
        .column::<Date>("opensOn", "公募の始まりの日。")
        .column::<Date>("closesOn", "公募の終わりの日。")
        .column::<Yen>("maxYen", "一件の上限額。")
        .one::<Section>("section", "section_id", "担当の部・課。")
        .column::<CallState>("state", "状態。")
        .many::<ChallengeCriterion>("criteria", "call_id", "審査基準。")
        .connection::<ChallengeProposal>("proposals", "call_id", "提案。閲覧できるもの。")
        .ordered([Key::down("opens_on", Ty::Date)])
        .waits_for(PLANNERS, Over::Municipality, ["t.state = 'OPEN' AND t.closes_on >= entaku_today()", "t.title", "t.closes_on"])
        .waits_for(PLANNERS, Over::Municipality, [WITHOUT_CRITERIA, "t.title", "t.opens_on"])
        .task(CALL_OPEN, [WITH_CRITERIA, "t.title", "t.opens_on"], [
            "準備中の公募です。始まりの日までに公募を始めてください。",
            "The call is in preparation. Please open it on its day.",
        ])
        .task(CALL_CLOSE, ["t.state = 'OPEN' AND t.closes_on < entaku_today()", "t.title", "t.closes_on"], [
            "公募の期間が終わりました。公募を締め切ってください。",
            "The period of the call is over. Please close it.",
        ])
        .filtered::<ChallengeCallFilterInput>()
        .published("t.state <> 'DRAFT'")
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(CALL_RULES)
        .create(CALL_CREATE, "", PLANNERS, Over::Municipality)
        .act(CRITERION_ADD, "", PLANNERS, Over::Municipality)
        .act(CALL_OPEN, "", PLANNERS, Over::Municipality)
        .act(CALL_CLOSE, "", PLANNERS, Over::Municipality)
}

/// A call is opened with a criterion at least (`rules::openable`).
const WITH_CRITERIA: &str = "t.state = 'DRAFT' AND (SELECT count(*) FROM challenge_criteria c \
    WHERE c.municipality_id = t.municipality_id AND c.call_id = t.id) > 0";
const WITHOUT_CRITERIA: &str = "t.state = 'DRAFT' AND (SELECT count(*) FROM challenge_criteria c \
    WHERE c.municipality_id = t.municipality_id AND c.call_id = t.id) = 0";
/// An unfilled sheet of a proposal under screening whose reviewer is one, may read it and is no party
/// (`commands::record_score`).
const TO_SCORE: &str = "t.scored_at IS NULL AND coalesce((SELECT p.state = 'SCREENING' AND coalesce((SELECT \
    bool_or(a.role = 'REVIEWER' AND (a.scope = 'MUNICIPALITY' OR a.scope = 'CALL' AND a.scope_id = p.call_id)) \
    AND bool_or(a.role = 'REVIEWER' AND a.scope = 'PROPOSAL' AND a.scope_id = p.id) \
    AND NOT bool_or(a.scope = 'ORGANIZATION' AND a.scope_id IS NOT DISTINCT FROM p.organization_id) \
    FROM appointments a WHERE a.municipality_id = t.municipality_id AND a.account_id = t.reviewer_id \
    AND a.ended_at IS NULL AND entaku_today() BETWEEN a.starts_on AND coalesce(a.ends_on, 'infinity')), false) \
    FROM challenge_proposals p WHERE p.municipality_id = t.municipality_id AND p.id = t.proposal_id), false)";

const TITLE_OF_PROPOSAL: &str = "(SELECT p.title FROM challenge_proposals p \
     WHERE p.municipality_id = t.municipality_id AND p.id = t.proposal_id)";
const CATEGORY_COLUMNS: &[&str] = &["for_child", "for_youth", "for_adult", "for_corporate"];

fn categories(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    use ChallengeCategory::{Adult, Child, Corporate, Youth};
    let mut found = Vec::new();
    for (column, category) in CATEGORY_COLUMNS.iter().zip([Child, Youth, Adult, Corporate]) {
        if row.get::<bool>(column)? {
            found.push(Value::from(category.word()));
        }
    }
    Ok(Value::List(found))
}

shape! {
    ChallengeCriterion("ChallengeCriterion", "審査基準。", "challenge_criteria") { id: CriterionId, row: criterion::Entity }
    |shape| shape
        .one::<ChallengeCall>("call", "call_id", "公募。")
        .column::<String>("label", "基準の名称。")
        .column::<i32>("maxScore", "配点。")
        .ordered([Key::up("created_at", Ty::Time)])
        .published("coalesce((SELECT c.state <> 'DRAFT' FROM challenge_calls c WHERE c.municipality_id = t.municipality_id AND c.id = t.call_id), false)")
        .readable(Role::STAFF, Over::Municipality)
}

/// 提案の絞り込み。
#[derive(InputObject)]
pub struct ChallengeProposalFilterInput {
    /// 公募。
    pub call_id: Option<CallId>,
    /// 部門。
    pub category: Option<ChallengeCategory>,
    /// 状態(いずれか)。
    pub state: Option<Vec<ProposalState>>,
}

impl Filter for ChallengeProposalFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("call_id", self.call_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("category", self.category.map(|category| Param::text(category.word())));
        to.among("state", self.state.map(|states| states.into_iter().map(ProposalState::word).collect()));
    }
}

/// Those who see the proposer's name without their consent to its publication.
fn parties() -> Vec<Permit> {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    vec![
        read(&[], OWN),
        read(OFFICE, Over::Municipality),
        read(Role::ORGANIZATION, IN_ORGANIZATION),
        read(&[Role::Reviewer], ASSIGNED),
    ]
}

/// Who reviews a proposal is not known to whoever proposed it, nor outside the office.
fn reviewers() -> Mask {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    let permits = vec![read(OFFICE, Over::Others("proposer_id")), read(&[Role::Reviewer], ASSIGNED)];
    Mask { permits, unless: None, personal: false, reason: "REVIEWERS" }
}

shape! {
    ChallengeProposal("ChallengeProposal", "チャレンジ事業への提案。採択が公開されるまでは関係者だけが読める。", "challenge_proposals") { id: ProposalId, row: proposal::Entity, may: rules::proposal }
    |shape| proposal_acts(shape
        .revision()
        .one::<ChallengeCall>("call", "call_id", "公募。")
        .column::<ChallengeCategory>("category", "部門。")
        .column::<String>("title", "題名。")
        .column::<String>("summary", "概要。")
        .column::<String>("myText", "自分のこと(my)。")
        .column::<String>("socialText", "社会のこと(social)。")
        .column::<String>("actionText", "行動(action)。")
        .column::<Yen>("requestedYen", "希望する額。")
        .one::<Account>("proposer", "proposer_id", "提案者のアカウント。本人と職員だけに表示される。")
        .column::<String>("proposerName", "提案者の氏名。公開に同意していない場合は、関係者だけに表示される。")
        .masked(Mask { permits: parties(), unless: Some("name_public"), personal: true, reason: "NO_CONSENT" })
        .column::<bool>("namePublic", "氏名の公開に同意しているか。")
        .column::<ProposerKind>("proposerKind", "提案者の種類。")
        .column::<Option<String>>("groupName", "グループ・団体・企業の名称。")
        .one::<CommunityOrganization>("organization", "organization_id", "提案した地域組織。")
        .column::<bool>("guardianConsent", "保護者の同意を得ているか。")
        .column::<ProposalState>("state", "状態。")
        .column::<Option<DateTime<Utc>>>("submittedAt", "提出した日時。")
        .column::<Option<DateTime<Utc>>>("decidedAt", "採否を決めた日時。")
        .one::<Account>("decidedBy", "decided_by", "採否を決めた人。職員だけに表示される。")
        .column::<Option<String>>("decisionReason", "採択・不採択の理由。")
        .column::<Option<Yen>>("adoptedYen", "採択した額。")
        .column::<Option<Decimal>>("averageScore", "採点の合計の平均。小数第2位まで(四捨五入)。採択のときに決まる。")
        .column::<Option<DateTime<Utc>>>("publishedAt", "公開した日時。")
        .many::<ChallengeReview>("reviews", "proposal_id", "審査。担当職員と、審査員本人のものだけが読める。")
        .withheld(reviewers())
        .ordered([Key::down("created_at", Ty::Time)])
        .waits_for(PLANNERS, Over::Municipality, [BEING_SCORED, "t.title", ""])
        .filtered::<ChallengeProposalFilterInput>()
        .published("t.state = 'PUBLISHED'")
        .readable(&[], OWN)
        .readable(OFFICE, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(&[Role::Reviewer], ASSIGNED))
}

fn proposal_acts(shape: ShapeDef) -> ShapeDef {
    let shape = shape.ruled_by(CALL_RULES).create(PROPOSAL_CREATE, "", &[], Over::SignedIn);
    let own = [PROPOSAL_CHANGE, PROPOSAL_SUBMIT, PROPOSAL_WITHDRAW];
    let shape = own.into_iter().fold(shape, |shape, action| shape.act(action, "", &[], OWN));
    let office = [REVIEWER_ASSIGN, PROPOSAL_SCREEN, PROPOSAL_ADOPT, PROPOSAL_REJECT, PROPOSAL_PUBLISH];
    let shape = office.into_iter().fold(shape, |shape, action| {
        shape.act(action, "", PLANNERS, Over::Municipality).apart(action, &["proposer_id"])
    });
    proposal_tasks(shape.step_up(PROPOSAL_ADOPT).step_up(PROPOSAL_REJECT))
}

/// A draft that can be submitted while its call takes proposals (`rules::taken`).
const SUBMITTABLE: &str = "t.state = 'DRAFT' AND (t.category <> 'CHILD' OR t.guardian_consent) AND coalesce((SELECT \
    c.state = 'OPEN' AND entaku_today() BETWEEN c.opens_on AND c.closes_on FROM challenge_calls c \
    WHERE c.municipality_id = t.municipality_id AND c.id = t.call_id), false)";
const CALL_CLOSES: &str = "(SELECT c.closes_on FROM challenge_calls c \
    WHERE c.municipality_id = t.municipality_id AND c.id = t.call_id)";
/// Is every sheet of it filled, and is there one (`rules::all_scored`)?
const SCORED: &str = "t.state = 'SCREENING' AND coalesce((SELECT bool_and(r.scored_at IS NOT NULL) \
    FROM challenge_reviews r WHERE r.municipality_id = t.municipality_id AND r.proposal_id = t.id), false)";
const BEING_SCORED: &str = "t.state = 'SCREENING' AND NOT coalesce((SELECT bool_and(r.scored_at IS NOT NULL) \
    FROM challenge_reviews r WHERE r.municipality_id = t.municipality_id AND r.proposal_id = t.id), false)";
/// Whoever holds anything over the organization that proposes (`commands::review::keep_apart`).
const PARTIES: &str = "SELECT p.account_id FROM appointments p WHERE p.municipality_id = t.municipality_id \
    AND p.scope = 'ORGANIZATION' AND p.scope_id = t.organization_id AND p.ended_at IS NULL \
    AND entaku_today() BETWEEN p.starts_on AND coalesce(p.ends_on, 'infinity')";

/// Whoever has a sheet of it: they do not decide (`commands::decision`).
const REVIEWERS: &str = "SELECT r.reviewer_id FROM challenge_reviews r \
    WHERE r.municipality_id = t.municipality_id AND r.proposal_id = t.id";

fn proposal_tasks(shape: ShapeDef) -> ShapeDef {
    shape
        .task(
            PROPOSAL_SUBMIT,
            [SUBMITTABLE, "t.title", CALL_CLOSES],
            [
                "提案の下書きがあります。公募の終わる日までに提出してください。",
                "There is a draft of your proposal. Please submit it before the call ends.",
            ],
        )
        .task(
            PROPOSAL_SCREEN,
            ["t.state = 'SUBMITTED'", "t.title", ""],
            [
                "提案が提出されました。審査員を割り当て、審査を始めてください。",
                "The proposal was submitted. Please assign its reviewers and begin the screening.",
            ],
        )
        .except(PARTIES)
        .task(
            PROPOSAL_ADOPT,
            [SCORED, "t.title", ""],
            [
                "すべての審査員が採点しました。採択または不採択を決めてください。",
                "All reviewers have scored it. Please adopt or reject it.",
            ],
        )
        .except(PARTIES)
        .except(REVIEWERS)
        .task(
            PROPOSAL_PUBLISH,
            ["t.state = 'ADOPTED'", "t.title", ""],
            ["提案を採択しました。公開してください。", "The proposal was adopted. Please publish it."],
        )
        .except(PARTIES)
}

shape! {
    ChallengeReview("ChallengeReview", "審査員一人の審査。割り当てから採点表まで。提案者には見えない。", "challenge_reviews") { id: ReviewId, row: review::Entity, may: rules::review }
    |shape| shape
        .one::<ChallengeProposal>("proposal", "proposal_id", "提案。")
        .one::<Account>("reviewer", "reviewer_id", "審査員。")
        .column::<Option<DateTime<Utc>>>("scoredAt", "採点した日時。")
        .column::<Option<i32>>("total", "合計点。")
        .column::<Option<String>>("comment", "講評。")
        .many::<ChallengeScore>("scores", "review_id", "審査基準ごとの点数。")
        .ordered([Key::up("created_at", Ty::Time)])
        .waits_for(&[Role::Reviewer], Over::Own("reviewer_id"), ["t.scored_at IS NULL", TITLE_OF_PROPOSAL, ""])
        .task(SCORE_RECORD, [TO_SCORE, TITLE_OF_PROPOSAL, ""], [
            "提案の審査が始まりました。採点表を提出してください。",
            "The screening has begun. Please fill the sheet.",
        ])
        .readable(&[], Over::Own("reviewer_id"))
        .readable(OFFICE, OTHERS)
        .ruled_by(CALL_RULES)
        .act(SCORE_RECORD, "", &[], Over::Own("reviewer_id"))
}

shape! {
    ChallengeScore("ChallengeScore", "審査基準一つの点数。", "challenge_scores") { id: ScoreId, row: score::Entity }
    |shape| shape
        .one::<ChallengeCriterion>("criterion", "criterion_id", "審査基準。")
        .column::<i32>("score", "点数。")
        .column::<i32>("maxScore", "配点。")
        .ordered([Key::up("created_at", Ty::Time)])
        .readable(&[], Over::Own("reviewer_id"))
        .readable(OFFICE, OTHERS)
}
