//! What is done with round tables: the meeting itself, what is written down of it, its minutes.

mod attachment;
mod meeting;
mod minutes;
mod record;

pub use attachment::{attach_file, detach_file};
pub use meeting::{
    RoundtableChangeInput, RoundtableHoldInput, RoundtablePlanInput, announce, cancel, change, close, hold, plan,
    postpone,
};
pub use minutes::{publish, return_minutes, submit};
pub use record::{
    RoundtableActionItemRecordInput, RoundtableDecisionRecordInput, RoundtableIssueRecordInput,
    RoundtableParticipantAddInput, RoundtablePassageRecordInput, add_participant, conclude_issue, progress_action_item,
    record_action_item, record_decision, record_issue, record_passage,
};

use sea_orm::ActiveModelTrait;

use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;
use crate::roundtables::entity::{RoundtableId, roundtable};
use crate::roundtables::rules;
use crate::roundtables::shapes::Roundtable;

/// 円卓会議を計画する。
pub const PLAN: Action = Action("roundtablePlan");
/// 円卓会議の計画を変える。
pub const CHANGE: Action = Action("roundtableChange");
/// 開催案内を公開する。
pub const ANNOUNCE: Action = Action("roundtableAnnounce");
/// 円卓会議を延期する。
pub const POSTPONE: Action = Action("roundtablePostpone");
/// 円卓会議を中止する。
pub const CANCEL: Action = Action("roundtableCancel");
/// 開催したことを記録する。
pub const HOLD: Action = Action("roundtableHold");
/// 参加者を加える。
pub const PARTICIPANT_ADD: Action = Action("roundtableParticipantAdd");
/// 困りごとを記録する。
pub const ISSUE_RECORD: Action = Action("roundtableIssueRecord");
/// 困りごとの到達点を記録する。
pub const ISSUE_CONCLUDE: Action = Action("roundtableIssueConclude");
/// 決定事項を記録する。
pub const DECISION_RECORD: Action = Action("roundtableDecisionRecord");
/// 宿題を記録する。
pub const ACTION_ITEM_RECORD: Action = Action("roundtableActionItemRecord");
/// 宿題を進める。
pub const ACTION_ITEM_PROGRESS: Action = Action("roundtableActionItemProgress");
/// 議事録の一節を書く。
pub const PASSAGE_RECORD: Action = Action("roundtablePassageRecord");
/// 円卓会議にファイルを添付する。
pub const FILE_ATTACH: Action = Action("roundtableFileAttach");
/// 円卓会議からファイルを取り外す。
pub const FILE_DETACH: Action = Action("roundtableFileDetach");
/// 議事録を提出する。
pub const MINUTES_SUBMIT: Action = Action("roundtableMinutesSubmit");
/// 議事録を差し戻す。
pub const MINUTES_RETURN: Action = Action("roundtableMinutesReturn");
/// 議事録を公開する。
pub const MINUTES_PUBLISH: Action = Action("roundtableMinutesPublish");
/// 円卓会議を終了する。
pub const CLOSE: Action = Action("roundtableClose");

/// Finds, locks and authorizes a meeting, and asks the rules whether now is the time.
async fn begin(tx: &Tx, id: RoundtableId, action: Action) -> Result<roundtable::Model> {
    let row = tx.load::<Roundtable>(id, action).await?;
    rules::roundtable(&row, action, tx.now)?;
    Ok(row)
}

/// Writes a meeting whose columns `set` has changed.
async fn write(
    tx: &Tx,
    row: roundtable::Model,
    set: impl FnOnce(&mut roundtable::ActiveModel) + Send,
) -> Result<RoundtableId> {
    let id = row.id;
    let mut row: roundtable::ActiveModel = row.into();
    set(&mut row);
    row.update(tx).await?;
    Ok(id)
}
