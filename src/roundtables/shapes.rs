//! What can be read of round tables, and by whom.

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};

use crate::files::shapes::attached;
use crate::kernel::date::Date;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Filter, Key, Mask, Order, ShapeDef, Ty, Where};
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::organizations::shapes::{CommunityOrganization, District};
use crate::people::shapes::Account;
use crate::roundtables::commands::{
    ACTION_ITEM_PROGRESS, ACTION_ITEM_RECORD, ANNOUNCE, CANCEL, CHANGE, CLOSE, DECISION_RECORD, FILE_ATTACH,
    FILE_DETACH, HOLD, ISSUE_CONCLUDE, ISSUE_RECORD, MINUTES_PUBLISH, MINUTES_RETURN, MINUTES_SUBMIT, PARTICIPANT_ADD,
    PASSAGE_RECORD, PLAN, POSTPONE,
};
use crate::roundtables::entity::{
    ActionItemId, ActionItemState, Audience, DecisionId, IssueId, IssueOutcome, ParticipantId, ParticipantRole,
    PassageId, RoundtableFileId, RoundtableId, RoundtableState, Sector, SessionKind, action_item, decision, issue,
    participant, passage, roundtable, roundtable_file,
};
use crate::roundtables::rules;
use crate::shape;

const PLANNERS: &[Role] = &[Role::PlanningStaff];
const OFFICERS: &[Role] = &[Role::OrgOfficer];
/// What a municipality lays down for its round tables and for what is published of them.
const MEETING_RULES: &str = "地域円卓会議の運営要綱・会議の公開に関する要綱";
const LIAISONS: &[Role] = &[Role::Liaison];
const IN_ORGANIZATION: Over = Over::Scope(ScopeKind::Organization, "organization_id");
const IN_DISTRICT: Over = Over::Scope(ScopeKind::District, "district_id");

/// Those who see the record before it is published: the town hall, the organization that holds the
/// meeting, and who looks after its district.
fn insiders() -> Vec<Permit> {
    let read = |roles, over| Permit { action: Action::READ, roles, over };
    vec![
        read(Role::STAFF, Over::Municipality),
        read(Role::ORGANIZATION, IN_ORGANIZATION),
        read(Role::FIELD, IN_DISTRICT),
    ]
}

fn readable_inside(shape: ShapeDef) -> ShapeDef {
    shape
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(Role::FIELD, IN_DISTRICT)
}

/// What the organization's officers and the planning staff do alike.
fn organizing(shape: ShapeDef, actions: &[Action]) -> ShapeDef {
    actions.iter().fold(shape, |shape, action| {
        shape.act(*action, "", PLANNERS, Over::Municipality).act(*action, "", OFFICERS, IN_ORGANIZATION)
    })
}

/// A part of the record: read by all once the meeting is published.
fn record(shape: ShapeDef) -> ShapeDef {
    readable_inside(shape.published(
        "coalesce((SELECT m.record_public FROM roundtables m WHERE m.municipality_id = t.municipality_id AND m.id = t.roundtable_id), false)",
    ))
}

fn until_published() -> Mask {
    Mask { permits: insiders(), unless: Some("record_public"), personal: false, reason: "NOT_PUBLISHED" }
}

/// 円卓会議の絞り込み。
#[derive(InputObject)]
pub struct RoundtableFilterInput {
    /// 主催する地域組織。
    pub organization_id: Option<OrganizationId>,
    /// 地区。
    pub district_id: Option<DistrictId>,
    /// 状態(いずれか)。
    pub state: Option<Vec<RoundtableState>>,
}

impl Filter for RoundtableFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("organization_id", self.organization_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("district_id", self.district_id.map(|id| Param::Uuid(Some(id.0))));
        to.among("state", self.state.map(|states| states.into_iter().map(RoundtableState::word).collect()));
    }
}

/// 円卓会議の並び順。
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum RoundtableOrder {
    /// 開催予定の遅い順
    Latest,
    /// 開催予定の早い順
    Earliest,
}

impl Order for RoundtableOrder {
    fn keys(self) -> &'static [Key] {
        match self {
            Self::Latest => const { &[Key::down("starts_at", Ty::Time)] },
            Self::Earliest => const { &[Key::up("starts_at", Ty::Time)] },
        }
    }
}

shape! {
    Roundtable("Roundtable", "地域円卓会議。開催案内は公開され、記録は議事録の公開まで関係者だけが読める。", "roundtables") { id: RoundtableId, row: roundtable::Entity, may: rules::roundtable }
    |shape| meeting_tasks(meeting_acts(readable_inside(shape
        .revision()
        .one::<CommunityOrganization>("organization", "organization_id", "主催する地域組織。自治体が主催するときは null。")
        .one::<District>("district", "district_id", "対象の地区。")
        .column::<String>("title", "会議の名称。")
        .column::<String>("theme", "テーマ。")
        .column::<String>("purpose", "目的。")
        .column::<DateTime<Utc>>("startsAt", "開始予定の日時。")
        .column::<String>("venue", "会場。")
        .column::<Audience>("audience", "傍聴できる人の範囲。")
        .column::<RoundtableState>("state", "状態。")
        .column::<Option<DateTime<Utc>>>("announcedAt", "開催案内を公開した日時。")
        .column::<Option<String>>("stopReason", "延期・中止の理由。")
        .column::<Option<Date>>("heldOn", "開催した日。")
        .masked(until_published())
        .column::<Option<i32>>("audienceCount", "来場者の数。")
        .masked(until_published())
        .one::<Account>("submittedBy", "submitted_by", "議事録を提出した人。")
        .column::<Option<String>>("returnReason", "議事録を差し戻した理由。")
        .masked(Mask { permits: insiders(), unless: None, personal: false, reason: "INTERNAL" })
        .column::<Option<DateTime<Utc>>>("publishedAt", "議事録を公開した日時。")
        .column::<Option<DateTime<Utc>>>("closedAt", "終了した日時。")
        .many::<RoundtableParticipant>("participants", "roundtable_id", "参加者。")
        .withheld(until_published())
        .many::<RoundtableIssue>("issues", "roundtable_id", "困りごと。")
        .withheld(until_published())
        .many::<RoundtablePassage>("passages", "roundtable_id", "議事録。番号の順。")
        .withheld(until_published())
        .many::<RoundtableDecision>("decisions", "roundtable_id", "決定事項。")
        .withheld(until_published())
        .many::<RoundtableActionItem>("actionItems", "roundtable_id", "宿題。期限の順。")
        .withheld(until_published())
        .many::<RoundtableFile>("files", "roundtable_id", "添付したファイル。議事録とともに公開される。")
        .withheld(until_published())
        .ordered([Key::down("starts_at", Ty::Time)])
        .waits_for(PLANNERS, Over::Municipality, ["t.state IN ('POSTPONED', 'HELD')", "t.title", ""])
        .filtered::<RoundtableFilterInput>()
        .sortable::<RoundtableOrder>()
        .published("t.announced_at IS NOT NULL"))))
}

fn meeting_acts(shape: ShapeDef) -> ShapeDef {
    let shape = shape.ruled_by(MEETING_RULES);
    let shape = shape.create(PLAN, "", PLANNERS, Over::Municipality).create(PLAN, "", OFFICERS, IN_ORGANIZATION);
    let both = [
        CHANGE,
        ANNOUNCE,
        POSTPONE,
        CANCEL,
        HOLD,
        PARTICIPANT_ADD,
        ISSUE_RECORD,
        PASSAGE_RECORD,
        DECISION_RECORD,
        ACTION_ITEM_RECORD,
        FILE_ATTACH,
        FILE_DETACH,
        MINUTES_SUBMIT,
    ];
    organizing(shape, &both)
        .act(ISSUE_RECORD, "", LIAISONS, IN_DISTRICT)
        .act(PASSAGE_RECORD, "", LIAISONS, IN_DISTRICT)
        .act(MINUTES_RETURN, "", PLANNERS, Over::Municipality)
        .act(MINUTES_PUBLISH, "", PLANNERS, Over::Municipality)
        .apart(MINUTES_RETURN, &["submitted_by"])
        .apart(MINUTES_PUBLISH, &["submitted_by"])
        .act(CLOSE, "", PLANNERS, Over::Municipality)
}

/// The day of a meeting.
const DAY: &str = "t.starts_at AT TIME ZONE 'Asia/Tokyo'";
/// Minutes with a passage and a participant (`rules::complete`).
const COMPLETE: &str = "t.state = 'MINUTES_REVIEW' AND (SELECT count(*) FROM roundtable_passages p \
    WHERE p.municipality_id = t.municipality_id AND p.roundtable_id = t.id) > 0 AND (SELECT count(*) \
    FROM roundtable_participants p WHERE p.municipality_id = t.municipality_id AND p.roundtable_id = t.id) > 0";
/// Minutes that cannot be published as they are (`rules::complete`).
const INCOMPLETE: &str = "t.state = 'MINUTES_REVIEW' AND ((SELECT count(*) FROM roundtable_passages p \
    WHERE p.municipality_id = t.municipality_id AND p.roundtable_id = t.id) = 0 OR (SELECT count(*) \
    FROM roundtable_participants p WHERE p.municipality_id = t.municipality_id AND p.roundtable_id = t.id) = 0)";
/// A published meeting of which nothing is left to do (`rules::settled`).
const SETTLED: &str = "t.state = 'PUBLISHED' AND (SELECT count(*) FROM roundtable_action_items i \
    WHERE i.municipality_id = t.municipality_id AND i.roundtable_id = t.id AND i.state IN ('OPEN', 'IN_PROGRESS')) = 0";

fn meeting_tasks(shape: ShapeDef) -> ShapeDef {
    shape
        .task(
            ANNOUNCE,
            ["t.state = 'PLANNED'", "t.title", DAY],
            [
                "円卓会議が計画されています。開催の日までに開催案内を公開してください。",
                "The round table is planned. Please announce it before its day.",
            ],
        )
        .task(
            HOLD,
            ["t.state = 'ANNOUNCED' AND t.starts_at <= entaku_now()", "t.title", ""],
            [
                "開催の時刻を過ぎました。開催したことを記録するか、延期・中止としてください。",
                "Its time has come. Please record that it was held, or postpone or cancel it.",
            ],
        )
        .waits_for(
            PLANNERS,
            Over::Municipality,
            ["t.state = 'ANNOUNCED' AND t.starts_at > entaku_now()", "t.title", DAY],
        )
        .task(
            MINUTES_SUBMIT,
            ["t.state = 'MINUTES_DRAFT'", "t.title", ""],
            [
                "議事録の案があります。できあがったら提出してください。",
                "There is a draft of the minutes. Please submit it when it is complete.",
            ],
        )
        .task(
            MINUTES_PUBLISH,
            [COMPLETE, "t.title", ""],
            [
                "議事録が提出されました。内容を確認し、公開するか差し戻してください。",
                "The minutes were submitted. Please publish or return them.",
            ],
        )
        .task(
            MINUTES_RETURN,
            [INCOMPLETE, "t.title", ""],
            [
                "提出された議事録に、発言または参加者がありません。差し戻してください。",
                "The minutes lack passages or participants. Please return them.",
            ],
        )
        .task(
            CLOSE,
            [SETTLED, "t.title", ""],
            [
                "議事録が公開され、残っている宿題もありません。会議を終了してください。",
                "The minutes are published and no action item is left. Please close the meeting.",
            ],
        )
}

shape! {
    RoundtableParticipant("RoundtableParticipant", "円卓会議の参加者。氏名と所属は本人の同意があるときだけ公開される。", "roundtable_participants") { id: ParticipantId, row: participant::Entity }
    |shape| record(shape
        .one::<Roundtable>("roundtable", "roundtable_id", "円卓会議。")
        .column::<ParticipantRole>("role", "役割。")
        .column::<Sector>("sector", "立場。")
        .column::<String>("name", "氏名。公開に同意していない場合は、関係者だけに表示される。")
        .masked(Mask { permits: insiders(), unless: Some("name_public"), personal: true, reason: "NO_CONSENT" })
        .column::<Option<String>>("affiliation", "所属・肩書。公開に同意していない場合は、関係者だけに表示される。")
        .masked(Mask { permits: insiders(), unless: Some("name_public"), personal: true, reason: "NO_CONSENT" })
        .column::<bool>("namePublic", "氏名と所属の公開に同意しているか。")
        .ordered([Key::up("created_at", Ty::Time)]))
}

shape! {
    RoundtableIssue("RoundtableIssue", "円卓会議に持ち込まれた困りごと。", "roundtable_issues") { id: IssueId, row: issue::Entity }
    |shape| organizing(record(shape
        .ruled_by(MEETING_RULES)
        .revision()
        .one::<Roundtable>("roundtable", "roundtable_id", "円卓会議。")
        .column::<String>("title", "題名。")
        .column::<String>("text", "内容。")
        .column::<Option<IssueOutcome>>("outcome", "会議で到達したところ。")
        .ordered([Key::up("created_at", Ty::Time)])), &[ISSUE_CONCLUDE])
}

shape! {
    RoundtableDecision("RoundtableDecision", "円卓会議の決定事項。", "roundtable_decisions") { id: DecisionId, row: decision::Entity }
    |shape| record(shape
        .one::<Roundtable>("roundtable", "roundtable_id", "円卓会議。")
        .column::<String>("text", "決まったこと。")
        .ordered([Key::up("created_at", Ty::Time)]))
}

shape! {
    RoundtableActionItem("RoundtableActionItem", "円卓会議の宿題。", "roundtable_action_items") { id: ActionItemId, row: action_item::Entity, may: rules::action_item }
    |shape| organizing(record(shape
        .ruled_by(MEETING_RULES)
        .revision()
        .one::<Roundtable>("roundtable", "roundtable_id", "円卓会議。")
        .column::<String>("what", "すること。")
        .column::<String>("owner", "する人・団体。")
        .column::<Date>("dueOn", "期限。")
        .column::<ActionItemState>("state", "状態。")
        .ordered([Key::up("due_on", Ty::Date)])), &[ACTION_ITEM_PROGRESS])
        .task(ACTION_ITEM_PROGRESS, ["t.state IN ('OPEN', 'IN_PROGRESS')", "t.what", "t.due_on"], [
            "円卓会議の宿題が終わっていません。期限までに進め、状態を記録してください。",
            "An action item of a round table is open. Please work on it and record how far it is.",
        ])
}

shape! {
    RoundtablePassage("RoundtablePassage", "議事録の一節。", "roundtable_passages") { id: PassageId, row: passage::Entity }
    |shape| record(shape
        .revision()
        .one::<Roundtable>("roundtable", "roundtable_id", "円卓会議。")
        .column::<i32>("number", "番号。")
        .column::<SessionKind>("session", "進行の区分。")
        .column::<String>("text", "本文。")
        .ordered([Key::up("number", Ty::Int)]))
}

shape! {
    RoundtableFile("RoundtableFile", "円卓会議に添付したファイル。議事録とともに公開される。", "roundtable_files") { id: RoundtableFileId, row: roundtable_file::Entity }
    |shape| record(attached::<RoundtableFileId>(
        shape.one::<Roundtable>("roundtable", "roundtable_id", "円卓会議。"),
    ))
}
