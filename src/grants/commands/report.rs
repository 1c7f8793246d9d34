//! Telling what was done with the money, and examining what is told.

use async_graphql::InputObject;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::grants::commands::deadlines::{still_to_come, timetable};
use crate::grants::commands::payment::not_to_come;
use crate::grants::commands::{
    GRANT_COMPLETION_RECORD, GRANT_REPORT_RETURN, GRANT_REPORT_REVIEW, GRANT_REPORT_SUBMIT, MOST_REASON, begin, booked,
    papers, record,
};
use crate::grants::entity::GrantApplicationState::ReportReviewed;
use crate::grants::entity::{
    GrantActKind, GrantApplicationId, GrantPaperStep, GrantReportId, grant_application, grant_report,
};
use crate::grants::rules::booked::{borne_out, proposed};
use crate::grants::rules::costs::{self, ActualCost};
use crate::grants::rules::settlement::standing;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::people::approvals::entity::RoutedAct;
use crate::people::approvals::routing;

/// 事業の完了。
#[derive(InputObject)]
pub struct GrantCompletionRecordInput {
    /// 事業が完了した日。
    pub completed_on: Date,
}

/// Records when the project was completed; from then on the report is due. A later day than the one that is recorded
/// would put the report off: only who was asked to correct a report may give it.
pub async fn record_completion(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantCompletionRecordInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_COMPLETION_RECORD).await?;
    let GrantCompletionRecordInput { completed_on } = input;
    let mut checks = Checks::new();
    not_to_come(&mut checks, tx, "input.completedOn", completed_on);
    let since = completed_on.0 >= row.fiscal_year.first_day();
    checks.check(since, "input.completedOn", "ORDER", "交付の年度より前です。", "Before the fiscal year of the grant.");
    let kept = row.reported_on.is_some() || row.completed_on.is_none_or(|was| completed_on <= was);
    checks.check(
        kept,
        "input.completedOn",
        "ORDER",
        "届け出た完了の日より後です。",
        "Later than the day of completion that is recorded.",
    );
    checks.done()?;
    let timetable = timetable(tx, row.programme_id).await?;
    next.completed_on = Set(Some(completed_on));
    next.report_due = Set(Some(timetable.report(row.fiscal_year, Some(completed_on.0))));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::CompletionRecord, None, None).await?;
    Ok(id)
}

/// 実績報告。
#[derive(InputObject)]
pub struct GrantReportSubmitInput {
    /// 実施した内容と成果。
    pub summary: String,
    /// 経費の実績。費目ごと。指定しなければ、帳簿でこの交付金によるとした支出のとおりとする。
    pub costs: Option<Vec<ActualCost>>,
}

/// Reports what was done and what it cost. Where nothing is said of the cost, it is what the books show. What is reported
/// again was corrected: the days of the correction are no part of the period in which the amount is fixed.
///
/// # Errors
/// CONFLICT/PAPERS_MISSING where something is not attached that the terms ask for.
pub async fn submit_report(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantReportSubmitInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_REPORT_SUBMIT).await?;
    let GrantReportSubmitInput { summary, costs } = input;
    let mut checks = Checks::new();
    let summary = checks.text("input.summary", &summary, 10_000);
    let costs = match costs {
        Some(costs) => costs,
        None => booked::costs(tx, id).await?,
    };
    costs::check_actual(&mut checks, "input.costs", &costs);
    checks.done()?;
    papers::all_here(tx, id, GrantPaperStep::Report).await?;
    let completed_on = row.completed_on.ok_or_else(|| Error::internal("a report of what is not completed"))?;
    let of_application = grant_report::Column::ApplicationId.eq(id);
    let before = grant_report::Entity::find().filter(of_application).count(tx).await?;
    let actual = sum(&costs, |cost| cost.amount_yen)?;
    let report = grant_report::ActiveModel {
        id: Set(GrantReportId::new()),
        application_id: Set(id),
        organization_id: Set(row.organization_id),
        district_id: Set(row.district_id),
        number: Set(i32::try_from(before + 1).map_err(Error::internal)?),
        completed_on: Set(completed_on),
        summary: Set(summary),
        costs: Set(serde_json::to_string(&costs).map_err(Error::internal)?),
        actual_yen: Set(actual),
        eligible_yen: Set(sum(&costs, |cost| cost.eligible_yen)?),
        reported_on: Set(Date(tx.today())),
        reported_by: Set(tx.principal.account),
        ..Default::default()
    };
    report.insert(tx).await?;
    let timetable = timetable(tx, row.programme_id).await?;
    let returned = (row.fixing_due, row.returned_on);
    next.fixing_due = Set(timetable.fixing_again(row.fiscal_year, returned, tx.today()));
    next.returned_on = Set(None);
    next.correction_due = Set(None);
    next.reported_on = Set(Some(Date(tx.today())));
    next.reported_by = Set(tx.principal.account);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::ReportSubmit, None, Some(actual)).await?;
    Ok(id)
}

fn sum(costs: &[ActualCost], of: impl Fn(&ActualCost) -> Yen) -> Result<Yen> {
    costs::total(costs.iter().map(of)).ok_or_else(|| Error::internal("costs beyond range"))
}

/// 実績報告の補正のための返却。
#[derive(InputObject)]
pub struct GrantReportReturnInput {
    /// 補正してほしい点。
    pub reason: String,
    /// 補正の期限(この日を含む)。指定しなければ、交付の条件の定める期間。
    pub correct_by: Option<Date>,
}

/// Returns a report for correction, also when it was examined already: what was found eligible is taken back, and what was
/// approved of it is void. Who examined it stays known: duties are kept apart from them.
pub async fn return_report(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantReportReturnInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_REPORT_RETURN).await?;
    let GrantReportReturnInput { reason, correct_by } = input;
    let mut checks = Checks::new();
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    still_to_come(&mut checks, tx, "input.correctBy", correct_by);
    checks.done()?;
    next.returned_on = Set(Some(Date(tx.today())));
    next.correction_due = Set(timetable(tx, row.programme_id).await?.correction(tx.today(), correct_by));
    next.state = Set(standing(row.decided_yen, row.paid_yen));
    (next.eligible_yen, next.booked_yen) = (Set(None), Set(None));
    next.update(tx).await?;
    record(tx, &row, GrantActKind::ReportReturn, Some(reason), None).await?;
    Ok(id)
}

/// 実績報告の審査の意見。
#[derive(InputObject)]
pub struct GrantReportReviewInput {
    /// 交付の対象と認める経費(円)。報告された実績と、帳簿で対象となる経費の、いずれも超えない。指定しなければ、帳簿のとおり(報告された実績以内)。帳簿がなければ必須。
    pub eligible_yen: Option<Yen>,
    /// 理由。
    pub reason: String,
}

/// Ends the examination of a report with the eligible cost, for whoever fixes the amount. Until that is done it may be
/// examined again, because the books may have changed; what was approved of the former opinion is void.
///
/// # Errors
/// CONFLICT/BOOK_EXCEEDED where the books show less.
pub async fn review_report(
    tx: &Tx,
    id: GrantApplicationId,
    input: GrantReportReviewInput,
) -> Result<GrantApplicationId> {
    let (row, mut next) = begin(tx, id, GRANT_REPORT_REVIEW).await?;
    let GrantReportReviewInput { eligible_yen, reason } = input;
    let report = newest(tx, &row).await?;
    let booked = booked::booked(tx, id).await?;
    let eligible = eligible_yen.or_else(|| proposed(report.eligible_yen, booked.as_ref()));
    let mut checks = Checks::new();
    checks.check(
        eligible.is_some(),
        "input.eligibleYen",
        "REQUIRED",
        "帳簿がないので、交付の対象と認める経費を入力してください。",
        "There is no book to tell it from.",
    );
    let eligible_yen = eligible.unwrap_or_default();
    checks.check(eligible_yen.0 >= 0, "input.eligibleYen", "RANGE", "0円以上で入力してください。", "0 yen or more.");
    let within = eligible_yen <= report.actual_yen;
    checks.check(within, "input.eligibleYen", "RANGE", "報告された実績を超えています。", "More than was reported.");
    let reason = checks.text("input.reason", &reason, MOST_REASON);
    checks.done()?;
    borne_out(eligible_yen, booked.as_ref())?;
    next.eligible_yen = Set(Some(eligible_yen));
    next.booked_yen = Set(booked.map(|booked| booked.eligible));
    next.examined_by = Set(tx.principal.account);
    next.update(tx).await?;
    record(tx, &row, GrantActKind::ReportReview, Some(reason), Some(eligible_yen)).await?;
    for act in [RoutedAct::GrantAmountFix, RoutedAct::GrantRepaymentOrder] {
        if row.state == ReportReviewed {
            routing::end(tx, act, id.0).await?;
        }
        routing::open(tx, act, id.0).await?;
    }
    Ok(id)
}

async fn newest(tx: &Tx, row: &grant_application::Model) -> Result<grant_report::Model> {
    let reports = grant_report::Entity::find().filter(grant_report::Column::ApplicationId.eq(row.id));
    let newest = reports.order_by_desc(grant_report::Column::Number).one(tx).await?;
    newest.ok_or_else(|| Error::internal("a reported application without its report"))
}
