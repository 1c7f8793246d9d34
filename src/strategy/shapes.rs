//! What can be read of strategies, and by whom.

use async_graphql::{Enum, InputObject, Value};
use sea_orm::ActiveEnum;

use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Children, Filter, Key, Order, Ty, Where};
use crate::kernel::request::Request;
use crate::people::shapes::Section;
use crate::shape;
use crate::strategy::commands::{
    INDICATOR_ADD, INDICATOR_VALUE_RECORD, LEGAL_BASIS_RECORD, STRATEGY_ADOPT, STRATEGY_CHANGE,
    STRATEGY_COUNCIL_REVIEW_START, STRATEGY_CREATE, STRATEGY_EXPIRE, STRATEGY_NODE_ADD, STRATEGY_NODE_CHANGE,
    STRATEGY_PUBLIC_COMMENT_START, STRATEGY_PUT_IN_FORCE, STRATEGY_REVISION_APPROVE, STRATEGY_REVISION_PROPOSE,
};
use crate::strategy::entity::{
    IndicatorDirection, IndicatorId, IndicatorKind, IndicatorRating, IndicatorRole, IndicatorValueId, LegalBasisId,
    PopulationVisionId, ProgressGap, StrategyCategory, StrategyId, StrategyKind, StrategyNodeId, StrategyNodeKind,
    StrategyNodeVersionId, StrategyRevisionId, StrategyRevisionState, StrategyState, ValueStatus, indicator,
    indicator_value, legal_basis, node, node_version, population_vision, strategy, strategy_revision,
};
use crate::strategy::rules::{self, Measured};

const PLANNING: &[Role] = &[Role::PlanningStaff];
/// Municipal strategies of the law on overcoming population decline (平成26年法律第136号).
const REVITALIZATION_LAW: &str = "まち・ひと・しごと創生法第10条";
/// From adoption on everybody reads the strategy …
const ADOPTED: &str = "t.state IN ('ADOPTED', 'IN_FORCE', 'EXPIRED')";
/// … and all that belongs to it.
const OF_ADOPTED: &str = "coalesce((SELECT s.state IN ('ADOPTED', 'IN_FORCE', 'EXPIRED') FROM strategies s WHERE s.municipality_id = t.municipality_id AND s.id = t.strategy_id), false)";

shape! {
    LegalBasis("LegalBasis", "根拠となる法律・条例・要綱。", "legal_bases") { id: LegalBasisId, row: legal_basis::Entity }
    |shape| shape
        .revision()
        .column::<String>("name", "名称。")
        .column::<Option<String>>("number", "番号。")
        .column::<Option<Date>>("effectiveOn", "施行日。")
        .column::<Option<String>>("effectiveNote", "施行の時期。")
        .connection::<Strategy>("strategies", "legal_basis_id", "この法令に基づく戦略。")
        .ordered([Key::up("name", Ty::Text)])
        .published("true")
        .ruled_by(REVITALIZATION_LAW)
        .create(LEGAL_BASIS_RECORD, "", PLANNING, Over::Municipality)
}

/// 戦略の絞り込み。
#[derive(InputObject)]
pub struct StrategyFilterInput {
    /// 種類。
    pub kind: Option<StrategyKind>,
    /// 状態(いずれか)。
    pub state: Option<Vec<StrategyState>>,
}

impl Filter for StrategyFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("kind", self.kind.map(|kind| Param::text(kind.word())));
        to.among("state", self.state.map(|states| states.into_iter().map(StrategyState::word).collect()));
    }
}

shape! {
    Strategy("Strategy", "戦略・計画。策定されると、項目と指標を含めてすべて公開される。", "strategies") { id: StrategyId, row: strategy::Entity, may: rules::strategy }
    |shape| shape
        .revision()
        .column::<String>("title", "題名。")
        .column::<Option<i32>>("generation", "期。")
        .column::<StrategyKind>("kind", "種類。")
        .column::<StrategyState>("state", "状態。")
        .column::<Option<FiscalYear>>("startFiscalYear", "計画期間の最初の年度。")
        .column::<Option<FiscalYear>>("endFiscalYear", "計画期間の最後の年度。")
        .column::<Option<Date>>("adoptedOn", "策定した日。")
        .column::<Option<String>>("adoptedNote", "策定の時期。")
        .column::<Option<String>>("summary", "概要。")
        .one::<LegalBasis>("legalBasis", "legal_basis_id", "根拠法令。")
        .one::<Strategy>("predecessor", "predecessor_id", "前の期の戦略。")
        .first::<Strategy>("successor", Children { key: "predecessor_id", when: "", order: &[] }, "次の期の戦略。")
        .one::<Section>("section", "section_id", "担当する課。")
        .first::<PopulationVision>("populationVision", Children { key: "strategy_id", when: "", order: &[] }, "人口ビジョン。")
        .many_when::<StrategyNode>("roots", Children { key: "strategy_id", when: "t.parent_id IS NULL", order: &[] }, "最上位の項目。種類・番号の順。")
        .connection::<StrategyNode>("nodes", "strategy_id", "すべての項目。既定では資料の並び(上位から下位へ、種類・番号の順)。")
        .connection::<Indicator>("indicators", "strategy_id", "すべての指標。")
        .many::<StrategyRevision>("revisions", "strategy_id", "改訂。")
        .ordered([Key::up("created_at", Ty::Time)])
        .filtered::<StrategyFilterInput>()
        .published(ADOPTED)
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(REVITALIZATION_LAW)
        .create(STRATEGY_CREATE, REVITALIZATION_LAW, PLANNING, Over::Municipality)
        .act(STRATEGY_CHANGE, "", PLANNING, Over::Municipality)
        .act(STRATEGY_PUBLIC_COMMENT_START, "", PLANNING, Over::Municipality)
        .act(STRATEGY_COUNCIL_REVIEW_START, "", PLANNING, Over::Municipality)
        .act(STRATEGY_ADOPT, "", PLANNING, Over::Municipality)
        .act(STRATEGY_PUT_IN_FORCE, "", PLANNING, Over::Municipality)
        .act(STRATEGY_EXPIRE, "", PLANNING, Over::Municipality)
        .act(STRATEGY_NODE_ADD, "", PLANNING, Over::Municipality)
        .act(INDICATOR_ADD, "", PLANNING, Over::Municipality)
        .act(INDICATOR_VALUE_RECORD, "", PLANNING, Over::Municipality)
        .act(STRATEGY_REVISION_PROPOSE, "", PLANNING, Over::Municipality)
}

shape! {
    PopulationVision("PopulationVision", "人口ビジョン。", "population_visions") { id: PopulationVisionId, row: population_vision::Entity }
    |shape| shape
        .one::<Strategy>("strategy", "strategy_id", "戦略。")
        .column::<String>("title", "題名。")
        .column::<Option<String>>("adoptedNote", "策定の時期。")
        .column::<Option<FiscalYear>>("midFiscalYear", "中間年度。")
        .column::<Option<String>>("midNote", "中間年度の表記。")
        .column::<Option<FiscalYear>>("finalFiscalYear", "最終年度。")
        .column::<Option<String>>("finalNote", "最終年度の表記。")
        .column::<Option<String>>("summary", "概要。")
        .column::<Option<String>>("note", "注記。")
        .published(OF_ADOPTED)
        .readable(Role::STAFF, Over::Municipality)
}

/// 項目の絞り込み。
#[derive(InputObject)]
pub struct StrategyNodeFilterInput {
    /// 種類(いずれか)。
    pub kind: Option<Vec<StrategyNodeKind>>,
    /// 新規か。
    pub is_new: Option<bool>,
    /// 上位の項目。
    pub parent_id: Option<StrategyNodeId>,
    /// チャレンジの担い手。
    pub category: Option<StrategyCategory>,
}

impl Filter for StrategyNodeFilterInput {
    fn conditions(self, to: &mut Where) {
        to.among("kind", self.kind.map(|kinds| kinds.into_iter().map(StrategyNodeKind::word).collect()));
        to.eq("is_new", self.is_new.map(Param::Bool));
        to.eq("parent_id", self.parent_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("category", self.category.map(|category| Param::text(category.word())));
    }
}

/// 項目の並び順。
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum StrategyNodeOrder {
    /// 資料の並び(上位から下位へ、種類・番号の順)
    Tree,
    /// 登録の新しい順
    Newest,
}

impl Order for StrategyNodeOrder {
    fn keys(self) -> &'static [Key] {
        match self {
            Self::Tree => const { &[Key::up("sort_path", Ty::Text)] },
            Self::Newest => const { &[Key::down("created_at", Ty::Time)] },
        }
    }
}

shape! {
    StrategyNode("StrategyNode", "戦略の項目。基本目標・主要施策・事業などの木をなす。", "strategy_nodes") { id: StrategyNodeId, row: node::Entity, may: rules::node }
    |shape| shape
        .revision()
        .one::<Strategy>("strategy", "strategy_id", "戦略。")
        .one::<StrategyNode>("parent", "parent_id", "上位の項目。")
        .many::<StrategyNode>("children", "parent_id", "下位の項目。種類・番号の順。")
        .column::<StrategyNodeKind>("kind", "種類。")
        .column::<Option<i32>>("number", "番号。")
        .column::<i32>("position", "兄弟の中での登録の順。")
        .column::<Option<String>>("title", "題名。")
        .column::<Option<String>>("aim", "ねらい・説明。")
        .column::<bool>("isNew", "新規か。")
        .column::<Option<String>>("note", "注記・用語の説明。")
        .column::<Option<StrategyCategory>>("category", "チャレンジの担い手。")
        .column::<Option<String>>("nickname", "愛称。")
        .one::<Section>("section", "section_id", "担当する課。")
        .many::<Indicator>("indicators", "node_id", "指標。")
        .many::<StrategyRevision>("revisions", "node_id", "この項目の改訂。")
        .many::<StrategyNodeVersion>("versions", "node_id", "改訂前の内容。古い順。")
        .ordered([Key::up("sort_path", Ty::Text)])
        .filtered::<StrategyNodeFilterInput>()
        .sortable::<StrategyNodeOrder>()
        .published("t.strategy_state IN ('ADOPTED', 'IN_FORCE', 'EXPIRED')")
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(REVITALIZATION_LAW)
        .act(STRATEGY_NODE_CHANGE, "", PLANNING, Over::Municipality)
}

shape! {
    StrategyNodeVersion("StrategyNodeVersion", "改訂される前の項目の内容。", "strategy_node_versions") { id: StrategyNodeVersionId, row: node_version::Entity }
    |shape| shape
        .one::<StrategyNode>("node", "node_id", "項目。")
        .one::<StrategyRevision>("revisedBy", "revised_by", "この内容を改めた改訂。")
        .column::<Option<i32>>("number", "番号。")
        .column::<Option<String>>("title", "題名。")
        .column::<Option<String>>("aim", "ねらい・説明。")
        .column::<bool>("isNew", "新規か。")
        .column::<Option<String>>("note", "注記・用語の説明。")
        .column::<Option<String>>("nickname", "愛称。")
        .ordered([Key::up("created_at", Ty::Time)])
        .published(OF_ADOPTED)
        .readable(Role::STAFF, Over::Municipality)
}

/// A proposed revision of a strategy in use (`rules::strategy`).
const APPROVABLE: &str = "t.state = 'PROPOSED' AND coalesce((SELECT s.state IN ('ADOPTED', 'IN_FORCE') \
    FROM strategies s WHERE s.municipality_id = t.municipality_id AND s.id = t.strategy_id), false)";

shape! {
    StrategyRevision("StrategyRevision", "戦略の改訂。有識者会議などの承認を経て、改定日から有効になる。", "strategy_revisions") { id: StrategyRevisionId, row: strategy_revision::Entity, may: rules::revision }
    |shape| shape
        .revision()
        .one::<Strategy>("strategy", "strategy_id", "戦略。")
        .one::<StrategyNode>("node", "node_id", "改訂した項目。戦略の全体なら null。")
        .column::<StrategyRevisionState>("state", "状態。")
        .column::<String>("changes", "改訂の内容と趣旨。")
        .column::<Date>("proposedOn", "提案を登録した日。")
        .column::<Option<String>>("councilName", "承認した会議の名称。")
        .column::<Option<i32>>("sessionNumber", "会議の回。")
        .column::<Option<Date>>("approvedOn", "承認した日。")
        .column::<Option<Date>>("revisedOn", "改定日。")
        .ordered([Key::up("created_at", Ty::Time)])
        .task(STRATEGY_REVISION_APPROVE, [APPROVABLE, "t.changes", ""], [
            "戦略の改訂が提案されています。会議の承認を得たら記録してください。",
            "A revision of the strategy is proposed. Please record its approval when the council has given it.",
        ])
        .published(concat!(
            "t.state = 'APPROVED' AND coalesce((SELECT s.state IN ('ADOPTED', 'IN_FORCE', 'EXPIRED') FROM strategies s ",
            "WHERE s.municipality_id = t.municipality_id AND s.id = t.strategy_id), false)"
        ))
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(REVITALIZATION_LAW)
        .act(STRATEGY_REVISION_APPROVE, "", PLANNING, Over::Municipality)
}

/// What progress is computed from.
const MEASURED: &[&str] = &["kind", "direction", "baseline_pending", "baseline_value", "target_value", "actual_value"];

shape! {
    Indicator("Indicator", "数値目標・KPI。", "indicators") { id: IndicatorId, row: indicator::Entity }
    |shape| shape
        .revision()
        .one::<Strategy>("strategy", "strategy_id", "戦略。")
        .one::<StrategyNode>("node", "node_id", "指標で測る項目。")
        .column::<String>("title", "名称。")
        .column::<IndicatorKind>("kind", "種類。")
        .column::<IndicatorDirection>("direction", "目指す向き。")
        .column::<Option<String>>("unit", "単位。")
        .column::<bool>("approximate", "おおよその値で測るか。")
        .many::<IndicatorValue>("values", "indicator_id", "値。年度の順。")
        .computed::<Option<Decimal>>("progress", "達成率(%)。(実績値−基準値)÷(目標値−基準値)。小数第1位まで。計算できなければ null。", MEASURED, progress)
        .computed::<Option<ProgressGap>>("progressGap", "達成率を計算できない理由。", MEASURED, progress_gap)
        .computed::<IndicatorRating>("rating", "達成度の区分(長与町の方式)。", MEASURED, rating)
        .ordered([Key::up("position", Ty::Int), Key::up("created_at", Ty::Time)])
        .published(OF_ADOPTED)
        .readable(Role::STAFF, Over::Municipality)
}

fn measured(row: &Cells<'_>) -> Result<Measured> {
    fn word<E: ActiveEnum<Value = String>>(row: &Cells<'_>, column: &str) -> Result<E> {
        Ok(E::try_from_value(&row.get(column)?)?)
    }
    let decimal = |column: &str| -> Result<Option<Decimal>> {
        Ok(row.get::<Option<String>>(column)?.as_deref().and_then(Decimal::parse))
    };
    Ok(Measured {
        kind: word(row, "kind")?,
        direction: word(row, "direction")?,
        baseline_pending: row.get("baseline_pending")?,
        baseline: decimal("baseline_value")?,
        target: decimal("target_value")?,
        actual: decimal("actual_value")?,
    })
}

fn progress(row: &Cells<'_>, _: &Request) -> Result<Value> {
    Ok(measured(row)?.progress().map_or(Value::Null, Value::from))
}

fn progress_gap(row: &Cells<'_>, _: &Request) -> Result<Value> {
    Ok(measured(row)?.progress().err().map_or(Value::Null, |gap| Value::from(gap.word())))
}

fn rating(row: &Cells<'_>, _: &Request) -> Result<Value> {
    Ok(Value::from(measured(row)?.rating().word()))
}

shape! {
    IndicatorValue("IndicatorValue", "ある年度の指標の値。", "indicator_values") { id: IndicatorValueId, row: indicator_value::Entity }
    |shape| shape
        .one::<Indicator>("indicator", "indicator_id", "指標。")
        .column::<IndicatorRole>("role", "役割。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<ValueStatus>("status", "分かっているか、公表予定か。")
        .column::<Option<Decimal>>("value", "数値。")
        .column::<Option<String>>("text", "言葉で表した値、または資料の表記。")
        .column::<bool>("approximate", "おおよその値か。")
        .ordered([Key::up("fiscal_year", Ty::Int), Key::up("created_at", Ty::Time)])
        .published(OF_ADOPTED)
        .readable(Role::STAFF, Over::Municipality)
}
