//! Last year's grants: one was reported, fixed below what was paid, and the rest is deducted from this year's
//! allocation; another is paid in instalments, one association has asked for a part of it, and a change waits.

use crate::demo::scenes::{files, grants};
use crate::demo::stage::Stage;
use crate::grants::allocation::conditions::Conditions;
use crate::grants::allocation::deadlines::{ClosedDays, Deadlines, InstalmentTime, Period};
use crate::grants::allocation::papers::AskedPaper;
use crate::grants::allocation::rule::{Instalments, Rest};
use crate::grants::commands::application::{self, GrantApplicationCreateInput};
use crate::grants::commands::attachment;
use crate::grants::commands::by_hand::{self, GrantAllocationSetInput};
use crate::grants::commands::change::{self, GrantChangeRequestInput};
use crate::grants::commands::fixing::{self, GrantAmountFixInput};
use crate::grants::commands::payment::{self, GrantPaymentExecuteInput, GrantPaymentRequestInput};
use crate::grants::commands::programme::{self, GrantProgrammeCreateInput};
use crate::grants::commands::report::{
    self, GrantCompletionRecordInput, GrantReportReviewInput, GrantReportSubmitInput,
};
use crate::grants::commands::review::{self, GrantApplicationDecideInput, GrantApplicationRecommendInput};
use crate::grants::commands::subgrant::{self, GrantSubgrantSubmitInput};
use crate::grants::commands::terms::{self, GrantProgrammeTermsInput};
use crate::grants::entity::{GrantApplicationId, GrantPaperStep, GrantProgrammeId, GrantSurplusRule};
use crate::grants::rules::costs::{ActualCost, Cost};
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::organizations::entity::OrganizationId;
use crate::people::entity::SectionId;

pub(super) const BUDGET_PAPER: &str = "収支予算書";
const SETTLEMENT_PAPER: &str = "収支決算書";
/// As a spreadsheet writes it.
const SETTLEMENT: &str =
    "\u{FEFF}区分,科目,決算額(円)\r\n収入,交付金,300000\r\n支出,需用費,245000\r\n支出,報償費,45000\r\n";

const REASON: &str = "計画と予算が要綱に合っている。";

/// Plays the scene; answers last year's programme.
pub(super) async fn play(stage: &Stage<'_>) -> Result<GrantProgrammeId> {
    let year = FiscalYear(FiscalYear::of(stage.today()).0 - 1);
    let programme = programme(stage, year).await?;
    let first = decided(stage, programme, "防災倉庫と訓練", 300_000).await?;
    settle(stage, first, year).await?;
    let second = decided(stage, programme, "通学路の花いっぱい運動", 200_000).await?;
    pay(stage, second, None).await?;
    ask(stage, second).await?;
    Ok(programme)
}

/// Makes a programme's terms those of the town: two instalments, and a surplus that lowers the next year's grant.
pub(super) async fn lay_down(
    stage: &Stage<'_>,
    id: GrantProgrammeId,
    previous: Option<GrantProgrammeId>,
) -> Result<GrantProgrammeId> {
    let input = GrantProgrammeTermsInput {
        instalments: previous.is_none().then(halves),
        conditions: Some(conditions()),
        surplus_rule: GrantSurplusRule::OffsetNextYear,
        repayment_days: 30,
        previous_programme_id: previous,
        first_year: previous.is_none(),
        book_rule: None,
        by_law: None,
    };
    stage.act("grant-staff", move |tx| Box::pin(terms::set_terms(tx, id, input))).await
}

/// Two parts, in June and December.
fn halves() -> Instalments {
    let times = [6, 12].map(|month| InstalmentTime { month, from_day: None, until_day: None });
    Instalments {
        count: 2,
        unit: Yen(1_000),
        rest: Rest::First,
        times: times.into(),
        not_before: false,
        lump_sum: true,
    }
}

/// What is to be attached (架空). A settlement of accounts is asked for where the grant is large.
fn papers() -> Vec<AskedPaper> {
    let paper = |name: &str, name_en: &str, article: &str, at, from_yen| AskedPaper {
        name: name.into(),
        name_en: Some(name_en.into()),
        legal_reference: article.into(),
        at,
        from_yen,
        each_time: false,
    };
    vec![
        paper(BUDGET_PAPER, "budget of income and expenses", "第5条", GrantPaperStep::Application, None),
        paper(SETTLEMENT_PAPER, "settlement of accounts", "第12条", GrantPaperStep::Report, Some(Yen(100_000))),
    ]
}

/// How long each step takes (架空).
fn conditions() -> Conditions {
    let days = |days| Some(Period { days, open_days: false, legal_reference: None });
    let deadlines = Deadlines {
        closed_days: Some(ClosedDays::NextOpenDay),
        decision: days(30),
        correction: days(14),
        payment: days(30),
        change: days(14),
        fixing: days(30),
        subgrant: days(30),
    };
    Conditions { deadlines: Some(deadlines), papers: papers(), ..Conditions::default() }
}

async fn programme(stage: &Stage<'_>, year: FiscalYear) -> Result<GrantProgrammeId> {
    let input = GrantProgrammeCreateInput {
        title: format!("{} 地域づくり一括交付金", year.label()),
        summary: "使いみちに必要以上の制限を設けず、地域組織が自ら決めた事業に交付する。".into(),
        fiscal_year: year,
        legal_basis: "地域づくり一括交付金交付要綱(架空)".into(),
        budget_yen: Yen(5_000_000),
        opens_on: Date(year.first_day()),
        closes_on: Date(stage.today()),
        section_id: SectionId(stage.id("section", "community")?),
    };
    let id = stage.act("grant-staff", |tx| Box::pin(programme::create_programme(tx, input))).await?;
    lay_down(stage, id, None).await?;
    let input = GrantAllocationSetInput {
        programme_id: id,
        organization_id: OrganizationId(stage.id("organization", "o1")?),
        amount_yen: Yen(600_000),
        basis: "前年度と同額".into(),
    };
    stage.act("grant-staff", |tx| Box::pin(by_hand::set_allocation(tx, input))).await?;
    stage.act("approver", move |tx| Box::pin(programme::publish_programme(tx, id))).await
}

async fn decided(
    stage: &Stage<'_>,
    programme_id: GrantProgrammeId,
    title: &str,
    yen: i64,
) -> Result<GrantApplicationId> {
    let input = GrantApplicationCreateInput {
        programme_id,
        organization_id: OrganizationId(stage.id("organization", "o1")?),
        title: title.into(),
        purpose: Some("住民が交代で取り組む。".into()),
        requested_yen: Some(Yen(yen)),
        costs: Some(vec![cost("SUPPLIES", yen - 50_000), cost("FEES", 50_000)]),
    };
    let id = stage.act("org-officer", |tx| Box::pin(application::create_application(tx, input))).await?;
    enclose(stage, id, "収支予算書.csv", grants::BUDGET, BUDGET_PAPER).await?;
    stage.act("org-officer", move |tx| Box::pin(application::submit_application(tx, id))).await?;
    stage.act("grant-staff", move |tx| Box::pin(review::start_review(tx, id))).await?;
    let input = GrantApplicationRecommendInput { amount_yen: Yen(yen), reason: REASON.into() };
    stage.act("grant-staff", move |tx| Box::pin(review::recommend_application(tx, id, input))).await?;
    let input = GrantApplicationDecideInput { amount_yen: Yen(yen), reason: REASON.into() };
    stage.act("approver", move |tx| Box::pin(review::decide_application(tx, id, input))).await
}

/// Sends a file and attaches it as one of the papers that are asked for.
async fn enclose(stage: &Stage<'_>, id: GrantApplicationId, name: &str, text: &str, paper: &str) -> Result<()> {
    let (file, paper) = (files::send(stage, "org-officer", name, text).await?, Some(paper.to_owned()));
    stage.act("org-officer", move |tx| Box::pin(attachment::attach(tx, id, file, paper))).await?;
    Ok(())
}

fn cost(category: &str, yen: i64) -> Cost {
    Cost { category: category.into(), amount_yen: Yen(yen) }
}

/// The next instalment, or all at once.
async fn pay(stage: &Stage<'_>, id: GrantApplicationId, amount_yen: Option<Yen>) -> Result<GrantApplicationId> {
    let input = Some(GrantPaymentRequestInput { amount_yen });
    stage.act("org-officer", move |tx| Box::pin(payment::request_payment(tx, id, input))).await?;
    let input = GrantPaymentExecuteInput { paid_on: Date(stage.today()) };
    stage.act("payer", move |tx| Box::pin(payment::execute_payment(tx, id, input))).await
}

/// Paid whole, reported, examined and fixed: 10,000 yen were too many.
async fn settle(stage: &Stage<'_>, id: GrantApplicationId, year: FiscalYear) -> Result<()> {
    pay(stage, id, Some(Yen(300_000))).await?;
    let input = GrantCompletionRecordInput { completed_on: Date(year.last_day()) };
    stage.act("org-officer", move |tx| Box::pin(report::record_completion(tx, id, input))).await?;
    let line =
        |category: &str, yen| ActualCost { category: category.into(), amount_yen: Yen(yen), eligible_yen: Yen(yen) };
    let input = GrantReportSubmitInput {
        summary: "倉庫を一棟建て、訓練を二回行った。延べ120人が参加した。".into(),
        costs: Some(vec![line("SUPPLIES", 245_000), line("FEES", 45_000)]),
    };
    enclose(stage, id, "収支決算書.csv", SETTLEMENT, SETTLEMENT_PAPER).await?;
    stage.act("org-officer", move |tx| Box::pin(report::submit_report(tx, id, input))).await?;
    let input =
        GrantReportReviewInput { eligible_yen: Some(Yen(290_000)), reason: "領収書と合っている。".into() };
    stage.act("grant-staff", move |tx| Box::pin(report::review_report(tx, id, input))).await?;
    let input =
        GrantAmountFixInput { reason: "審査の意見のとおり。".into(), keep_yen: None, consulted: None };
    stage.act("approver", move |tx| Box::pin(fixing::fix_amount(tx, id, input))).await?;
    Ok(())
}

/// An association asks for a part of it; the organization asks to change it.
async fn ask(stage: &Stage<'_>, id: GrantApplicationId) -> Result<()> {
    let input = GrantSubgrantSubmitInput {
        application_id: id,
        association: "東自治会(架空)".into(),
        title: "花壇づくり".into(),
        purpose: "通学路に花壇をつくる。".into(),
        requested_yen: Yen(50_000),
    };
    stage.act("org-officer", |tx| Box::pin(subgrant::submit_subgrant(tx, input))).await?;
    let input = GrantChangeRequestInput {
        reason: "苗の値上がりにより、講師謝礼を減らして苗を増やす。".into(),
        costs: vec![cost("SUPPLIES", 190_000), cost("FEES", 10_000)],
        decided_yen: None,
    };
    stage.act("org-officer", move |tx| Box::pin(change::request_change(tx, id, input))).await?;
    Ok(())
}
