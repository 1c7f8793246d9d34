//! What is written down of a meeting. These acts are acts on the meeting: it is locked while they write,
//! so that nothing slips in beside a publication, and its `viewerCan` tells who may.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use super::{
    ACTION_ITEM_PROGRESS, ACTION_ITEM_RECORD, DECISION_RECORD, ISSUE_CONCLUDE, ISSUE_RECORD, PARTICIPANT_ADD,
    PASSAGE_RECORD, begin, write,
};
use crate::kernel::date::Date;
use crate::kernel::entity::stale;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::roundtables::entity::{
    ActionItemId, ActionItemState, DecisionId, IssueId, IssueOutcome, ParticipantId, ParticipantRole, PassageId,
    RoundtableId, RoundtableState, Sector, SessionKind, action_item, decision, issue, participant, passage,
};
use crate::roundtables::rules;
use crate::roundtables::shapes::{Roundtable, RoundtableActionItem, RoundtableIssue, RoundtablePassage};

/// 円卓会議の参加者。
#[derive(InputObject)]
pub struct RoundtableParticipantAddInput {
    /// 円卓会議。
    pub roundtable_id: RoundtableId,
    /// 役割。
    pub role: ParticipantRole,
    /// 氏名(呼び名でもよい)。
    pub name: String,
    /// 本人が氏名と所属の公開に同意しているか。
    pub name_public: bool,
    /// 所属・肩書。
    pub affiliation: Option<String>,
    /// 立場。
    pub sector: Sector,
}

/// Adds somebody who takes part.
pub async fn add_participant(tx: &Tx, input: RoundtableParticipantAddInput) -> Result<ParticipantId> {
    let RoundtableParticipantAddInput { roundtable_id, role, name, name_public, affiliation, sector } = input;
    let meeting = begin(tx, roundtable_id, PARTICIPANT_ADD).await?;
    let mut checks = Checks::new();
    let row = participant::ActiveModel {
        id: Set(ParticipantId::new()),
        roundtable_id: Set(roundtable_id),
        organization_id: Set(meeting.organization_id),
        district_id: Set(meeting.district_id),
        role: Set(role),
        name: Set(checks.text("input.name", &name, 100)),
        name_public: Set(name_public),
        affiliation: Set(checks.optional("input.affiliation", affiliation.as_deref(), 100)),
        sector: Set(sector),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 円卓会議に持ち込まれた困りごと。
#[derive(InputObject)]
pub struct RoundtableIssueRecordInput {
    /// 円卓会議。
    pub roundtable_id: RoundtableId,
    /// 題名。
    pub title: String,
    /// 内容。
    pub text: String,
    /// 会議で到達したところ。会議の後で記録してもよい。
    pub outcome: Option<IssueOutcome>,
}

/// Records a trouble that was put on the table.
pub async fn record_issue(tx: &Tx, input: RoundtableIssueRecordInput) -> Result<IssueId> {
    let RoundtableIssueRecordInput { roundtable_id, title, text, outcome } = input;
    let meeting = begin(tx, roundtable_id, ISSUE_RECORD).await?;
    let mut checks = Checks::new();
    let row = issue::ActiveModel {
        id: Set(IssueId::new()),
        roundtable_id: Set(roundtable_id),
        organization_id: Set(meeting.organization_id),
        district_id: Set(meeting.district_id),
        title: Set(checks.text("input.title", &title, 100)),
        text: Set(checks.text("input.text", &text, 4000)),
        outcome: Set(outcome),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// Says what the meeting came to on an issue; follow-up may change it until the meeting is closed.
pub async fn conclude_issue(tx: &Tx, id: IssueId, outcome: IssueOutcome) -> Result<IssueId> {
    let row = tx.load::<RoundtableIssue>(id, ISSUE_CONCLUDE).await?;
    let meeting = tx.peek::<Roundtable>(row.roundtable_id, Action::READ).await?;
    rules::roundtable(&meeting, ISSUE_CONCLUDE, tx.now)?;
    let mut row: issue::ActiveModel = row.into();
    row.outcome = Set(Some(outcome));
    row.update(tx).await?;
    Ok(id)
}

/// 円卓会議の決定事項。
#[derive(InputObject)]
pub struct RoundtableDecisionRecordInput {
    /// 円卓会議。
    pub roundtable_id: RoundtableId,
    /// 決まったこと。
    pub text: String,
}

/// Records a decision.
pub async fn record_decision(tx: &Tx, input: RoundtableDecisionRecordInput) -> Result<DecisionId> {
    let RoundtableDecisionRecordInput { roundtable_id, text } = input;
    let meeting = begin(tx, roundtable_id, DECISION_RECORD).await?;
    let mut checks = Checks::new();
    let row = decision::ActiveModel {
        id: Set(DecisionId::new()),
        roundtable_id: Set(roundtable_id),
        organization_id: Set(meeting.organization_id),
        district_id: Set(meeting.district_id),
        text: Set(checks.text("input.text", &text, 2000)),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 円卓会議の宿題。
#[derive(InputObject)]
pub struct RoundtableActionItemRecordInput {
    /// 円卓会議。
    pub roundtable_id: RoundtableId,
    /// すること。
    pub what: String,
    /// する人・団体。
    pub owner: String,
    /// 期限。
    pub due_on: Date,
}

/// Records what somebody took upon themselves.
pub async fn record_action_item(tx: &Tx, input: RoundtableActionItemRecordInput) -> Result<ActionItemId> {
    let RoundtableActionItemRecordInput { roundtable_id, what, owner, due_on } = input;
    let meeting = begin(tx, roundtable_id, ACTION_ITEM_RECORD).await?;
    let mut checks = Checks::new();
    let after = meeting.held_on.is_none_or(|held| due_on >= held);
    checks.check(after, "input.dueOn", "ORDER", "期限が開催日より前です。", "Due before the meeting was held.");
    let row = action_item::ActiveModel {
        id: Set(ActionItemId::new()),
        roundtable_id: Set(roundtable_id),
        organization_id: Set(meeting.organization_id),
        district_id: Set(meeting.district_id),
        what: Set(checks.text("input.what", &what, 500)),
        owner: Set(checks.text("input.owner", &owner, 100)),
        due_on: Set(due_on),
        state: Set(ActionItemState::Open),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// Moves an action item on.
pub async fn progress_action_item(tx: &Tx, id: ActionItemId, to: ActionItemState) -> Result<ActionItemId> {
    let row = tx.load::<RoundtableActionItem>(id, ACTION_ITEM_PROGRESS).await?;
    rules::action_item(&row, ACTION_ITEM_PROGRESS, tx.now)?;
    rules::progress(row.state, to)?;
    let mut row: action_item::ActiveModel = row.into();
    row.state = Set(to);
    row.update(tx).await?;
    Ok(id)
}

/// 議事録の一節。同じ番号の一節があれば置き換える。
#[derive(InputObject)]
pub struct RoundtablePassageRecordInput {
    /// 円卓会議。
    pub roundtable_id: RoundtableId,
    /// 番号(1から999)。この順に並ぶ。
    pub number: i32,
    /// 置き換える一節の、見ていた版。新しい番号なら指定しない。
    pub revision: Option<i32>,
    /// 進行の区分。
    pub session: SessionKind,
    /// 本文(10,000文字まで)。
    pub text: String,
}

/// Writes a passage of the minutes. The first makes a draft of a held meeting.
pub async fn record_passage(tx: &Tx, input: RoundtablePassageRecordInput) -> Result<PassageId> {
    let RoundtablePassageRecordInput { roundtable_id, number, revision, session, text } = input;
    let numbered = passage::Entity::find()
        .filter(passage::Column::RoundtableId.eq(roundtable_id))
        .filter(passage::Column::Number.eq(number));
    let (meeting, existing) = tx.load_with::<Roundtable, _>(roundtable_id, PASSAGE_RECORD, numbered).await?;
    rules::roundtable(&meeting, PASSAGE_RECORD, tx.now)?;
    let existing = existing.into_iter().next();
    let mut checks = Checks::new();
    checks.check((1..=999).contains(&number), "input.number", "RANGE", "1から999までで入力してください。", "1 to 999.");
    let text = checks.text("input.text", &text, 10_000);
    checks.done()?;
    rules::passage_revision(existing.as_ref().map(|p| p.revision), revision).map_err(|refusal| match &existing {
        Some(theirs) => stale::<RoundtablePassage>(refusal, theirs.id, revision.unwrap_or(0)),
        None => refusal.into(),
    })?;
    let (organization, district) = (meeting.organization_id, meeting.district_id);
    if meeting.state == RoundtableState::Held {
        write(tx, meeting, |row| row.state = Set(RoundtableState::MinutesDraft)).await?;
    }
    if let Some(old) = existing {
        let id = old.id;
        let mut row: passage::ActiveModel = old.into();
        row.session = Set(session);
        row.text = Set(text);
        row.update(tx).await?;
        return Ok(id);
    }
    let row = passage::ActiveModel {
        id: Set(PassageId::new()),
        roundtable_id: Set(roundtable_id),
        organization_id: Set(organization),
        district_id: Set(district),
        number: Set(number),
        session: Set(session),
        text: Set(text),
        ..Default::default()
    };
    tx.insert_later(row)
}
