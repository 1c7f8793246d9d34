//! Strategies and their steps.

use async_graphql::{InputObject, MaybeUndefined};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::kernel::date::Date;
use crate::kernel::entity::same_revision;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::patch::Patch;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::entity::SectionId;
use crate::people::shapes::Section;
use crate::strategy::commands::{
    STRATEGY_ADOPT, STRATEGY_CHANGE, STRATEGY_COUNCIL_REVIEW_START, STRATEGY_CREATE, STRATEGY_EXPIRE,
    STRATEGY_PUBLIC_COMMENT_START, STRATEGY_PUT_IN_FORCE,
};
use crate::strategy::entity::{
    LegalBasisId, PopulationVisionId, StrategyId, StrategyKind, StrategyState, population_vision, strategy,
};
use crate::strategy::rules;
use crate::strategy::shapes::{LegalBasis, Strategy};

/// 人口ビジョンの内容。
#[derive(InputObject)]
pub struct PopulationVisionInput {
    /// 題名。
    pub title: String,
    /// 策定の時期。
    pub adopted_note: Option<String>,
    /// 中間年度。
    pub mid_fiscal_year: Option<FiscalYear>,
    /// 中間年度の表記。
    pub mid_note: Option<String>,
    /// 最終年度。
    pub final_fiscal_year: Option<FiscalYear>,
    /// 最終年度の表記。
    pub final_note: Option<String>,
    /// 概要。
    pub summary: Option<String>,
    /// 注記。
    pub note: Option<String>,
}

/// 戦略の内容。
#[derive(InputObject)]
pub struct StrategyCreateInput {
    /// 題名。
    pub title: String,
    /// 期(第2期なら 2)。
    pub generation: Option<i32>,
    /// 種類。
    pub kind: StrategyKind,
    /// 計画期間の最初の年度。
    pub start_fiscal_year: Option<FiscalYear>,
    /// 計画期間の最後の年度。
    pub end_fiscal_year: Option<FiscalYear>,
    /// 根拠法令。
    pub legal_basis_id: Option<LegalBasisId>,
    /// 前の期の戦略。
    pub predecessor_id: Option<StrategyId>,
    /// 担当する課。
    pub section_id: Option<SectionId>,
    /// 概要。
    pub summary: Option<String>,
    /// 人口ビジョン。
    pub population_vision: Option<PopulationVisionInput>,
}

/// Begins a strategy as a draft. A title is used once.
pub async fn create_strategy(tx: &Tx, input: StrategyCreateInput) -> Result<StrategyId> {
    tx.may_create::<Strategy>(STRATEGY_CREATE, &[])?;
    let StrategyCreateInput {
        title,
        generation,
        kind,
        start_fiscal_year,
        end_fiscal_year,
        legal_basis_id,
        predecessor_id,
        section_id,
        summary,
        population_vision,
    } = input;
    see(tx, legal_basis_id, section_id).await?;
    if let Some(predecessor) = predecessor_id {
        tx.peek::<Strategy>(predecessor, Action::READ).await?;
    }
    let id = StrategyId::new();
    let mut checks = Checks::new();
    let row = strategy::ActiveModel {
        id: Set(id),
        title: Set(checks.text("input.title", &title, 200)),
        generation: Set(generation),
        kind: Set(kind),
        state: Set(StrategyState::Draft),
        start_fiscal_year: Set(start_fiscal_year),
        end_fiscal_year: Set(end_fiscal_year),
        legal_basis_id: Set(legal_basis_id),
        predecessor_id: Set(predecessor_id),
        section_id: Set(section_id),
        summary: Set(checks.optional("input.summary", summary.as_deref(), 10_000)),
        ..Default::default()
    };
    check_period(&mut checks, generation, start_fiscal_year, end_fiscal_year);
    let vision = population_vision.map(|vision| vision_row(&mut checks, id, vision));
    checks.done()?;
    row.insert(tx).await?;
    if let Some(vision) = vision {
        vision.insert(tx).await?;
    }
    Ok(id)
}

async fn see(tx: &Tx, basis: Option<LegalBasisId>, section: Option<SectionId>) -> Result<()> {
    if let Some(basis) = basis {
        tx.peek::<LegalBasis>(basis, Action::READ).await?;
    }
    if let Some(section) = section {
        tx.peek::<Section>(section, Action::READ).await?;
    }
    Ok(())
}

fn check_period(checks: &mut Checks, generation: Option<i32>, start: Option<FiscalYear>, end: Option<FiscalYear>) {
    checks.check(
        generation.is_none_or(|n| (1..=99).contains(&n)),
        "input.generation",
        "RANGE",
        "1から99までで指定してください。",
        "1 to 99.",
    );
    let ordered = start.zip(end).is_none_or(|(start, end)| start <= end);
    checks.check(
        ordered,
        "input.endFiscalYear",
        "ORDER",
        "計画期間の終わりが始まりより前です。",
        "The period ends before it starts.",
    );
}

fn vision_row(checks: &mut Checks, of: StrategyId, input: PopulationVisionInput) -> population_vision::ActiveModel {
    let PopulationVisionInput {
        title,
        adopted_note,
        mid_fiscal_year,
        mid_note,
        final_fiscal_year,
        final_note,
        summary,
        note,
    } = input;
    let ordered = mid_fiscal_year.zip(final_fiscal_year).is_none_or(|(mid, last)| mid <= last);
    checks.check(
        ordered,
        "input.populationVision.finalFiscalYear",
        "ORDER",
        "最終年度が中間年度より前です。",
        "The final year is before the middle one.",
    );
    let mut text = |path, text: Option<String>, most| checks.optional(path, text.as_deref(), most);
    population_vision::ActiveModel {
        id: Set(PopulationVisionId::new()),
        strategy_id: Set(of),
        adopted_note: Set(text("input.populationVision.adoptedNote", adopted_note, 100)),
        mid_fiscal_year: Set(mid_fiscal_year),
        mid_note: Set(text("input.populationVision.midNote", mid_note, 100)),
        final_fiscal_year: Set(final_fiscal_year),
        final_note: Set(text("input.populationVision.finalNote", final_note, 100)),
        summary: Set(text("input.populationVision.summary", summary, 10_000)),
        note: Set(text("input.populationVision.note", note, 4000)),
        title: Set(checks.text("input.populationVision.title", &title, 200)),
        ..Default::default()
    }
}

/// 戦略の変更。指定した項目だけが変わり、null は消去。
#[derive(InputObject)]
pub struct StrategyChangeInput {
    /// 見ていた版。
    pub revision: Option<i32>,
    /// 題名。
    pub title: Option<String>,
    /// 期。
    pub generation: MaybeUndefined<i32>,
    /// 計画期間の最初の年度。
    pub start_fiscal_year: MaybeUndefined<FiscalYear>,
    /// 計画期間の最後の年度。
    pub end_fiscal_year: MaybeUndefined<FiscalYear>,
    /// 根拠法令。
    pub legal_basis_id: MaybeUndefined<LegalBasisId>,
    /// 担当する課。
    pub section_id: MaybeUndefined<SectionId>,
    /// 概要。
    pub summary: MaybeUndefined<String>,
    /// 人口ビジョン。指定すると全体を置き換える。
    pub population_vision: Option<PopulationVisionInput>,
}

/// Changes a strategy that is not adopted yet.
pub async fn change_strategy(tx: &Tx, id: StrategyId, input: StrategyChangeInput) -> Result<StrategyId> {
    let row = tx.load::<Strategy>(id, STRATEGY_CHANGE).await?;
    rules::strategy(&row, STRATEGY_CHANGE, tx.now)?;
    let StrategyChangeInput {
        revision,
        title,
        generation,
        start_fiscal_year,
        end_fiscal_year,
        legal_basis_id,
        section_id,
        summary,
        population_vision,
    } = input;
    same_revision::<Strategy>(id, row.revision, revision)?;
    see(tx, legal_basis_id.as_opt_ref().flatten().copied(), section_id.as_opt_ref().flatten().copied()).await?;
    let mut checks = Checks::new();
    let mut row: strategy::ActiveModel = row.into();
    if let Some(title) = title {
        row.title = Set(checks.text("input.title", &title, 200));
    }
    generation.apply(&mut row.generation);
    start_fiscal_year.apply(&mut row.start_fiscal_year);
    end_fiscal_year.apply(&mut row.end_fiscal_year);
    legal_basis_id.apply(&mut row.legal_basis_id);
    section_id.apply(&mut row.section_id);
    summary.map_value(|t| checks.text("input.summary", &t, 10_000)).apply(&mut row.summary);
    check_period(&mut checks, *row.generation.as_ref(), *row.start_fiscal_year.as_ref(), *row.end_fiscal_year.as_ref());
    let vision = population_vision.map(|vision| vision_row(&mut checks, id, vision));
    checks.done()?;
    row.update(tx).await?;
    if let Some(vision) = vision {
        replace_vision(tx, id, vision).await?;
    }
    Ok(id)
}

async fn replace_vision(tx: &Tx, of: StrategyId, mut row: population_vision::ActiveModel) -> Result<()> {
    let there = population_vision::Entity::find().filter(population_vision::Column::StrategyId.eq(of)).one(tx).await?;
    match there {
        Some(there) => {
            row.id = sea_orm::Unchanged(there.id);
            row.update(tx).await?;
        }
        None => {
            row.insert(tx).await?;
        }
    }
    Ok(())
}

/// Opens the draft to comments.
pub async fn start_public_comment(tx: &Tx, id: StrategyId) -> Result<StrategyId> {
    step(tx, id, STRATEGY_PUBLIC_COMMENT_START, StrategyState::PublicComment).await
}

/// Lays the draft before the council.
pub async fn start_council_review(tx: &Tx, id: StrategyId) -> Result<StrategyId> {
    step(tx, id, STRATEGY_COUNCIL_REVIEW_START, StrategyState::CouncilReview).await
}

/// Begins the strategy's period.
pub async fn put_in_force(tx: &Tx, id: StrategyId) -> Result<StrategyId> {
    step(tx, id, STRATEGY_PUT_IN_FORCE, StrategyState::InForce).await
}

/// Ends the strategy's period. It stays readable.
pub async fn expire(tx: &Tx, id: StrategyId) -> Result<StrategyId> {
    step(tx, id, STRATEGY_EXPIRE, StrategyState::Expired).await
}

async fn step(tx: &Tx, id: StrategyId, action: Action, to: StrategyState) -> Result<StrategyId> {
    let row = tx.load::<Strategy>(id, action).await?;
    rules::strategy(&row, action, tx.now)?;
    let mut row: strategy::ActiveModel = row.into();
    row.state = Set(to);
    row.update(tx).await?;
    Ok(id)
}

/// 策定の内容。日か時期のどちらかを指定する。
#[derive(InputObject)]
pub struct StrategyAdoptInput {
    /// 策定した日。
    pub adopted_on: Option<Date>,
    /// 策定の時期。日が分からない場合(平成30年10月など)。
    pub adopted_note: Option<String>,
}

/// Adopts a strategy: from now on everybody reads it and its tree changes by revisions only.
pub async fn adopt(tx: &Tx, id: StrategyId, input: StrategyAdoptInput) -> Result<StrategyId> {
    let row = tx.load::<Strategy>(id, STRATEGY_ADOPT).await?;
    rules::strategy(&row, STRATEGY_ADOPT, tx.now)?;
    let StrategyAdoptInput { adopted_on, adopted_note } = input;
    let mut checks = Checks::new();
    let adopted_note = checks.optional("input.adoptedNote", adopted_note.as_deref(), 100);
    checks.check(
        adopted_on.is_some() || adopted_note.is_some(),
        "input.adoptedOn",
        "REQUIRED",
        "策定した日か時期を入力してください。",
        "The day or the time of adoption is required.",
    );
    checks.check(
        adopted_on.is_none_or(|day| day.0 <= tx.today()),
        "input.adoptedOn",
        "FUTURE",
        "未来の日付です。",
        "The day has not come yet.",
    );
    checks.done()?;
    let mut row: strategy::ActiveModel = row.into();
    row.state = Set(StrategyState::Adopted);
    row.adopted_on = Set(adopted_on);
    row.adopted_note = Set(adopted_note);
    row.update(tx).await?;
    Ok(id)
}
