//! Which act on an application follows which, by when, and what is missing.

use chrono::{DateTime, NaiveDate, Utc};

use crate::grants::commands::{
    GRANT_AMOUNT_FIX, GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_FILE_ATTACH,
    GRANT_APPLICATION_FILE_DETACH, GRANT_APPLICATION_RECOMMEND, GRANT_APPLICATION_REFUSE, GRANT_APPLICATION_RETURN,
    GRANT_APPLICATION_REVIEW_START, GRANT_APPLICATION_SUBMIT, GRANT_APPLICATION_WITHDRAW, GRANT_CHANGE_REQUEST,
    GRANT_COMPLETION_RECORD, GRANT_DECISION_REVOKE, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST,
    GRANT_PAYMENT_REQUEST_RETURN, GRANT_PAYMENT_REQUEST_WITHDRAW, GRANT_PAYMENT_REVERSE, GRANT_REPAYMENT_RECORD,
    GRANT_REPAYMENT_REPORT, GRANT_REPORT_RETURN, GRANT_REPORT_REVIEW, GRANT_REPORT_SUBMIT, GRANT_SURPLUS_ORDER,
};
use crate::grants::entity::GrantApplicationState::{
    self, AmountFixed, Decided, Draft, Paid, PartlyPaid, PaymentRequested, Refused, Repaid, RepaymentOrdered,
    ReportReviewed, Reported, Returned, Reviewed, Revoked, Settled, Submitted, UnderReview, Withdrawn,
};
use crate::grants::entity::{GrantProgrammeState, grant_allocation, grant_application};
use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;

/// The state an act leads to, or nothing where it is not an act of the state. Where amounts decide between several (a
/// payment, the fixing of the amount …) it is the usual one; [`settlement`](super::settlement) tells the right one.
pub fn next_state(state: GrantApplicationState, action: Action) -> Option<GrantApplicationState> {
    match (state, action) {
        (Draft | Returned, GRANT_APPLICATION_CHANGE)
        // Once the amount is fixed, what a request of the rest asks for; `papers::attachable` says which files.
        | (
            Draft | Returned | Decided | PartlyPaid | Paid | AmountFixed,
            GRANT_APPLICATION_FILE_ATTACH | GRANT_APPLICATION_FILE_DETACH,
        )
        | (Decided | PartlyPaid | Paid, GRANT_COMPLETION_RECORD | GRANT_CHANGE_REQUEST)
        // What is being reported on stays so: the rest is paid after the fixing.
        | (Reported | ReportReviewed, GRANT_PAYMENT_REVERSE)
        | (RepaymentOrdered, GRANT_REPAYMENT_REPORT) => Some(state),
        (Draft | Returned, GRANT_APPLICATION_SUBMIT) => Some(Submitted),
        (Draft | Submitted | UnderReview | Returned | Reviewed | Decided, GRANT_APPLICATION_WITHDRAW) => {
            Some(Withdrawn)
        }
        (Submitted, GRANT_APPLICATION_REVIEW_START) => Some(UnderReview),
        (UnderReview | Reviewed, GRANT_APPLICATION_RETURN) => Some(Returned),
        (UnderReview, GRANT_APPLICATION_RECOMMEND) => Some(Reviewed),
        (Reviewed, GRANT_APPLICATION_DECIDE)
        | (PaymentRequested, GRANT_PAYMENT_REQUEST_WITHDRAW | GRANT_PAYMENT_REQUEST_RETURN) => Some(Decided),
        (Reviewed, GRANT_APPLICATION_REFUSE) => Some(Refused),
        (Decided | PartlyPaid | AmountFixed, GRANT_PAYMENT_REQUEST)
        | (PaymentRequested | PartlyPaid | Paid | AmountFixed | Settled, GRANT_PAYMENT_REVERSE) => {
            Some(PaymentRequested)
        }
        (PaymentRequested, GRANT_PAYMENT_EXECUTE) | (Reported | ReportReviewed, GRANT_REPORT_RETURN) => Some(Paid),
        (Decided | PartlyPaid | Paid, GRANT_REPORT_SUBMIT) => Some(Reported),
        (Reported | ReportReviewed, GRANT_REPORT_REVIEW) => Some(ReportReviewed),
        (ReportReviewed, GRANT_AMOUNT_FIX) => Some(Settled),
        (RepaymentOrdered, GRANT_REPAYMENT_RECORD) => Some(Repaid),
        // Not a payment: a return that was recorded by mistake.
        (RepaymentOrdered | Repaid | Revoked, GRANT_PAYMENT_REVERSE)
        | (Settled | RepaymentOrdered | Repaid | Revoked, GRANT_SURPLUS_ORDER) => Some(RepaymentOrdered),
        (
            Decided | PaymentRequested | PartlyPaid | Paid | Reported | ReportReviewed | AmountFixed | Settled
            | RepaymentOrdered | Repaid,
            GRANT_DECISION_REVOKE,
        ) => Some(Revoked),
        _ => None,
    }
}

/// What may be done to an application now.
pub fn application(row: &grant_application::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    if (row.state, action) == (RepaymentOrdered, GRANT_PAYMENT_REVERSE) && row.repaid_yen.0 == 0 {
        return Err(return_ordered());
    }
    let nothing_back = (row.state, action) == (Revoked, GRANT_PAYMENT_REVERSE) && row.repaid_yen.0 == 0;
    if nothing_back || next_state(row.state, action).is_none() {
        return Err(Refusal::new(
            "STATE",
            format!("申請の今の状態({})では行えません。", row.state.word()),
            format!("The application is {}.", row.state.word()),
        ));
    }
    let today = japan_day(now);
    match action {
        GRANT_APPLICATION_SUBMIT => complete(row).and_then(|()| window(row, today)),
        GRANT_APPLICATION_WITHDRAW => withdrawal(row, today),
        GRANT_DECISION_REVOKE if row.revoked_on.is_some() => Err(Refusal::new(
            "REVOKED",
            "交付決定はすでに取り消されています。",
            "The decision has been revoked already.",
        )),
        GRANT_PAYMENT_REVERSE if [RepaymentOrdered, Repaid, Revoked].contains(&row.state) => Ok(()),
        GRANT_PAYMENT_REVERSE => no_open_change(row).and_then(|()| reversible(row)),
        GRANT_PAYMENT_REQUEST => no_open_change(row).and_then(|()| not_before(row.request_from, today)),
        GRANT_CHANGE_REQUEST => no_open_change(row),
        GRANT_SURPLUS_ORDER => waiting(row),
        GRANT_REPORT_SUBMIT => no_open_change(row).and_then(|()| completed(row)),
        _ => Ok(()),
    }
}

/// What was paid is not reversed once it is ordered back: what comes is a return.
pub fn return_ordered() -> Refusal {
    Refusal::new(
        "RETURN_ORDERED",
        "返還が命じられています。戻った額は、返還として受け入れてください。",
        "It is ordered back. Please record what came back as a repayment.",
    )
}

/// Is something of the surplus still to be deducted from a later allocation?
fn waiting(row: &grant_application::Model) -> Result<(), Refusal> {
    if row.offset_yen > row.offset_done_yen {
        return Ok(());
    }
    Err(Refusal::new("NOTHING_WAITS", "差引きを待つ剰余金はありません。", "No surplus of it waits to be deducted."))
}

/// What waits for a later allocation is not ordered back before it is clear that none comes.
pub fn offset_to_come() -> Refusal {
    Refusal::new(
        "OFFSET_TO_COME",
        "後の年度の配分から差し引くことができます。後の年度の申請の受付が終わるか、翌年度が過ぎるか、団体が活動を終えるまで、返還を命じられません。",
        "It can still be deducted from a later allocation. It is ordered back once applications for one have closed, the next \
         fiscal year is over, or the organization has ended.",
    )
}

/// While a change waits for its decision, nobody knows what is to be paid and reported.
fn no_open_change(row: &grant_application::Model) -> Result<(), Refusal> {
    if row.change_id.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        "CHANGE_OPEN",
        "変更承認申請の決定を待っています。",
        "A requested change has not been decided yet.",
    ))
}

/// Is something paid, and does nothing rest on it that the fixing settled?
fn reversible(row: &grant_application::Model) -> Result<(), Refusal> {
    if row.paid_yen.0 == 0 {
        return Err(Refusal::new("NOTHING_PAID", "まだ何も支払われていません。", "Nothing is paid yet."));
    }
    if row.fixed_yen.is_none_or(|fixed| row.paid_yen <= fixed) {
        return Ok(());
    }
    Err(Refusal::new(
        "SURPLUS_SETTLED",
        "額の確定で、支払った額を前提に剰余金の扱いが決まっています。先に交付決定を取り消し、戻った額を返還として受け入れて\
         ください。",
        "What was paid beyond the fixed amount has been settled. Revoke the decision first, and record what came back as a \
         repayment.",
    ))
}

/// An instalment is not asked for before its time, where the terms insist on it.
pub(super) fn not_before(from: Option<Date>, today: NaiveDate) -> Result<(), Refusal> {
    match from {
        Some(from) if today < from.0 => Err(Refusal::new(
            "NOT_YET",
            format!("次の回は{}から請求できます。", from.0),
            format!("The next instalment may be asked for from {} on.", from.0),
        )),
        _ => Ok(()),
    }
}

/// What is reported has been completed.
fn completed(row: &grant_application::Model) -> Result<(), Refusal> {
    if row.completed_on.is_some() {
        return Ok(());
    }
    Err(Refusal::new("INCOMPLETE", "未記入の項目があります: 事業完了日", "Missing: the day of completion"))
}

/// Everything that an application needs before it is submitted; what is missing is named.
fn complete(row: &grant_application::Model) -> Result<(), Refusal> {
    let needed = [
        (row.purpose.is_none(), "目的", "the purpose"),
        (row.requested_yen.is_none(), "申請額", "the requested amount"),
    ];
    let missing: Vec<_> = needed.iter().filter(|(missing, ..)| *missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ja = missing.iter().map(|(_, ja, _)| *ja).collect::<Vec<_>>().join("、");
    let en = missing.iter().map(|(.., en)| *en).collect::<Vec<_>>().join(", ");
    Err(Refusal::new("INCOMPLETE", format!("未記入の項目があります: {ja}"), format!("Missing: {en}")))
}

/// Is it an act of the town hall, which nobody of the applicant's side does?
pub fn is_the_halls(action: Action) -> bool {
    [
        GRANT_APPLICATION_REVIEW_START,
        GRANT_APPLICATION_RETURN,
        GRANT_APPLICATION_RECOMMEND,
        GRANT_APPLICATION_DECIDE,
        GRANT_APPLICATION_REFUSE,
        GRANT_PAYMENT_REQUEST_RETURN,
        GRANT_PAYMENT_EXECUTE,
        GRANT_PAYMENT_REVERSE,
        GRANT_REPORT_RETURN,
        GRANT_REPORT_REVIEW,
        GRANT_AMOUNT_FIX,
        GRANT_REPAYMENT_RECORD,
        GRANT_DECISION_REVOKE,
        GRANT_SURPLUS_ORDER,
    ]
    .contains(&action)
}

/// First submissions come within the window. What was submitted in time and returned may come later, also when the
/// programme has ended since: what is in goes on.
fn window(row: &grant_application::Model, today: NaiveDate) -> Result<(), Refusal> {
    if row.submitted_on.is_none() && row.programme_state != GrantProgrammeState::Published {
        return Err(Refusal::new("PROGRAMME_CLOSED", "この交付金制度は終了しました。", "The programme is closed."));
    }
    if today < row.opens_on.0 {
        return Err(Refusal::new(
            "NOT_OPEN",
            format!("受付は{}からです。", row.opens_on.0),
            format!("Applications open on {}.", row.opens_on.0),
        ));
    }
    if row.submitted_on.is_some() { Ok(()) } else { not_after(row.closes_on, today) }
}

pub(super) fn not_after(closes_on: Date, today: NaiveDate) -> Result<(), Refusal> {
    if today <= closes_on.0 {
        return Ok(());
    }
    Err(Refusal::new(
        "DEADLINE",
        format!("受付は{}に終わりました。", closes_on.0),
        format!("Applications closed on {}.", closes_on.0),
    ))
}

/// After the decision only until the last day of withdrawal.
fn withdrawal(row: &grant_application::Model, today: NaiveDate) -> Result<(), Refusal> {
    match row.withdrawal_until {
        Some(until) if today > until.0 => Err(Refusal::new(
            "DEADLINE",
            format!("取下げの期限は{}でした。", until.0),
            format!("Withdrawal was possible until {}.", until.0),
        )),
        _ => Ok(()),
    }
}

/// Is the amount one that may be asked of an allocation, after what is deducted from it?
pub fn within_allocation(requested: Option<Yen>, allocation: &grant_allocation::Model) -> Result<(), Refusal> {
    let most = Yen(allocation.amount_yen.0 - allocation.offset_yen.0);
    if requested.is_none_or(|amount| amount <= most) {
        return Ok(());
    }
    Err(Refusal::new(
        "ALLOCATION_EXCEEDED",
        format!("申請額が配分額({most})を超えています。"),
        format!("More than the allocation ({most})."),
    ))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
