//! What is done with grants: [`programme`], its [`terms`] and its [`predecessor`] by those who set the money aside, the
//! [`discard`] of one that is not wanted, [`calculation`] to find out what each organization may have, or [`by_hand`],
//! [`application`] with
//! its [`attachment`]s by those who ask for it, [`review`] by those who examine and decide, [`payment`] by those who pay, its
//! [`reversal`] and the [`taking_back`] of a request. After the decision: [`change`], [`report`], [`fixing`] with its
//! [`offset`]s, the order of a [`surplus`] that waits in vain, [`repayment`], [`revocation`]; within an organization,
//! [`subgrant`]. What its books show of a grant is asked in `booked`, which papers are missing in `papers`.

mod apart;
pub mod application;
pub mod attachment;
mod booked;
pub mod budget;
pub mod by_hand;
pub mod calculation;
pub mod change;
mod deadlines;
pub mod discard;
pub mod fixing;
pub mod offset;
mod papers;
pub mod payment;
pub mod predecessor;
pub mod programme;
pub mod repayment;
pub mod report;
pub mod reversal;
pub mod review;
pub mod revocation;
pub mod subgrant;
pub mod surplus;
pub mod taking_back;
pub mod terms;

use sea_orm::{ActiveModelTrait, Set};
use serde::de::DeserializeOwned;

use crate::grants::commands::apart::{Did, apart_from, apart_from_hands, apart_from_parties, is_returned, not_among};
use crate::grants::entity::{GrantActId, GrantActKind, GrantApplicationId, grant_act, grant_application};
use crate::grants::shapes::GrantApplication;
use crate::grants::{notices, rules};
use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::tx::Tx;
use crate::ledger::entity::AccountKind;
use crate::ledger::{self, Journal, transfer};

/// 交付金制度を作る。
pub const GRANT_PROGRAMME_CREATE: Action = Action("grantProgrammeCreate");
/// 交付金制度を公開する。
pub const GRANT_PROGRAMME_PUBLISH: Action = Action("grantProgrammePublish");
/// 交付金制度を終える。
pub const GRANT_PROGRAMME_CLOSE: Action = Action("grantProgrammeClose");
/// 交付金制度を取りやめる。
pub const GRANT_PROGRAMME_DISCARD: Action = Action("grantProgrammeDiscard");
/// 交付金制度の交付の条件を定める。
pub const GRANT_PROGRAMME_TERMS_SET: Action = Action("grantProgrammeTermsSet");
/// 公開した交付金制度の、前年度の交付金制度を訂正する。
pub const GRANT_PROGRAMME_PREVIOUS_CORRECT: Action = Action("grantProgrammePreviousCorrect");
/// 交付金制度の予算額を変える(補正予算)。
pub const GRANT_PROGRAMME_BUDGET_CHANGE: Action = Action("grantProgrammeBudgetChange");
/// 団体への配分額を定める。
pub const GRANT_ALLOCATION_SET: Action = Action("grantAllocationSet");
/// 算定規則の版を起草する。
pub const GRANT_RULE_DRAFT: Action = Action("grantRuleDraft");
/// 算定規則の版を施行する。
pub const GRANT_RULE_ENACT: Action = Action("grantRuleEnact");
/// 算定に用いる値を申告する。
pub const GRANT_DECLARATION_RECORD: Action = Action("grantDeclarationRecord");
/// 団体の申告を確認する。
pub const GRANT_DECLARATION_CONFIRM: Action = Action("grantDeclarationConfirm");
/// 算定する。
pub const GRANT_RUN_CREATE: Action = Action("grantRunCreate");
/// 算定を承認し、配分とする。
pub const GRANT_RUN_APPROVE: Action = Action("grantRunApprove");
/// 承認された算定の結果を公表する。
pub const GRANT_RUN_PUBLISH: Action = Action("grantRunPublish");
/// 算定の結果の公表を取り下げる。
pub const GRANT_RUN_WITHDRAW: Action = Action("grantRunWithdraw");
/// 二つの算定を比べる。
pub const GRANT_COMPARISON_CREATE: Action = Action("grantComparisonCreate");
/// 交付申請を作る。
pub const GRANT_APPLICATION_CREATE: Action = Action("grantApplicationCreate");
/// 交付申請を変える。
pub const GRANT_APPLICATION_CHANGE: Action = Action("grantApplicationChange");
/// 交付申請にファイルを添付する。
pub const GRANT_APPLICATION_FILE_ATTACH: Action = Action("grantApplicationFileAttach");
/// 交付申請からファイルを取り外す。
pub const GRANT_APPLICATION_FILE_DETACH: Action = Action("grantApplicationFileDetach");
/// 申請する。
pub const GRANT_APPLICATION_SUBMIT: Action = Action("grantApplicationSubmit");
/// 申請を取り下げる。
pub const GRANT_APPLICATION_WITHDRAW: Action = Action("grantApplicationWithdraw");
/// 審査を始める。
pub const GRANT_APPLICATION_REVIEW_START: Action = Action("grantApplicationReviewStart");
/// 補正のために返す。
pub const GRANT_APPLICATION_RETURN: Action = Action("grantApplicationReturn");
/// 審査の意見を付けて決裁に回す。
pub const GRANT_APPLICATION_RECOMMEND: Action = Action("grantApplicationRecommend");
/// 交付を決定する。
pub const GRANT_APPLICATION_DECIDE: Action = Action("grantApplicationDecide");
/// 不交付とする。
pub const GRANT_APPLICATION_REFUSE: Action = Action("grantApplicationRefuse");
/// 交付を請求する。
pub const GRANT_PAYMENT_REQUEST: Action = Action("grantPaymentRequest");
/// 支払の請求を取り下げる。
pub const GRANT_PAYMENT_REQUEST_WITHDRAW: Action = Action("grantPaymentRequestWithdraw");
/// 支払の請求を返す。
pub const GRANT_PAYMENT_REQUEST_RETURN: Action = Action("grantPaymentRequestReturn");
/// 支払う。
pub const GRANT_PAYMENT_EXECUTE: Action = Action("grantPaymentExecute");
/// 支払を取り消す。
pub const GRANT_PAYMENT_REVERSE: Action = Action("grantPaymentReverse");
/// 事業の完了を届け出る。
pub const GRANT_COMPLETION_RECORD: Action = Action("grantCompletionRecord");
/// 実績を報告する。
pub const GRANT_REPORT_SUBMIT: Action = Action("grantReportSubmit");
/// 実績報告を補正のために返す。
pub const GRANT_REPORT_RETURN: Action = Action("grantReportReturn");
/// 実績報告を審査し、対象となる経費を認める。
pub const GRANT_REPORT_REVIEW: Action = Action("grantReportReview");
/// 額を確定する。
pub const GRANT_AMOUNT_FIX: Action = Action("grantAmountFix");
/// 差引きを待つ剰余金の返還を命じる。
pub const GRANT_SURPLUS_ORDER: Action = Action("grantSurplusOrder");
/// 返還したことを届け出る。
pub const GRANT_REPAYMENT_REPORT: Action = Action("grantRepaymentReport");
/// 返還を受け入れる。
pub const GRANT_REPAYMENT_RECORD: Action = Action("grantRepaymentRecord");
/// 変更の承認を申請する。
pub const GRANT_CHANGE_REQUEST: Action = Action("grantChangeRequest");
/// 変更を承認する。
pub const GRANT_CHANGE_APPROVE: Action = Action("grantChangeApprove");
/// 変更を承認しない。
pub const GRANT_CHANGE_REFUSE: Action = Action("grantChangeRefuse");
/// 変更承認申請を取り下げる。
pub const GRANT_CHANGE_WITHDRAW: Action = Action("grantChangeWithdraw");
/// 交付決定を取り消す。
pub const GRANT_DECISION_REVOKE: Action = Action("grantDecisionRevoke");
/// 地域組織に、交付金の一部を申請する。
pub const GRANT_SUBGRANT_SUBMIT: Action = Action("grantSubgrantSubmit");
/// 地域内の申請を採択する。
pub const GRANT_SUBGRANT_ADOPT: Action = Action("grantSubgrantAdopt");
/// 地域内の申請を不採択とする。
pub const GRANT_SUBGRANT_REFUSE: Action = Action("grantSubgrantRefuse");
/// 地域内の申請を取り下げる。
pub const GRANT_SUBGRANT_WITHDRAW: Action = Action("grantSubgrantWithdraw");

/// Everything that can be done to an application once it is there.
pub const APPLICATION_ACTS: &[Action] = &[
    GRANT_APPLICATION_CHANGE,
    GRANT_APPLICATION_SUBMIT,
    GRANT_APPLICATION_WITHDRAW,
    GRANT_APPLICATION_REVIEW_START,
    GRANT_APPLICATION_RETURN,
    GRANT_APPLICATION_RECOMMEND,
    GRANT_APPLICATION_DECIDE,
    GRANT_APPLICATION_REFUSE,
    GRANT_PAYMENT_REQUEST,
    GRANT_PAYMENT_EXECUTE,
    GRANT_APPLICATION_FILE_ATTACH,
    GRANT_APPLICATION_FILE_DETACH,
    GRANT_COMPLETION_RECORD,
    GRANT_REPORT_SUBMIT,
    GRANT_REPORT_RETURN,
    GRANT_REPORT_REVIEW,
    GRANT_AMOUNT_FIX,
    GRANT_REPAYMENT_RECORD,
    GRANT_CHANGE_REQUEST,
    GRANT_DECISION_REVOKE,
    GRANT_PAYMENT_REVERSE,
    GRANT_PAYMENT_REQUEST_WITHDRAW,
    GRANT_PAYMENT_REQUEST_RETURN,
    GRANT_REPAYMENT_REPORT,
    GRANT_SURPLUS_ORDER,
];

/// Loads an application for an act that is possible now, and moves it to the act's next state. The state
/// is written by the caller, with what else the act changes.
async fn begin(
    tx: &Tx,
    id: GrantApplicationId,
    action: Action,
) -> Result<(grant_application::Model, grant_application::ActiveModel)> {
    let row = tx.load::<GrantApplication>(id, action).await?;
    if rules::is_the_halls(action) {
        apart_from_parties(tx, &row).await?;
    }
    apart_from_hands(tx, &row, action).await?;
    rules::application(&row, action, tx.now)?;
    let mut next: grant_application::ActiveModel = row.clone().into();
    if let Some(state) = rules::next_state(row.state, action) {
        next.state = Set(state);
    }
    Ok((row, next))
}

/// The most characters of a reason.
const MOST_REASON: usize = 2_000;

/// Releases what is promised to an application and will not be paid: it is the allocation's again.
async fn release(tx: &Tx, row: &grant_application::Model, amount: Yen) -> Result<()> {
    if amount.0 == 0 {
        return Ok(());
    }
    let allocation = row.allocation_id.0;
    let journal = Journal {
        kind: "GRANT_RELEASED",
        subject: row.id.0,
        fiscal_year: row.fiscal_year,
        memo: row.title.clone(),
        once: false,
        legs: transfer((AccountKind::Committed, allocation), (AccountKind::Grant, allocation), amount),
        when_short: Refusal::new("COMMITMENT_EXCEEDED", "交付決定額を超えています。", "More than was decided."),
    };
    ledger::post(tx, journal).await?;
    Ok(())
}

/// JSON of ours that a row keeps; the usual where it keeps none.
fn kept<T: DeserializeOwned + Default>(json: Option<&str>) -> Result<T> {
    json.map_or_else(|| Ok(T::default()), |text| serde_json::from_str(text).map_err(Error::internal))
}

/// Keeps an act on an application and tells those whom it concerns. Actor and time come from the transaction.
async fn record(
    tx: &Tx,
    row: &grant_application::Model,
    act: GrantActKind,
    reason: Option<String>,
    amount: Option<Yen>,
) -> Result<()> {
    let kept = grant_act::ActiveModel {
        id: Set(GrantActId::new()),
        application_id: Set(row.id),
        organization_id: Set(row.organization_id),
        district_id: Set(row.district_id),
        act: Set(act),
        reason: Set(reason),
        amount_yen: Set(amount),
        ..Default::default()
    };
    kept.insert(tx).await?;
    notices::tell(tx, row, act).await
}
