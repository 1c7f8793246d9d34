//! To be forgotten, to be held, to be kept: one function a verb.

use async_graphql::{ID, InputObject};
use sea_orm::{ActiveModelTrait, Set};
use uuid::Uuid;

use crate::kernel::audit;
use crate::kernel::entity::same_revision;
use crate::kernel::error::{Error, Result};
use crate::kernel::id;
use crate::kernel::policy::Action;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::read::table_of;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::privacy::entity::{
    ErasureRequestId, ErasureState, LegalHoldId, RetentionRuleId, erasure_request, legal_hold, retention_rule,
};
use crate::people::privacy::shapes::{ErasureRequest, LegalHold, RetentionRule};
use crate::people::privacy::{retention, rules};
use crate::people::session;
use crate::people::shapes::Account;

/// 個人情報の消去を請求する。
pub const ERASURE_REQUEST_CREATE: Action = Action("erasureRequestCreate");
/// 消去を認め、行う。
pub const ERASURE_REQUEST_APPROVE: Action = Action("erasureRequestApprove");
/// 消去を認めない。
pub const ERASURE_REQUEST_REFUSE: Action = Action("erasureRequestRefuse");
/// 消去の請求を取り下げる。
pub const ERASURE_REQUEST_WITHDRAW: Action = Action("erasureRequestWithdraw");
/// 保全する。
pub const LEGAL_HOLD_PLACE: Action = Action("legalHoldPlace");
/// 保全を解く。
pub const LEGAL_HOLD_LIFT: Action = Action("legalHoldLift");
/// 保存期間を変える。
pub const RETENTION_RULE_CHANGE: Action = Action("retentionRuleChange");
/// 保存期間の過ぎたものを数える。
pub const RETENTION_RULE_COUNT: Action = Action("retentionRuleCount");

/// 消去の請求の内容。
#[derive(InputObject)]
pub struct ErasureRequestCreateInput {
    /// 誰の個人情報か。省略すると自分。ほかの人の請求を記録できるのは管理者。
    pub account_id: Option<AccountId>,
    /// 理由。
    pub reason: String,
}

/// 保全の内容。
#[derive(InputObject)]
pub struct LegalHoldPlaceInput {
    /// 保全するもの。何の ID でもよい。アカウント・申請・団体・地区などを保全すると、それに属する記録も残る。
    pub object_id: ID,
    /// 理由(訴訟・監査・情報公開請求など)。
    pub reason: String,
}

/// 保存期間の変更。
#[derive(InputObject)]
pub struct RetentionRuleChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 期間(`unit` を単位とする)。`least` より短くはできない。
    pub period: i32,
    /// 根拠(文書管理規程の条項など)。
    pub basis: String,
}

/// Asks that somebody be forgotten: oneself, or, as an administrator, whoever has asked for it on paper.
pub async fn request(tx: &Tx, input: ErasureRequestCreateInput) -> Result<ErasureRequestId> {
    let own = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let ErasureRequestCreateInput { account_id, reason } = input;
    let account = account_id.unwrap_or(own);
    let person = tx.peek::<Account>(account, Action::READ).await?;
    tx.may_create::<ErasureRequest>(ERASURE_REQUEST_CREATE, &[("account_id", account.0)])?;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.done()?;
    rules::not_forgotten(&person)?;
    let mut waiting = Sql::new("SELECT FROM erasure_requests WHERE state = 'REQUESTED' AND account_id = ");
    waiting.param(Param::Uuid(Some(account.0)));
    if !tx.rows(waiting).await?.is_empty() {
        return Err(Error::Conflict(crate::kernel::error::Refusal::new(
            "REQUESTED",
            "すでに請求があり、決定を待っています。",
            "There is a request already that waits for a decision.",
        )));
    }
    let row = erasure_request::ActiveModel {
        id: Set(ErasureRequestId::new()),
        account_id: Set(account),
        requested_by: Set(own),
        reason: Set(reason),
        state: Set(ErasureState::Requested),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// Approves a request and forgets the person, all or nothing. It cannot be undone.
///
/// # Errors
/// CONFLICT with the reason of [`rules::obstacle`] where the person still has something to do.
pub async fn approve(tx: &Tx, id: ErasureRequestId, reason: &str) -> Result<ErasureRequestId> {
    let account = decide(tx, id, ERASURE_REQUEST_APPROVE, ErasureState::Approved, reason).await?;
    if let Some(word) = obstacle(tx, account).await? {
        return Err(rules::obstacle(&word).into());
    }
    // Their sessions end before they are gone, so that this server knows at once.
    session::end_others(tx, account, None, "ERASED").await?;
    let mut forget = Sql::new("SELECT entaku_forget(");
    forget.fill("?)", [Param::Uuid(Some(id.0))]);
    tx.run(forget).await?;
    audit::note_one(tx, "ERASED", "accounts", account.0).await?;
    Ok(id)
}

/// Refuses a request.
pub async fn refuse(tx: &Tx, id: ErasureRequestId, reason: &str) -> Result<ErasureRequestId> {
    decide(tx, id, ERASURE_REQUEST_REFUSE, ErasureState::Refused, reason).await?;
    Ok(id)
}

async fn decide(tx: &Tx, id: ErasureRequestId, act: Action, state: ErasureState, reason: &str) -> Result<AccountId> {
    let row = tx.load::<ErasureRequest>(id, act).await?;
    rules::request(&row, act, tx.now)?;
    let mut checks = Checks::new();
    let reason = checks.text("reason", reason, 500);
    checks.done()?;
    let account = row.account_id;
    let mut row: erasure_request::ActiveModel = row.into();
    row.state = Set(state);
    row.decided_by = Set(tx.principal.account);
    row.decided_at = Set(Some(tx.now));
    row.decision_reason = Set(Some(reason));
    row.update(tx).await?;
    Ok(account)
}

/// Takes one's own request back.
pub async fn withdraw(tx: &Tx, id: ErasureRequestId) -> Result<ErasureRequestId> {
    let row = tx.load::<ErasureRequest>(id, ERASURE_REQUEST_WITHDRAW).await?;
    rules::request(&row, ERASURE_REQUEST_WITHDRAW, tx.now)?;
    let mut row: erasure_request::ActiveModel = row.into();
    row.state = Set(ErasureState::Withdrawn);
    row.decided_at = Set(Some(tx.now));
    row.update(tx).await?;
    Ok(id)
}

async fn obstacle(tx: &Tx, account: AccountId) -> Result<Option<String>> {
    let mut sql = Sql::new("SELECT entaku_forget_obstacle(entaku_municipality(), ");
    sql.fill("?) AS word", [Param::Uuid(Some(account.0))]);
    let row = tx.rows(sql).await?.pop().ok_or_else(|| Error::internal("no answer"))?;
    Ok(row.try_get("word")?)
}

/// Places a hold on something.
pub async fn place(tx: &Tx, input: LegalHoldPlaceInput) -> Result<LegalHoldId> {
    let own = tx.principal.account.ok_or(Error::Unauthenticated)?;
    let LegalHoldPlaceInput { object_id, reason } = input;
    let (prefix, object) = id::decode(&object_id)?;
    let kind = held(tx, prefix, object).await?;
    tx.may_create::<LegalHold>(LEGAL_HOLD_PLACE, &[])?;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, 500);
    checks.done()?;
    let row = legal_hold::ActiveModel {
        id: Set(LegalHoldId::new()),
        object_kind: Set(kind.to_owned()),
        object_id: Set(object),
        reason: Set(reason),
        placed_by: Set(own),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// The table of what an id names in this municipality.
async fn held(tx: &Tx, prefix: &str, object: Uuid) -> Result<&'static str> {
    let table = table_of(prefix).filter(|table| *table != "municipalities").ok_or(Error::NotFound)?;
    let mut sql = Sql::new(&format!("SELECT FROM {table} WHERE id = "));
    sql.param(Param::Uuid(Some(object)));
    if tx.rows(sql).await?.is_empty() { Err(Error::NotFound) } else { Ok(table) }
}

/// Lifts a hold.
pub async fn lift(tx: &Tx, id: LegalHoldId, reason: &str) -> Result<LegalHoldId> {
    let row = tx.load::<LegalHold>(id, LEGAL_HOLD_LIFT).await?;
    rules::hold(&row, LEGAL_HOLD_LIFT, tx.now)?;
    let mut checks = Checks::new();
    let reason = checks.text("reason", reason, 500);
    checks.done()?;
    let mut row: legal_hold::ActiveModel = row.into();
    row.lifted_at = Set(Some(tx.now));
    row.lifted_by = Set(tx.principal.account);
    row.lift_reason = Set(Some(reason));
    row.update(tx).await?;
    Ok(id)
}

/// Changes how long a kind is kept, and counts anew what is due.
pub async fn change_rule(tx: &Tx, id: RetentionRuleId, input: RetentionRuleChangeInput) -> Result<RetentionRuleId> {
    let row = tx.load::<RetentionRule>(id, RETENTION_RULE_CHANGE).await?;
    let RetentionRuleChangeInput { revision, period, basis } = input;
    same_revision::<RetentionRule>(id, row.revision, revision)?;
    let mut checks = Checks::new();
    let basis = checks.text("input.basis", &basis, 200);
    checks.check(
        (row.least..=rules::LONGEST).contains(&period),
        "input.period",
        "RANGE",
        "この種類の最短の期間(least)以上にしてください。",
        "At least as long as the least of this kind, and at most 36500.",
    );
    checks.done()?;
    let kind = row.kind;
    let mut row: retention_rule::ActiveModel = row.into();
    row.period = Set(period);
    row.basis = Set(Some(basis));
    row.update(tx).await?;
    retention::count(tx, kind).await?;
    Ok(id)
}

/// Counts what is due of a kind.
pub async fn count_rule(tx: &Tx, id: RetentionRuleId) -> Result<RetentionRuleId> {
    let row = tx.load::<RetentionRule>(id, RETENTION_RULE_COUNT).await?;
    retention::count(tx, row.kind).await?;
    Ok(id)
}
