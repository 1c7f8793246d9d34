//! Rows, ids and words of strategies.

use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::people::entity::SectionId;
use crate::{entity, id_type, text_enum};

id_type!(/// 根拠法令
    LegalBasisId = "lgb");
id_type!(/// 戦略
    StrategyId = "str");
id_type!(/// 人口ビジョン
    PopulationVisionId = "pvn");
id_type!(/// 戦略の項目
    StrategyNodeId = "snd");
id_type!(/// 項目の改訂前の内容
    StrategyNodeVersionId = "snv");
id_type!(/// 改訂
    StrategyRevisionId = "srv");
id_type!(/// 指標
    IndicatorId = "ind");
id_type!(/// 指標の値
    IndicatorValueId = "idv");

text_enum! {
    /// 戦略の種類。
    StrategyKind {
        /// 総合戦略
        ComprehensiveStrategy,
        /// 総合計画
        ComprehensivePlan,
        /// 地域共生社会構築計画
        InclusiveCommunityPlan,
        /// 重点プロジェクト
        PriorityProjects,
    }
}

text_enum! {
    /// 戦略の状態。
    StrategyState {
        /// 案の作成中
        Draft,
        /// パブリックコメント
        PublicComment,
        /// 有識者会議での審議
        CouncilReview,
        /// 策定済み(計画期間の前)
        Adopted,
        /// 計画期間中
        InForce,
        /// 終了
        Expired,
    }
}

text_enum! {
    /// 項目の種類。兄弟の項目はこの順に並ぶ。
    StrategyNodeKind {
        /// 目指す姿
        Vision,
        /// 基本理念
        Principle,
        /// 基本的視点
        Viewpoint,
        /// 主題・考え方
        Theme,
        /// 柱
        Pillar,
        /// 基本目標
        Goal,
        /// 政策分野
        PolicyField,
        /// 基本的方向・方向性
        Direction,
        /// リーディングプロジェクト
        LeadingProject,
        /// 重点プロジェクト
        PriorityProject,
        /// チャレンジ
        Challenge,
        /// 主要施策・方針
        Policy,
        /// 取組の種類
        WorkKind,
        /// 事業(複数の取組からなるもの)
        Programme,
        /// 施策・事業
        Measure,
        /// 基本事業
        BasicProject,
        /// 個別の取組
        Item,
        /// 体験鎖
        ExperienceChain,
        /// 体験鎖の段階
        ExperienceStep,
    }
}

text_enum! {
    /// チャレンジの担い手。
    StrategyCategory {
        /// 子ども
        Child,
        /// 若者
        Youth,
        /// 大人
        Adult,
        /// 企業
        Corporate,
    }
}

text_enum! {
    /// 改訂の状態。
    StrategyRevisionState {
        /// 提案
        Proposed,
        /// 承認(改定日から有効)
        Approved,
    }
}

text_enum! {
    /// 指標の種類。
    IndicatorKind {
        /// 数値で測る
        Numeric,
        /// 達成したかどうかで測る(未整備から整備へ、など)
        Milestone,
    }
}

text_enum! {
    /// 指標の目指す向き。
    IndicatorDirection {
        /// 増やす
        Increase,
        /// 減らす
        Decrease,
        /// 向きがない
        None,
    }
}

text_enum! {
    /// 値の役割。
    IndicatorRole {
        /// 基準値
        Baseline,
        /// 目標値
        Target,
        /// 実績値
        Actual,
        /// 参考値
        Reference,
    }
}

text_enum! {
    /// 値が分かっているか。
    ValueStatus {
        /// 分かっている
        Known,
        /// 公表予定
        Pending,
    }
}

text_enum! {
    /// 達成率を計算できない理由。
    ProgressGap {
        /// 達成したかどうかで測る指標
        Milestone,
        /// 基準値がまだ公表されていない
        Pending,
        /// 基準値・目標値・実績値のいずれかがない
        NotRecorded,
        /// 基準値と目標値が同じ
        ZeroRange,
    }
}

text_enum! {
    /// 達成度の区分(長与町の方式)。
    IndicatorRating {
        /// 目標値を超えた
        S,
        /// 基準値を上回った
        A,
        /// 基準値並み(悪化が1割以内)
        B,
        /// 基準値を1割を超えて下回った
        C,
        /// 測れない(−)
        NotMeasurable,
    }
}

entity! {
    /// Laws, by-laws and outlines that something stands on.
    legal_basis in "legal_bases" {
        id: LegalBasisId,
        name: String,
        number: Option<String>,
        effective_on: Option<Date>,
        effective_note: Option<String>,
    }
}

entity! {
    /// Strategies.
    strategy in "strategies" {
        id: StrategyId,
        title: String,
        generation: Option<i32>,
        kind: StrategyKind,
        state: StrategyState,
        start_fiscal_year: Option<FiscalYear>,
        end_fiscal_year: Option<FiscalYear>,
        adopted_on: Option<Date>,
        adopted_note: Option<String>,
        legal_basis_id: Option<LegalBasisId>,
        predecessor_id: Option<StrategyId>,
        section_id: Option<SectionId>,
        summary: Option<String>,
    }
}

entity! {
    /// Population visions, one for a strategy.
    population_vision in "population_visions" {
        id: PopulationVisionId,
        strategy_id: StrategyId,
        title: String,
        adopted_note: Option<String>,
        mid_fiscal_year: Option<FiscalYear>,
        mid_note: Option<String>,
        final_fiscal_year: Option<FiscalYear>,
        final_note: Option<String>,
        summary: Option<String>,
        note: Option<String>,
    }
}

entity! {
    /// Nodes of strategies. `sort_path` lists the tree in its printed order.
    node in "strategy_nodes" {
        id: StrategyNodeId,
        strategy_id: StrategyId,
        parent_id: Option<StrategyNodeId>,
        kind: StrategyNodeKind,
        number: Option<i32>,
        position: i32,
        sort_path: String,
        title: Option<String>,
        aim: Option<String>,
        is_new: bool,
        note: Option<String>,
        category: Option<StrategyCategory>,
        nickname: Option<String>,
        section_id: Option<SectionId>,
    }
}

entity! {
    /// Revisions of strategies.
    strategy_revision in "strategy_revisions" {
        id: StrategyRevisionId,
        strategy_id: StrategyId,
        node_id: Option<StrategyNodeId>,
        state: StrategyRevisionState,
        changes: String,
        proposed_on: Date,
        council_name: Option<String>,
        session_number: Option<i32>,
        approved_on: Option<Date>,
        revised_on: Option<Date>,
    }
}

entity! {
    /// What a node said before a revision.
    node_version in "strategy_node_versions" {
        id: StrategyNodeVersionId,
        strategy_id: StrategyId,
        node_id: StrategyNodeId,
        revised_by: StrategyRevisionId,
        number: Option<i32>,
        title: Option<String>,
        aim: Option<String>,
        is_new: bool,
        note: Option<String>,
        nickname: Option<String>,
    }
}

entity! {
    /// Indicators. The values that progress is computed from are kept on the row.
    indicator in "indicators" {
        id: IndicatorId,
        strategy_id: StrategyId,
        node_id: StrategyNodeId,
        title: String,
        kind: IndicatorKind,
        direction: IndicatorDirection,
        unit: Option<String>,
        approximate: bool,
        position: i32,
        baseline_pending: bool,
        baseline_value: Option<Decimal>,
        target_value: Option<Decimal>,
        actual_value: Option<Decimal>,
    }
}

entity! {
    /// Values of indicators, by role and fiscal year.
    indicator_value in "indicator_values" {
        id: IndicatorValueId,
        strategy_id: StrategyId,
        indicator_id: IndicatorId,
        role: IndicatorRole,
        fiscal_year: FiscalYear,
        status: ValueStatus,
        value: Option<Decimal>,
        text: Option<String>,
        approximate: bool,
    }
}
