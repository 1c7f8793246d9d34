//! The call: made with its criteria, opened, closed.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use super::{CALL_CLOSE, CALL_CREATE, CALL_OPEN, CRITERION_ADD};
use crate::challenges::entity::{CallId, CallState, ChallengeCategory, CriterionId, call, criterion};
use crate::challenges::rules;
use crate::challenges::shapes::ChallengeCall;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::SectionId;
use crate::people::shapes::Section;

/// 公募の内容。
#[derive(InputObject)]
pub struct ChallengeCallCreateInput {
    /// 年度。
    pub fiscal_year: FiscalYear,
    /// 名称。
    pub title: String,
    /// 概要。
    pub summary: String,
    /// 応募できる部門。
    pub categories: Vec<ChallengeCategory>,
    /// 公募の始まりの日。
    pub opens_on: Date,
    /// 公募の終わりの日(この日まで受け付ける)。
    pub closes_on: Date,
    /// 一件の上限額。
    pub max_yen: Yen,
    /// 担当の部・課。
    pub section_id: SectionId,
}

/// Makes a call. It is not public until it is opened.
pub async fn create_call(tx: &Tx, input: ChallengeCallCreateInput) -> Result<CallId> {
    tx.may_create::<ChallengeCall>(CALL_CREATE, &[])?;
    let ChallengeCallCreateInput { fiscal_year, title, summary, categories, opens_on, closes_on, max_yen, section_id } =
        input;
    tx.peek::<Section>(section_id, Action::READ).await?;
    let mut checks = Checks::new();
    let (ja, en) = ("部門を一つ以上選んでください。", "Choose at least one category.");
    checks.check(!categories.is_empty(), "input.categories", "REQUIRED", ja, en);
    let (ja, en) = ("終わりが始まりより前です。", "It ends before it starts.");
    checks.check(closes_on >= opens_on, "input.closesOn", "ORDER", ja, en);
    checks.check(max_yen > Yen(0), "input.maxYen", "RANGE", "1円以上で入力してください。", "1 yen or more.");
    let row = call::ActiveModel {
        id: Set(CallId::new()),
        fiscal_year: Set(fiscal_year),
        title: Set(checks.text("input.title", &title, 100)),
        summary: Set(checks.text("input.summary", &summary, 4000)),
        for_child: Set(categories.contains(&ChallengeCategory::Child)),
        for_youth: Set(categories.contains(&ChallengeCategory::Youth)),
        for_adult: Set(categories.contains(&ChallengeCategory::Adult)),
        for_corporate: Set(categories.contains(&ChallengeCategory::Corporate)),
        opens_on: Set(opens_on),
        closes_on: Set(closes_on),
        max_yen: Set(max_yen),
        section_id: Set(section_id),
        state: Set(CallState::Draft),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 審査基準。
#[derive(InputObject)]
pub struct ChallengeCriterionAddInput {
    /// 公募。
    pub call_id: CallId,
    /// 基準の名称。
    pub label: String,
    /// 配点(1から1000)。
    pub max_score: i32,
}

/// Adds a criterion to a call that is not open yet.
pub async fn add_criterion(tx: &Tx, input: ChallengeCriterionAddInput) -> Result<CriterionId> {
    let ChallengeCriterionAddInput { call_id, label, max_score } = input;
    begin(tx, call_id, CRITERION_ADD).await?;
    let mut checks = Checks::new();
    let range = (1..=1000).contains(&max_score);
    checks.check(range, "input.maxScore", "RANGE", "1から1000までで入力してください。", "1 to 1000.");
    let row = criterion::ActiveModel {
        id: Set(CriterionId::new()),
        call_id: Set(call_id),
        label: Set(checks.text("input.label", &label, 100)),
        max_score: Set(max_score),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// Opens a call: from now on everybody reads it.
pub async fn open_call(tx: &Tx, id: CallId) -> Result<CallId> {
    let row = begin(tx, id, CALL_OPEN).await?;
    let criteria = criterion::Entity::find().filter(criterion::Column::CallId.eq(id)).count(tx).await?;
    rules::openable(criteria)?;
    set_state(tx, row, CallState::Open).await
}

/// Closes a call before or after its last day.
pub async fn close_call(tx: &Tx, id: CallId) -> Result<CallId> {
    let row = begin(tx, id, CALL_CLOSE).await?;
    set_state(tx, row, CallState::Closed).await
}

async fn begin(tx: &Tx, id: CallId, action: Action) -> Result<call::Model> {
    let row = tx.load::<ChallengeCall>(id, action).await?;
    rules::call(&row, action, tx.now)?;
    Ok(row)
}

async fn set_state(tx: &Tx, row: call::Model, state: CallState) -> Result<CallId> {
    let id = row.id;
    let mut row: call::ActiveModel = row.into();
    row.state = Set(state);
    row.update(tx).await?;
    Ok(id)
}
