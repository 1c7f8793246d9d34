//! A block grant of the year: allocated by its by-law less what was too much last year, published, applied for, decided
//! and paid; the accounts of an earlier year are closed.

use crate::demo::scenes::{allocation, bank, files, grant_life};
use crate::demo::stage::Stage;
use crate::grants::commands::application::{self, GrantApplicationCreateInput};
use crate::grants::commands::attachment;
use crate::grants::commands::calculation::results;
use crate::grants::commands::payment;
use crate::grants::commands::programme::{self, GrantProgrammeCreateInput};
use crate::grants::commands::review::{self, GrantApplicationDecideInput, GrantApplicationRecommendInput};
use crate::grants::entity::{GrantApplicationId, GrantProgrammeId};
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::ledger::commands::{verification, year};
use crate::organizations::entity::OrganizationId;
use crate::people::entity::SectionId;

/// As a spreadsheet writes it.
pub(super) const BUDGET: &str =
    "\u{FEFF}区分,科目,予算額(円)\r\n収入,交付金,1000000\r\n収入,自主財源,100000\r\n支出,活動費,1100000\r\n";

/// Plays the scene.
pub(in crate::demo) async fn play(stage: &Stage<'_>, organizations: &[&str]) -> Result<()> {
    let year = FiscalYear::of(stage.today());
    let title = format!("{} 地域づくり一括交付金", year.label());
    if stage.is_there("grant_programmes", "title", &title).await? {
        return Ok(());
    }
    let programme = programme(stage, year, title, organizations).await?;
    let paid = application(stage, programme, "org-officer", "o1", "見守りと買い物支援").await?;
    decide_and_pay(stage, paid).await?;
    if stage.id("account", "org-officer-2").is_ok() {
        application(stage, programme, "org-officer-2", "o2", "耕作放棄地の菜の花畑づくり").await?;
    }
    accounts(stage, FiscalYear(year.0 - 2)).await
}

/// The accounts of a year that is long over are closed, and the ledger is found sound.
async fn accounts(stage: &Stage<'_>, year: FiscalYear) -> Result<()> {
    stage.act("payer", move |tx| Box::pin(year::close_year(tx, year))).await?;
    stage.act("approver", |tx| Box::pin(verification::verify(tx))).await?;
    Ok(())
}

async fn programme(
    stage: &Stage<'_>,
    year: FiscalYear,
    title: String,
    organizations: &[&str],
) -> Result<GrantProgrammeId> {
    let input = GrantProgrammeCreateInput {
        title,
        summary: "使いみちに必要以上の制限を設けず、地域組織が自ら決めた事業に交付する。".into(),
        fiscal_year: year,
        legal_basis: "地域づくり一括交付金交付要綱(架空)".into(),
        budget_yen: Yen(10_000_000),
        opens_on: Date(year.first_day()),
        closes_on: Date(year.last_day()),
        section_id: SectionId(stage.id("section", "community")?),
    };
    let id = stage.act("grant-staff", |tx| Box::pin(programme::create_programme(tx, input))).await?;
    let last = grant_life::play(stage).await?;
    grant_life::lay_down(stage, id, Some(last)).await?;
    let run = allocation::play(stage, id, organizations).await?;
    stage.act("approver", move |tx| Box::pin(programme::publish_programme(tx, id))).await?;
    stage.act("grant-staff", move |tx| Box::pin(results::publish_run(tx, run))).await?;
    Ok(id)
}

async fn application(
    stage: &Stage<'_>,
    programme_id: GrantProgrammeId,
    officer: &str,
    organization: &str,
    title: &str,
) -> Result<GrantApplicationId> {
    let input = GrantApplicationCreateInput {
        programme_id,
        organization_id: OrganizationId(stage.id("organization", organization)?),
        title: title.into(),
        purpose: Some("住み慣れた地域で暮らし続けるため、住民が交代で取り組む。".into()),
        requested_yen: Some(Yen(1_000_000)),
        costs: None,
    };
    let id = stage.act(officer, |tx| Box::pin(application::create_application(tx, input))).await?;
    let file = files::send(stage, officer, "収支予算書.csv", BUDGET).await?;
    let paper = Some(grant_life::BUDGET_PAPER.to_owned());
    stage.act(officer, move |tx| Box::pin(attachment::attach(tx, id, file, paper))).await?;
    stage.act(officer, move |tx| Box::pin(application::submit_application(tx, id))).await
}

async fn decide_and_pay(stage: &Stage<'_>, id: GrantApplicationId) -> Result<()> {
    stage.act("grant-staff", move |tx| Box::pin(review::start_review(tx, id))).await?;
    let reason = "計画と予算が要綱に合っている。";
    let input = GrantApplicationRecommendInput { amount_yen: Yen(1_000_000), reason: reason.into() };
    stage.act("grant-staff", move |tx| Box::pin(review::recommend_application(tx, id, input))).await?;
    let input = GrantApplicationDecideInput { amount_yen: Yen(1_000_000), reason: reason.into() };
    stage.act("approver", move |tx| Box::pin(review::decide_application(tx, id, input))).await?;
    stage.act("org-officer", move |tx| Box::pin(payment::request_payment(tx, id, None))).await?;
    bank::pay(stage, id).await
}
