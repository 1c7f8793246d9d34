//! Indicators and their values.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::kernel::decimal::Decimal;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::strategy::commands::{INDICATOR_ADD, INDICATOR_VALUE_RECORD};
use crate::strategy::entity::{
    IndicatorDirection, IndicatorId, IndicatorKind, IndicatorRole, IndicatorValueId, StrategyNodeId, ValueStatus,
    indicator, indicator_value,
};
use crate::strategy::rules;
use crate::strategy::shapes::{Indicator, Strategy, StrategyNode};

/// 指標の内容。
#[derive(InputObject)]
pub struct IndicatorAddInput {
    /// 指標で測る項目。
    pub node_id: StrategyNodeId,
    /// 名称。
    pub title: String,
    /// 種類。
    pub kind: IndicatorKind,
    /// 目指す向き。達成したかどうかで測る指標では NONE。
    pub direction: IndicatorDirection,
    /// 単位(人、事業など)。
    pub unit: Option<String>,
    /// おおよその値で測るか。
    #[graphql(default)]
    pub approximate: bool,
}

/// Adds an indicator to a node of a strategy that is not adopted yet.
pub async fn add_indicator(tx: &Tx, input: IndicatorAddInput) -> Result<IndicatorId> {
    let IndicatorAddInput { node_id, title, kind, direction, unit, approximate } = input;
    let node = tx.peek::<StrategyNode>(node_id, Action::READ).await?;
    let strategy = tx.load::<Strategy>(node.strategy_id, INDICATOR_ADD).await?;
    rules::strategy(&strategy, INDICATOR_ADD, tx.now)?;
    let before = indicator::Entity::find().filter(indicator::Column::NodeId.eq(node_id)).count(tx).await?;
    let mut checks = Checks::new();
    checks.check(
        (kind == IndicatorKind::Numeric) == (direction != IndicatorDirection::None),
        "input.direction",
        "DIRECTION",
        "数値で測る指標には向きを、達成したかどうかで測る指標には NONE を指定してください。",
        "A numeric indicator has a direction, a milestone has none.",
    );
    let row = indicator::ActiveModel {
        id: Set(IndicatorId::new()),
        strategy_id: Set(node.strategy_id),
        node_id: Set(node_id),
        title: Set(checks.text("input.title", &title, 200)),
        kind: Set(kind),
        direction: Set(direction),
        unit: Set(checks.optional("input.unit", unit.as_deref(), 20)),
        approximate: Set(approximate),
        position: Set(i32::try_from(before).map_err(Error::internal)? + 1),
        baseline_pending: Set(false),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 指標の値。
#[derive(InputObject)]
pub struct IndicatorValueRecordInput {
    /// 指標。
    pub indicator_id: IndicatorId,
    /// 役割(基準値・目標値・実績値・参考値)。
    pub role: IndicatorRole,
    /// 年度。
    pub fiscal_year: FiscalYear,
    /// 分かっているか、公表予定か。
    pub status: ValueStatus,
    /// 数値。
    pub value: Option<Decimal>,
    /// 言葉で表した値、または資料の表記(「整備」「3月公表予定」など)。
    pub text: Option<String>,
    /// おおよその値か。
    #[graphql(default)]
    pub approximate: bool,
}

/// Records the value of a year in a role; a pending one is filled in.
pub async fn record_value(tx: &Tx, input: IndicatorValueRecordInput) -> Result<IndicatorValueId> {
    let IndicatorValueRecordInput { indicator_id, role, fiscal_year, status, value, text, approximate } = input;
    let indicator = tx.peek::<Indicator>(indicator_id, Action::READ).await?;
    let strategy = tx.load::<Strategy>(indicator.strategy_id, INDICATOR_VALUE_RECORD).await?;
    rules::strategy(&strategy, INDICATOR_VALUE_RECORD, tx.now)?;
    let present = indicator_value::Entity::find()
        .filter(indicator_value::Column::IndicatorId.eq(indicator_id))
        .filter(indicator_value::Column::Role.eq(role))
        .filter(indicator_value::Column::FiscalYear.eq(fiscal_year))
        .one(tx)
        .await?;
    rules::record_value(strategy.state, role, present.as_ref())?;
    let mut checks = Checks::new();
    let text = checks.optional("input.text", text.as_deref(), 200);
    check_value(&mut checks, indicator.kind, status, value.as_ref(), text.as_deref());
    checks.done()?;
    let mut row = indicator_value::ActiveModel {
        strategy_id: Set(indicator.strategy_id),
        indicator_id: Set(indicator_id),
        role: Set(role),
        fiscal_year: Set(fiscal_year),
        status: Set(status),
        value: Set(value),
        text: Set(text),
        approximate: Set(approximate),
        ..Default::default()
    };
    let id = if let Some(present) = present {
        row.id = sea_orm::Unchanged(present.id);
        row.update(tx).await?.id
    } else {
        row.id = Set(IndicatorValueId::new());
        row.insert(tx).await?.id
    };
    sum_up(tx, indicator).await?;
    Ok(id)
}

fn check_value(
    checks: &mut Checks,
    kind: IndicatorKind,
    status: ValueStatus,
    value: Option<&Decimal>,
    text: Option<&str>,
) {
    let (fits, path, ja, en) = match (status, kind) {
        (ValueStatus::Pending, _) => {
            (value.is_none(), "input.value", "公表予定の値に数値は指定できません。", "A pending value has no number.")
        }
        (ValueStatus::Known, IndicatorKind::Numeric) => {
            (value.is_some(), "input.value", "数値を入力してください。", "A number is required.")
        }
        (ValueStatus::Known, IndicatorKind::Milestone) => (
            value.is_none() && text.is_some(),
            "input.text",
            "達成の状況を言葉で入力してください。",
            "A milestone's value is a text.",
        ),
    };
    checks.check(fits, path, "VALUE", ja, en);
}

/// Keeps on the indicator what its progress is computed from: the newest of each role.
async fn sum_up(tx: &Tx, of: indicator::Model) -> Result<()> {
    let values = indicator_value::Entity::find()
        .filter(indicator_value::Column::IndicatorId.eq(of.id))
        .order_by_desc(indicator_value::Column::FiscalYear)
        .all(tx)
        .await?;
    let newest = |role| values.iter().find(|v| v.role == role);
    let known = |role| values.iter().find(|v| v.role == role && v.value.is_some()).and_then(|v| v.value.clone());
    let baseline = newest(IndicatorRole::Baseline);
    let mut row: indicator::ActiveModel = of.into();
    row.baseline_pending = Set(baseline.is_some_and(|v| v.status == ValueStatus::Pending));
    row.baseline_value = Set(baseline.and_then(|v| v.value.clone()));
    row.target_value = Set(known(IndicatorRole::Target));
    row.actual_value = Set(known(IndicatorRole::Actual));
    row.update(tx).await?;
    Ok(())
}
