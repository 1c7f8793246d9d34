//! A call for challenge projects, and a young person's proposal from submission to adoption.

use crate::challenges::commands::{
    self, ChallengeCallCreateInput, ChallengeCriterionAddInput, ChallengeCriterionScoreInput,
    ChallengeProposalAdoptInput, ChallengeProposalCreateInput, ChallengeReviewerAssignInput, ChallengeScoreRecordInput,
};
use crate::challenges::entity::{CallId, ChallengeCategory, CriterionId, ProposalId, ProposerKind};
use crate::demo::stage::Stage;
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::people::entity::SectionId;

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>) -> Result<()> {
    let year = FiscalYear::of(stage.today());
    let title = format!("{} チャレンジ事業の公募", year.label());
    if stage.is_there("challenge_calls", "title", &title).await? {
        return Ok(());
    }
    let (call, criteria) = call(stage, year, title).await?;
    let adopted = proposal(stage, call, "放課後の空き教室を、高校生が開く学びの場に").await?;
    screen(stage, adopted, &criteria).await?;
    proposal(stage, call, "山の素材でつくる、町の案内板").await?;
    Ok(())
}

async fn call(stage: &Stage<'_>, year: FiscalYear, title: String) -> Result<(CallId, Vec<CriterionId>)> {
    let input = ChallengeCallCreateInput {
        fiscal_year: year,
        title,
        summary: "地域の課題を解決し、新しい価値をつくる取組を募る。".into(),
        categories: vec![
            ChallengeCategory::Child,
            ChallengeCategory::Youth,
            ChallengeCategory::Adult,
            ChallengeCategory::Corporate,
        ],
        opens_on: Date(year.first_day()),
        closes_on: Date(year.last_day()),
        max_yen: Yen(500_000),
        section_id: SectionId(stage.id("section", "policy")?),
    };
    let id = stage.act("planning-staff", |tx| Box::pin(commands::create_call(tx, input))).await?;
    let mut criteria = Vec::new();
    for label in ["my 内からの思い", "social 社会性", "action 主体的な行動"] {
        let input = ChallengeCriterionAddInput { call_id: id, label: label.into(), max_score: 10 };
        criteria.push(stage.act("planning-staff", |tx| Box::pin(commands::add_criterion(tx, input))).await?);
    }
    stage.act("planning-staff", move |tx| Box::pin(commands::open_call(tx, id))).await?;
    Ok((id, criteria))
}

async fn proposal(stage: &Stage<'_>, call_id: CallId, title: &str) -> Result<ProposalId> {
    let input = ChallengeProposalCreateInput {
        call_id,
        category: ChallengeCategory::Youth,
        title: title.into(),
        summary: "使われていない場所を、世代を越えて学び合う場に変える。".into(),
        my_text: "自分が通った学校を、もう一度人の集まる場所にしたい。".into(),
        social_text: "放課後の居場所が少なく、学びの機会に差がある。".into(),
        action_text: "月に二度の学習会を自分たちで開き、記録を公開する。".into(),
        requested_yen: Yen(300_000),
        name_public: false,
        proposer_kind: ProposerKind::Person,
        group_name: None,
        organization_id: None,
        guardian_consent: false,
    };
    let id = stage.act("resident", |tx| Box::pin(commands::create_proposal(tx, input))).await?;
    stage.act("resident", move |tx| Box::pin(commands::submit(tx, id))).await
}

async fn screen(stage: &Stage<'_>, id: ProposalId, criteria: &[CriterionId]) -> Result<()> {
    let reviewer = AccountId(stage.id("account", "reviewer")?);
    let input = ChallengeReviewerAssignInput { proposal_id: id, account_id: reviewer };
    let review = stage.act("planning-staff", |tx| Box::pin(commands::assign_reviewer(tx, input))).await?;
    stage.act("planning-staff", move |tx| Box::pin(commands::screen(tx, id))).await?;
    let scores = criteria.iter().map(|c| ChallengeCriterionScoreInput { criterion_id: *c, score: 8 }).collect();
    let input = ChallengeScoreRecordInput { scores, comment: Some("続けられる工夫がある。".into()) };
    stage.act("reviewer", move |tx| Box::pin(commands::record_score(tx, review, input))).await?;
    let input =
        ChallengeProposalAdoptInput { amount: Yen(300_000), reason: "審査の結果、採択とする。".into() };
    stage.act("planning-staff", move |tx| Box::pin(commands::adopt(tx, id, input))).await?;
    stage.act("planning-staff", move |tx| Box::pin(commands::publish(tx, id))).await?;
    Ok(())
}
