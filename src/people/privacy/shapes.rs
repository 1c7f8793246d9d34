//! What can be read of requests, holds and rules, and by whom.

use async_graphql::{ID, SimpleObject, Value};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty, named, told};
use crate::kernel::request::Request;
use crate::people::privacy::commands::{
    ERASURE_REQUEST_APPROVE, ERASURE_REQUEST_CREATE, ERASURE_REQUEST_REFUSE, ERASURE_REQUEST_WITHDRAW, LEGAL_HOLD_LIFT,
    LEGAL_HOLD_PLACE, RETENTION_RULE_CHANGE, RETENTION_RULE_COUNT,
};
use crate::people::privacy::entity::{
    ErasureRequestId, ErasureState, LegalHoldId, RetentionKind, RetentionRuleId, RetentionUnit, erasure_request,
    legal_hold, retention_rule,
};
use crate::people::privacy::rules;
use crate::people::shapes::Account;
use crate::shape;

const ERASURE_LAW: &str = "個人情報の保護に関する法律第98条";
const RECORDS_RULES: &str = "文書管理規程";
/// Whose data they are stays out of reminders, which outlive the person.
const ERASURE: &str = "'個人情報の消去の請求'";
/// 個人情報の保護に関する法律第102条
const WITHIN_30_DAYS: &str = "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date + 30";
const ADMIN: &[Role] = &[Role::Admin];
const ADMIN_AND_AUDITOR: &[Role] = &[Role::Admin, Role::Auditor];
const OWN: Over = Over::Own("account_id");

/// 消去で変わった件数。
#[derive(SimpleObject)]
pub struct ErasureCount {
    /// データベースの表の名前。
    table: String,
    /// 表の呼び名。
    label: String,
    /// 消したか。そうでなければ、個人情報を「(削除済み)」などに置き換えた。
    deleted: bool,
    /// 件数。
    rows: i32,
}

shape! {
    ErasureRequest("ErasureRequest", "個人情報の消去の請求(個人情報保護法第98条)。認められると、氏名・連絡先・サインインなどが消える。決定や仕訳や記録は残る。", "erasure_requests") { id: ErasureRequestId, row: erasure_request::Entity, may: rules::request }
    |shape| shape
        .revision()
        .one::<Account>("account", "account_id", "誰の個人情報か。")
        .one::<Account>("requestedBy", "requested_by", "請求した人、または請求を記録した管理者。")
        .column::<String>("reason", "理由。消去の後は「(削除済み)」。")
        .column::<ErasureState>("state", "状態。")
        .column::<DateTime<Utc>>("createdAt", "請求した日時。")
        .one::<Account>("decidedBy", "decided_by", "決定した人。")
        .column::<Option<DateTime<Utc>>>("decidedAt", "決定または取下げの日時。")
        .column::<Option<String>>("decisionReason", "決定の理由。")
        .column::<Option<DateTime<Utc>>>("executedAt", "消去した日時。")
        .computed::<Vec<ErasureCount>>("counts", "消去で変わった件数。消去の前は空。前もって知るには、承認を `Entaku-Dry-Run: true` で試す。", &["outcome"], counts)
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(&[], OWN)
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
        .create(ERASURE_REQUEST_CREATE, ERASURE_LAW, &[], OWN)
        .create(ERASURE_REQUEST_CREATE, ERASURE_LAW, ADMIN, Over::Municipality)
        .step_up(ERASURE_REQUEST_CREATE)
        .act(ERASURE_REQUEST_APPROVE, ERASURE_LAW, ADMIN, Over::Municipality)
        .apart(ERASURE_REQUEST_APPROVE, &["account_id", "requested_by"])
        .step_up(ERASURE_REQUEST_APPROVE)
        .act(ERASURE_REQUEST_REFUSE, ERASURE_LAW, ADMIN, Over::Municipality)
        .apart(ERASURE_REQUEST_REFUSE, &["account_id", "requested_by"])
        .act(ERASURE_REQUEST_WITHDRAW, ERASURE_LAW, &[], OWN)
        .task(ERASURE_REQUEST_APPROVE, ["t.state = 'REQUESTED'", ERASURE, WITHIN_30_DAYS], [
            "個人情報の消去が請求されました。30日以内に、認めるか認めないかを決めてください。",
            "The erasure of personal data was requested. Please grant or refuse it within thirty days.",
        ])
}

fn counts(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let Some(outcome) = row.get::<Option<String>>("outcome")? else { return Ok(Value::List(Vec::new())) };
    told(serde_json::from_str(&outcome).map_err(Error::internal)?, "ErasureCount", &[])
}

shape! {
    LegalHold("LegalHold", "保全。訴訟や監査のあいだ、保存期間が過ぎても消さない。", "legal_holds") { id: LegalHoldId, row: legal_hold::Entity, may: rules::hold }
    |shape| shape
        .revision()
        .computed::<Option<ID>>("objectId", "保全したもの。`node(id)` で読める。", &["object_kind", "object_id"], object_id)
        .column::<String>("reason", "理由。")
        .one::<Account>("placedBy", "placed_by", "保全した人。")
        .column::<DateTime<Utc>>("createdAt", "保全した日時。")
        .column::<Option<DateTime<Utc>>>("liftedAt", "解いた日時。")
        .one::<Account>("liftedBy", "lifted_by", "解いた人。")
        .column::<Option<String>>("liftReason", "解いた理由。")
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(ADMIN_AND_AUDITOR, Over::Municipality)
        .create(LEGAL_HOLD_PLACE, RECORDS_RULES, ADMIN, Over::Municipality)
        .act(LEGAL_HOLD_LIFT, RECORDS_RULES, ADMIN, Over::Municipality)
        .step_up(LEGAL_HOLD_LIFT)
}

fn object_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let id: Uuid = row.get("object_id")?;
    Ok(named(row.get("object_kind")?).map_or(Value::Null, |(_, prefix)| id::encode(prefix, id).into()))
}

shape! {
    RetentionRule("RetentionRule", "保存期間。過ぎたものは、毎晩消えるか、個人情報が置き換えられる。", "retention_rules") { id: RetentionRuleId, row: retention_rule::Entity }
    |shape| shape
        .revision()
        .column::<RetentionKind>("kind", "記録の種類。")
        .column::<RetentionUnit>("unit", "期間の単位。")
        .column::<i32>("period", "期間。")
        .column::<i32>("least", "定めることのできる最短の期間。")
        .column::<Option<String>>("basis", "根拠。定めていなければ null(既定の期間)。")
        .column::<Option<i32>>("due", "数えたときに期間の過ぎていた件数。次の夜に消える。")
        .column::<Option<i32>>("dueSoon", "数えたときから90日のうちに期間の過ぎる件数(過ぎたものを含む)。")
        .column::<Option<DateTime<Utc>>>("countedAt", "数えた日時。")
        .ordered([Key::up("place", Ty::Int)])
        .readable(Role::STAFF, Over::Municipality)
        .act(RETENTION_RULE_CHANGE, RECORDS_RULES, ADMIN, Over::Municipality)
        .step_up(RETENTION_RULE_CHANGE)
        .act(RETENTION_RULE_COUNT, RECORDS_RULES, ADMIN, Over::Municipality)
}
