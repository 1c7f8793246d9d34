//! Transitions, windows and deadlines of applications.

use super::*;
use crate::grants::commands::APPLICATION_ACTS;
use crate::grants::entity::{GrantAllocationId, GrantApplicationId, GrantChangeId, GrantProgrammeId};
use crate::grants::rules::deadlines::{PartTime, Timetable, askable};
use crate::grants::rules::terms::Terms;
use crate::kernel::calendar::Calendar;
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
        costs: None,
        approved_costs: None,
        instalments: None,
        paid_yen: Yen(0),
        pending_yen: None,
        changed_yen: None,
        change_id: None,
        changed_by: None,
        completed_on: Some(day(5, 10)),
        report_due: None,
        reported_on: None,
        reported_by: None,
        eligible_yen: None,
        examined_by: None,
        fixed_yen: None,
        fixed_on: None,
        fixed_by: None,
        surplus_rule: None,
        booked_yen: None,
        kept_yen: Yen(0),
        offset_yen: Yen(0),
        offset_done_yen: Yen(0),
        ordered_yen: Yen(0),
        repayment_due: None,
        repaid_yen: Yen(0),
        repayment_reported_on: None,
        revoked_on: None,
        revoked_by: None,
        surplus_ordered_on: None,
        surplus_ordered_by: None,
        owed_since: None,
        subgranted_yen: Yen(0),
        decision_due: None,
        returned_on: None,
        correction_due: None,
        schedule: None,
        request_from: None,
        request_due: None,
        payment_due: None,
        fixing_due: None,
    }
}

/// One line a state, one column an act, in the order of [`APPLICATION_ACTS`]: change, submit, withdraw,
/// review start, return, recommend, decide, refuse, payment request, payment execute, file attach,
/// file detach, completion, report submit, report return, report review, amount fix, repayment, change
/// request, revoke, payment reverse, payment request withdraw and return, repayment report, surplus order. `o` and `w` are
/// refused with the reason.
const TABLE: &[(GrantApplicationState, &str)] = &[
    (Draft, "xxx.......xx............."),
    (Submitted, "..xx....................."),
    (UnderReview, "..x.xx..................."),
    (Returned, "xxx.......xx............."),
    (Reviewed, "..x.x.xx................."),
    (Decided, "..x.....x.xxxx....xx....."),
    (Refused, "........................."),
    (Withdrawn, "........................."),
    (PaymentRequested, ".........x.........xxxx.."),
    (Paid, "..........xxxx....xxx...."),
    (PartlyPaid, "........x.xxxx....xxx...."),
    (Reported, "..............xx...xx...."),
    (ReportReviewed, "..............xxx..xx...."),
    (AmountFixed, "........x.xx.......xx...."),
    (Settled, "...................xx...w"),
    (RepaymentOrdered, ".................x.xo..xw"),
    (Repaid, "...................xx...w"),
    (Revoked, "........................w"),
];

#[test]
fn m13_every_illegal_transition_is_refused() {
    assert_eq!(TABLE.len(), GrantApplicationState::iter().count());
    for (state, line) in TABLE {
        assert_eq!(line.len(), APPLICATION_ACTS.len());
        for (action, mark) in APPLICATION_ACTS.iter().zip(line.chars()) {
            // Something is paid, where it matters.
            let row = grant_application::Model { paid_yen: Yen(1), ..row(*state) };
            let answer = application(&row, *action, noon(5, 20));
            match mark {
                'o' => assert_eq!(answer.expect_err("refused").reason, "RETURN_ORDERED", "{state:?} {action:?}"),
                'w' => assert_eq!(answer.expect_err("refused").reason, "NOTHING_WAITS", "{state:?} {action:?}"),
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
    let ended = |row| grant_application::Model { programme_state: GrantProgrammeState::Closed, ..row };
    assert_eq!(submit(&ended(returned), noon(6, 10)), Ok(()), "what is in goes on");
    assert_eq!(submit(&ended(row(Draft)), noon(5, 1)), Err("PROGRAMME_CLOSED"));
}

#[test]
fn withdrawal_is_possible_on_day_15_and_not_on_day_16() {
    let until = Timetable::new(Terms::default(), Calendar::default()).withdrawal(day(6, 1).0, 15);
    assert_eq!(until, day(6, 16));
    let decided = grant_application::Model { withdrawal_until: Some(until), ..row(Decided) };
    assert_eq!(application(&decided, GRANT_APPLICATION_WITHDRAW, noon(6, 16)), Ok(()));
    let late = application(&decided, GRANT_APPLICATION_WITHDRAW, noon(6, 17)).expect_err("refused");
    assert_eq!(late.reason, "DEADLINE");
}

#[test]
fn nothing_is_asked_beyond_the_allocation() {
    let allocation = grant_allocation::Model {
        id: GrantAllocationId::new(),
        revision: 1,
        programme_id: GrantProgrammeId::new(),
        programme_state: GrantProgrammeState::Published,
        fiscal_year: FiscalYear(2026),
        opens_on: day(5, 1),
        closes_on: day(5, 31),
        organization_id: OrganizationId::new(),
        district_id: DistrictId::new(),
        amount_yen: Yen(110),
        basis: "均等割".into(),
        decided_on: day(4, 1),
        line_id: None,
        run_id: None,
        results_state: None,
        offset_yen: Yen(10),
    };
    assert_eq!(within_allocation(Some(Yen(100)), &allocation), Ok(()));
    assert!(within_allocation(Some(Yen(101)), &allocation).is_err());
}

#[test]
fn a_change_that_waits_and_a_project_that_goes_on_are_named() {
    let waiting = grant_application::Model { change_id: Some(GrantChangeId::new()), ..row(Decided) };
    for action in [GRANT_PAYMENT_REQUEST, GRANT_CHANGE_REQUEST, GRANT_REPORT_SUBMIT] {
        assert_eq!(application(&waiting, action, noon(5, 20)).expect_err("refused").reason, "CHANGE_OPEN");
    }
    let going_on = grant_application::Model { completed_on: None, ..row(Paid) };
    let refusal = application(&going_on, GRANT_REPORT_SUBMIT, noon(5, 20)).expect_err("refused");
    assert_eq!((refusal.reason, &*refusal.message.ja), ("INCOMPLETE", "未記入の項目があります: 事業完了日"));
    let revoked = grant_application::Model { revoked_on: Some(day(5, 1)), ..row(RepaymentOrdered) };
    let refusal = application(&revoked, GRANT_DECISION_REVOKE, noon(5, 20)).expect_err("refused");
    assert_eq!(refusal.reason, "REVOKED");
}

#[test]
fn payments_follow_the_parts_and_stay_within_what_is_payable() {
    use crate::grants::rules::settlement::{after_payment, next_payment};
    let parts = [Yen(310), Yen(300), Yen(300)];
    let next = |row: &grant_application::Model, asked: Option<i64>| {
        next_payment(row, &parts, asked.map(Yen), true).map(|yen| yen.0).map_err(|refusal| refusal.reason)
    };
    let at = |paid: i64| grant_application::Model { decided_yen: Some(Yen(910)), paid_yen: Yen(paid), ..row(Decided) };
    assert_eq!(next(&at(0), None), Ok(310));
    assert_eq!(next(&at(310), None), Ok(300));
    assert_eq!(next(&at(400), None), Ok(210), "what is left of the part");
    assert_eq!(next(&at(610), Some(300)), Ok(300));
    assert_eq!(next(&at(610), Some(301)), Err("PAYMENT_EXCEEDED"));
    assert_eq!(next(&at(0), Some(910)), Ok(910), "in one sum");
    assert_eq!(next(&at(910), None), Err("PAYMENT_EXCEEDED"));
    let strict = |row: &grant_application::Model, parts: &[Yen], asked: i64| {
        next_payment(row, parts, Some(Yen(asked)), false).map(|yen| yen.0).map_err(|refusal| refusal.reason)
    };
    for other in [1, 309, 311, 610, 910] {
        assert_eq!(strict(&at(0), &parts, other), Err("INSTALMENT_DIFFERS"), "{other}");
    }
    assert_eq!((strict(&at(0), &parts, 310), strict(&at(400), &parts, 210)), (Ok(310), Ok(210)));
    assert_eq!(strict(&at(0), &parts, 911), Err("PAYMENT_EXCEEDED"));
    assert_eq!((strict(&at(0), &[], 910), strict(&at(0), &[], 909)), (Ok(910), Err("INSTALMENT_DIFFERS")));
    let fixed = |paid: i64| grant_application::Model { fixed_yen: Some(Yen(800)), ..at(paid) };
    assert_eq!(next(&fixed(310), None), Ok(490), "the rest at once");
    assert_eq!(next(&fixed(310), Some(491)), Err("PAYMENT_EXCEEDED"));
    assert_eq!(strict(&fixed(310), &parts, 100), Ok(100), "once it is fixed, the rest is no part");
    let states =
        [(at(0), 310, PartlyPaid), (at(310), 910, Paid), (fixed(310), 400, AmountFixed), (fixed(310), 800, Settled)];
    for (row, paid, state) in states {
        assert_eq!(after_payment(&row, Yen(paid)), state);
    }
}

#[test]
fn a_payment_is_reversed_while_nothing_rests_on_it() {
    let reverse = |row: &grant_application::Model| {
        application(row, GRANT_PAYMENT_REVERSE, noon(5, 20)).map_err(|refusal| refusal.reason)
    };
    let paid = |state, yen: i64| grant_application::Model { paid_yen: Yen(yen), ..row(state) };
    assert_eq!(reverse(&paid(PaymentRequested, 0)), Err("NOTHING_PAID"));
    assert_eq!(reverse(&paid(PaymentRequested, 1)), Ok(()));
    let changing = grant_application::Model { change_id: Some(GrantChangeId::new()), ..paid(Paid, 1) };
    assert_eq!(reverse(&changing), Err("CHANGE_OPEN"));
    let fixed = |yen: i64| grant_application::Model { fixed_yen: Some(Yen(yen)), ..paid(Settled, 1_000) };
    assert_eq!(reverse(&fixed(1_000)), Ok(()));
    assert_eq!(reverse(&fixed(999)), Err("SURPLUS_SETTLED"));
    // Where all had come back before the revocation, a return among it may be a mistake still.
    let revoked = |yen: i64| grant_application::Model { repaid_yen: Yen(yen), ..paid(Revoked, 1_000) };
    assert_eq!((reverse(&revoked(0)), reverse(&revoked(1_000))), (Err("STATE"), Ok(())));
}

#[test]
fn only_what_waits_to_be_deducted_is_ordered_back() {
    let order = |offset: i64, done: i64| {
        let row = grant_application::Model { offset_yen: Yen(offset), offset_done_yen: Yen(done), ..row(Settled) };
        application(&row, GRANT_SURPLUS_ORDER, noon(5, 20)).map_err(|refusal| refusal.reason)
    };
    assert_eq!((order(10, 9), order(10, 10)), (Ok(()), Err("NOTHING_WAITS")));
}

#[test]
fn m10_an_instalment_is_not_asked_for_before_its_time() {
    let waiting = grant_application::Model { request_from: Some(day(7, 1)), ..row(PartlyPaid) };
    let refusal = application(&waiting, GRANT_PAYMENT_REQUEST, noon(6, 30)).expect_err("refused");
    assert_eq!((refusal.reason, &*refusal.message.ja), ("NOT_YET", "次の回は2026-07-01から請求できます。"));
    assert_eq!(application(&waiting, GRANT_PAYMENT_REQUEST, noon(7, 1)), Ok(()));
    // Nor with the part before it: more than the parts whose time has come is not asked for.
    let parts = [Yen(310), Yen(300), Yen(300)];
    let times = [None, Some(day(7, 1)), Some(day(10, 1))].map(|from| PartTime { from: from.map(|d| d.0), until: None });
    let most = |today: Date| askable(&parts, Some(&times), today.0);
    assert_eq!([day(6, 30), day(7, 1), day(10, 1)].map(most), [Some(Yen(310)), Some(Yen(610)), Some(Yen(910))]);
    assert_eq!(askable(&parts, None, day(6, 30).0), None, "without times there is no limit");
}
