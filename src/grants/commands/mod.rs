//! What is done with grants: [`programme`] by those who set the money aside, [`calculation`] to find out what each
//! organization may have, [`application`] with its [`attachment`]s by those who ask for it, [`review`] by those who
//! examine and decide, [`payment`] by those who pay.

pub mod application;
pub mod attachment;
pub mod calculation;
pub mod payment;
pub mod programme;
pub mod review;

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::grants::entity::{GrantActId, GrantActKind, GrantApplicationId, grant_act, grant_application};
use crate::grants::shapes::GrantApplication;
use crate::grants::{notices, rules};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::read::DUTIES_APART;
use crate::kernel::tx::Tx;

/// 交付金制度を作る。
pub const GRANT_PROGRAMME_CREATE: Action = Action("grantProgrammeCreate");
/// 交付金制度を公開する。
pub const GRANT_PROGRAMME_PUBLISH: Action = Action("grantProgrammePublish");
/// 交付金制度を終える。
pub const GRANT_PROGRAMME_CLOSE: Action = Action("grantProgrammeClose");
/// 団体への配分額を定める。
pub const GRANT_ALLOCATION_SET: Action = Action("grantAllocationSet");
/// 算定規則の版を起草する。
pub const GRANT_RULE_DRAFT: Action = Action("grantRuleDraft");
/// 算定規則の版を施行する。
pub const GRANT_RULE_ENACT: Action = Action("grantRuleEnact");
/// 算定に用いる値を申告する。
pub const GRANT_DECLARATION_RECORD: Action = Action("grantDeclarationRecord");
/// 算定する。
pub const GRANT_RUN_CREATE: Action = Action("grantRunCreate");
/// 算定を承認し、配分とする。
pub const GRANT_RUN_APPROVE: Action = Action("grantRunApprove");
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
/// 支払う。
pub const GRANT_PAYMENT_EXECUTE: Action = Action("grantPaymentExecute");

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
];

/// Loads an application for an act that is possible now, and moves it to the act's next state. The state
/// is written by the caller, with what else the act changes.
async fn begin(
    tx: &Tx,
    id: GrantApplicationId,
    action: Action,
) -> Result<(grant_application::Model, grant_application::ActiveModel)> {
    let row = tx.load::<GrantApplication>(id, action).await?;
    if rules::is_the_halls(action) && is_party(tx, &row).await? {
        return Err(Error::Forbidden(DUTIES_APART));
    }
    rules::application(&row, action, tx.now)?;
    let mut next: grant_application::ActiveModel = row.clone().into();
    if let Some(state) = rules::next_state(row.state, action) {
        next.state = Set(state);
    }
    Ok((row, next))
}

/// Had the caller a hand in the application itself? A colleague's later submission does not wash that off.
async fn is_party(tx: &Tx, row: &grant_application::Model) -> Result<bool> {
    let acts = [GrantActKind::Create, GrantActKind::Change, GrantActKind::Submit];
    let hand = grant_act::Entity::find()
        .filter(grant_act::Column::ApplicationId.eq(row.id))
        .filter(grant_act::Column::ActorId.eq(tx.principal.account))
        .filter(grant_act::Column::Act.is_in(acts));
    Ok(tx.principal.account.is_some() && hand.one(tx).await?.is_some())
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
