//! Which act follows which, by when, and what is missing. Pure.

use chrono::{DateTime, NaiveDate, Utc};

use crate::grants::commands::{
    GRANT_ALLOCATION_SET, GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_CREATE, GRANT_APPLICATION_DECIDE,
    GRANT_APPLICATION_FILE_ATTACH, GRANT_APPLICATION_FILE_DETACH, GRANT_APPLICATION_RECOMMEND,
    GRANT_APPLICATION_REFUSE, GRANT_APPLICATION_RETURN, GRANT_APPLICATION_REVIEW_START, GRANT_APPLICATION_SUBMIT,
    GRANT_APPLICATION_WITHDRAW, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST, GRANT_PROGRAMME_CLOSE,
    GRANT_PROGRAMME_PUBLISH, GRANT_RULE_ENACT, GRANT_RUN_APPROVE,
};
use crate::grants::entity::GrantApplicationState::{
    self, Decided, Draft, Paid, PaymentRequested, Refused, Returned, Reviewed, Submitted, UnderReview, Withdrawn,
};
use crate::grants::entity::{
    GrantProgrammeState, GrantRuleState, GrantRunKind, GrantRunState, grant_application, grant_programme, grant_rule,
    grant_run,
};
use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;

/// The state an act leads to, or nothing where it is not an act of the state.
pub fn next_state(state: GrantApplicationState, action: Action) -> Option<GrantApplicationState> {
    match (state, action) {
        (
            Draft | Returned,
            GRANT_APPLICATION_CHANGE | GRANT_APPLICATION_FILE_ATTACH | GRANT_APPLICATION_FILE_DETACH,
        ) => Some(state),
        (Draft | Returned, GRANT_APPLICATION_SUBMIT) => Some(Submitted),
        (Draft | Submitted | UnderReview | Returned | Reviewed | Decided, GRANT_APPLICATION_WITHDRAW) => {
            Some(Withdrawn)
        }
        (Submitted, GRANT_APPLICATION_REVIEW_START) => Some(UnderReview),
        (UnderReview, GRANT_APPLICATION_RETURN) => Some(Returned),
        (UnderReview, GRANT_APPLICATION_RECOMMEND) => Some(Reviewed),
        (Reviewed, GRANT_APPLICATION_DECIDE) => Some(Decided),
        (Reviewed, GRANT_APPLICATION_REFUSE) => Some(Refused),
        (Decided, GRANT_PAYMENT_REQUEST) => Some(PaymentRequested),
        (PaymentRequested, GRANT_PAYMENT_EXECUTE) => Some(Paid),
        _ => None,
    }
}

/// What may be done to a programme now.
pub fn programme(row: &grant_programme::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    use GrantProgrammeState::{Draft, Published};
    match (action, row.state) {
        (GRANT_PROGRAMME_PUBLISH, Draft)
        | (GRANT_PROGRAMME_CLOSE, Published)
        | (GRANT_ALLOCATION_SET, Draft | Published) => Ok(()),
        (GRANT_APPLICATION_CREATE, Published) => not_after(row.closes_on, japan_day(now)),
        _ => Err(Refusal::new(
            "STATE",
            format!("交付金制度の今の状態({})では行えません。", row.state.word()),
            format!("The programme is {}.", row.state.word()),
        )),
    }
}

/// May the programme's allocations change in this state?
pub fn open_for_allocation(state: GrantProgrammeState) -> Result<(), Refusal> {
    if state != GrantProgrammeState::Closed {
        return Ok(());
    }
    Err(Refusal::new("PROGRAMME_CLOSED", "この交付金制度は終了しました。", "The programme is closed."))
}

/// What may be done to a version of a rule now.
pub fn grant_rule(row: &grant_rule::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (GRANT_RULE_ENACT, GrantRuleState::Draft) => Ok(()),
        _ => Err(Refusal::new("STATE", "この版はすでに施行されています。", "This version is in force already.")),
    }
}

/// What may be done to a run now.
pub fn grant_run(row: &grant_run::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.kind, row.state) {
        (GRANT_RUN_APPROVE, GrantRunKind::Real, GrantRunState::Calculated) => open_for_allocation(row.programme_state),
        (_, GrantRunKind::WhatIf, _) => {
            Err(Refusal::new("WHAT_IF", "試算は配分になりません。", "A what-if run allocates nothing."))
        }
        _ => Err(Refusal::new("STATE", "この算定はすでに承認されています。", "This run has been approved already.")),
    }
}

/// What may be done to an application now.
pub fn application(row: &grant_application::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    if next_state(row.state, action).is_none() {
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
        _ => Ok(()),
    }
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
        GRANT_PAYMENT_EXECUTE,
    ]
    .contains(&action)
}

/// First submissions come within the window. What was submitted in time and returned may come later.
fn window(row: &grant_application::Model, today: NaiveDate) -> Result<(), Refusal> {
    if row.programme_state != GrantProgrammeState::Published {
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

fn not_after(closes_on: Date, today: NaiveDate) -> Result<(), Refusal> {
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

/// The last day of withdrawal; the day of the decision does not count (民法140条).
pub fn withdrawal_until(decided_on: NaiveDate, days: i32) -> Date {
    let days = chrono::Days::new(u64::from(days.unsigned_abs()));
    Date(decided_on.checked_add_days(days).unwrap_or(decided_on))
}

/// Is the amount one that may be asked of an allocation?
pub fn within_allocation(requested: Option<Yen>, allocated: Yen) -> Result<(), Refusal> {
    if requested.is_none_or(|amount| amount <= allocated) {
        return Ok(());
    }
    Err(Refusal::new(
        "ALLOCATION_EXCEEDED",
        format!("申請額が配分額({allocated})を超えています。"),
        format!("More than the allocation ({allocated})."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::commands::APPLICATION_ACTS;
    use crate::grants::entity::{GrantAllocationId, GrantApplicationId, GrantProgrammeId};
    use crate::kernel::fiscal_year::FiscalYear;
    use crate::organizations::entity::{DistrictId, OrganizationId};
    use chrono::TimeZone;
    use sea_orm::Iterable;

    fn day(month: u32, day: u32) -> Date {
        Date(NaiveDate::from_ymd_opt(2026, month, day).expect("a day"))
    }

    fn noon(month: u32, day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, month, day, 3, 0, 0).single().expect("a time")
    }

    fn row(state: GrantApplicationState) -> grant_application::Model {
        grant_application::Model {
            id: GrantApplicationId::new(),
            revision: 1,
            programme_id: GrantProgrammeId::new(),
            programme_state: GrantProgrammeState::Published,
            fiscal_year: FiscalYear(2026),
            opens_on: day(5, 1),
            closes_on: day(5, 31),
            allocation_id: GrantAllocationId::new(),
            organization_id: OrganizationId::new(),
            district_id: DistrictId::new(),
            title: "申請".into(),
            purpose: Some("目的".into()),
            requested_yen: Some(Yen(1_000)),
            recommended_yen: None,
            decided_yen: None,
            state,
            submitted_on: None,
            decided_on: None,
            withdrawal_until: None,
            paid_on: None,
            submitted_by: None,
            recommended_by: None,
            decided_by: None,
            payment_requested_by: None,
            paid_by: None,
            commitment_id: None,
            payment_id: None,
        }
    }

    /// One line a state, one column an act, in the order of [`APPLICATION_ACTS`]: change, submit, withdraw,
    /// review start, return, recommend, decide, refuse, payment request, payment execute, file attach,
    /// file detach.
    const TABLE: &[(GrantApplicationState, &str)] = &[
        (Draft, "xxx.......xx"),
        (Submitted, "..xx........"),
        (UnderReview, "..x.xx......"),
        (Returned, "xxx.......xx"),
        (Reviewed, "..x...xx...."),
        (Decided, "..x.....x..."),
        (Refused, "............"),
        (Withdrawn, "............"),
        (PaymentRequested, ".........x.."),
        (Paid, "............"),
    ];

    #[test]
    fn m13_every_illegal_transition_is_refused() {
        assert_eq!(TABLE.len(), GrantApplicationState::iter().count());
        for (state, line) in TABLE {
            assert_eq!(line.len(), APPLICATION_ACTS.len());
            for (action, mark) in APPLICATION_ACTS.iter().zip(line.chars()) {
                let answer = application(&row(*state), *action, noon(5, 20));
                match mark {
                    'x' => assert_eq!(answer, Ok(()), "{state:?} {action:?}"),
                    _ => assert_eq!(answer.expect_err("refused").reason, "STATE", "{state:?} {action:?}"),
                }
            }
        }
    }

    #[test]
    fn a_submission_names_what_is_missing() {
        let bare = grant_application::Model { purpose: None, requested_yen: None, ..row(Draft) };
        let refusal = application(&bare, GRANT_APPLICATION_SUBMIT, noon(5, 20)).expect_err("refused");
        assert_eq!(refusal.reason, "INCOMPLETE");
        assert_eq!(refusal.message.ja, "未記入の項目があります: 目的、申請額");
    }

    #[test]
    fn the_window_has_a_first_and_a_last_day_in_japan() {
        let submit = |row: &grant_application::Model, at| {
            application(row, GRANT_APPLICATION_SUBMIT, at).map_err(|refusal| refusal.reason)
        };
        assert_eq!(submit(&row(Draft), noon(4, 30)), Err("NOT_OPEN"));
        assert_eq!(submit(&row(Draft), noon(5, 1)), Ok(()));
        assert_eq!(submit(&row(Draft), noon(5, 31)), Ok(()));
        let last = Utc.with_ymd_and_hms(2026, 5, 31, 14, 59, 59).single().expect("a time");
        assert_eq!(submit(&row(Draft), last), Ok(()));
        assert_eq!(submit(&row(Draft), last + chrono::Duration::seconds(1)), Err("DEADLINE"));
        let returned = grant_application::Model { submitted_on: Some(day(5, 20)), ..row(Returned) };
        assert_eq!(submit(&returned, noon(6, 10)), Ok(()));
        let closed = grant_application::Model { programme_state: GrantProgrammeState::Closed, ..returned };
        assert_eq!(submit(&closed, noon(6, 10)), Err("PROGRAMME_CLOSED"));
    }

    #[test]
    fn withdrawal_is_possible_on_day_15_and_not_on_day_16() {
        let until = withdrawal_until(day(6, 1).0, 15);
        assert_eq!(until, day(6, 16));
        let decided = grant_application::Model { withdrawal_until: Some(until), ..row(Decided) };
        assert_eq!(application(&decided, GRANT_APPLICATION_WITHDRAW, noon(6, 16)), Ok(()));
        let late = application(&decided, GRANT_APPLICATION_WITHDRAW, noon(6, 17)).expect_err("refused");
        assert_eq!(late.reason, "DEADLINE");
    }

    #[test]
    fn nothing_is_asked_beyond_the_allocation() {
        assert_eq!(within_allocation(Some(Yen(100)), Yen(100)), Ok(()));
        assert!(within_allocation(Some(Yen(101)), Yen(100)).is_err());
    }
}
