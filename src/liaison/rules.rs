//! When an assignment, a visit or a request may be changed. Pure.

use chrono::{DateTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::policy::Action;
use crate::kernel::principal::Role;
use crate::kernel::request::japan_day;
use crate::liaison::commands::{
    LIAISON_ASSIGNMENT_APPOINT, LIAISON_ASSIGNMENT_END, LIAISON_ASSIGNMENT_RELIEVE, LIAISON_REQUEST_ANSWER,
    LIAISON_REQUEST_CLOSE, LIAISON_REQUEST_FORWARD, LIAISON_REQUEST_REPORT_BACK, LIAISON_VISIT_CHANGE,
};
use crate::liaison::entity::LiaisonAssignmentState::{Appointed, Proposed};
use crate::liaison::entity::LiaisonRequestState::{Answered, Forwarded, Received, ReportedBack};
use crate::liaison::entity::{LiaisonKind, assignment, request, visit};

/// The role an assignment of a kind brings with it.
pub fn role_of(kind: LiaisonKind) -> Role {
    match kind {
        LiaisonKind::LiaisonStaff => Role::Liaison,
        LiaisonKind::LifeSupportCoordinator | LiaisonKind::HamletSupporter => Role::Coordinator,
    }
}

/// What may be done to an assignment now.
pub fn assignment(row: &assignment::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    let today = Date(japan_day(now));
    let over = row.term_end.is_some_and(|end| end < today);
    match (action, row.state) {
        (LIAISON_ASSIGNMENT_APPOINT, Proposed) if over => {
            Err(Refusal::new("TERM_OVER", "任期はすでに終わっています。", "The term is already over."))
        }
        (LIAISON_ASSIGNMENT_RELIEVE, Appointed) if over => Err(Refusal::new(
            "TERM_OVER",
            "任期はすでに終わっています。任期満了としてください。",
            "The term is already over: end the assignment.",
        )),
        (LIAISON_ASSIGNMENT_END, Appointed) if !over => {
            Err(Refusal::new("TERM_RUNNING", "任期がまだ終わっていません。", "The term is not over yet."))
        }
        (LIAISON_ASSIGNMENT_APPOINT, Proposed) | (LIAISON_ASSIGNMENT_RELIEVE | LIAISON_ASSIGNMENT_END, Appointed) => {
            Ok(())
        }
        (LIAISON_ASSIGNMENT_APPOINT, _) => {
            Err(Refusal::new("STATE", "任命を待つ担当ではありません。", "The assignment does not await appointment."))
        }
        (LIAISON_ASSIGNMENT_RELIEVE | LIAISON_ASSIGNMENT_END, _) => {
            Err(Refusal::new("STATE", "任命されている担当ではありません。", "The assignment is not in force."))
        }
        _ => Ok(()),
    }
}

/// What may be done to a visit now: it can be corrected until its fiscal year ends.
pub fn visit(row: &visit::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == LIAISON_VISIT_CHANGE && FiscalYear::of(row.visited_on.0) != FiscalYear::of(japan_day(now)) {
        return Err(Refusal::new(
            "FISCAL_YEAR",
            "前の年度の活動記録は変更できません。",
            "The log of another fiscal year is closed.",
        ));
    }
    Ok(())
}

/// What may be done to a request now.
pub fn request(row: &request::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    let fits = match action {
        LIAISON_REQUEST_FORWARD => matches!(row.state, Received | Forwarded),
        LIAISON_REQUEST_ANSWER => row.state == Forwarded,
        LIAISON_REQUEST_REPORT_BACK => row.state == Answered,
        LIAISON_REQUEST_CLOSE => row.state == ReportedBack,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new("STATE", "要望の今の状態では行えません。", "The request's present state does not allow this."))
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeZone};

    use super::*;
    use crate::kernel::principal::AccountId;
    use crate::liaison::entity::LiaisonRequestState::Closed;
    use crate::liaison::entity::{
        LiaisonAssignmentId, LiaisonAssignmentState, LiaisonRequestId, LiaisonRequestState, LiaisonRole,
        LiaisonVisitId, LiaisonVisitKind,
    };
    use crate::organizations::entity::DistrictId;
    use sea_orm::Iterable;

    fn day(y: i32, m: u32, d: u32) -> Date {
        Date(NaiveDate::from_ymd_opt(y, m, d).expect("a day"))
    }

    fn at(y: i32, m: u32, d: u32, hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(y, m, d, hour, 0, 0).single().expect("a time")
    }

    fn an_assignment(state: LiaisonAssignmentState) -> assignment::Model {
        assignment::Model {
            id: LiaisonAssignmentId::new(),
            revision: 1,
            account_id: AccountId::new(),
            staff_name: "例 一".into(),
            district_id: DistrictId::new(),
            role: LiaisonRole::Main,
            kind: LiaisonKind::LiaisonStaff,
            state,
            term_start: day(2025, 4, 1),
            term_end: Some(day(2027, 3, 31)),
            ended_on: None,
            relief_reason: None,
            appointment_id: None,
            predecessor_id: None,
        }
    }

    #[test]
    fn an_assignment_ends_after_its_term_and_is_relieved_within_it() {
        let row = an_assignment(Appointed);
        let reason = |action, now| assignment(&row, action, now).err().map(|r| r.reason);
        // 14:59 UTC is still 31 March in Japan, 15:00 is 1 April.
        assert_eq!(reason(LIAISON_ASSIGNMENT_END, at(2027, 3, 31, 14)), Some("TERM_RUNNING"));
        assert_eq!(reason(LIAISON_ASSIGNMENT_RELIEVE, at(2027, 3, 31, 14)), None);
        assert_eq!(reason(LIAISON_ASSIGNMENT_END, at(2027, 3, 31, 15)), None);
        assert_eq!(reason(LIAISON_ASSIGNMENT_RELIEVE, at(2027, 3, 31, 15)), Some("TERM_OVER"));
    }

    #[test]
    fn each_act_on_an_assignment_has_one_state() {
        let now = at(2026, 5, 20, 1);
        for state in LiaisonAssignmentState::iter() {
            let row = an_assignment(state);
            assert_eq!(assignment(&row, LIAISON_ASSIGNMENT_APPOINT, now).is_ok(), state == Proposed, "{state:?}");
            assert_eq!(assignment(&row, LIAISON_ASSIGNMENT_RELIEVE, now).is_ok(), state == Appointed, "{state:?}");
        }
    }

    #[test]
    fn a_visit_is_corrected_within_its_fiscal_year() {
        let row = visit::Model {
            id: LiaisonVisitId::new(),
            revision: 1,
            account_id: AccountId::new(),
            staff_name: "例 一".into(),
            district_id: DistrictId::new(),
            organization_id: None,
            visited_on: day(2026, 3, 30),
            minutes: 60,
            kind: LiaisonVisitKind::Visit,
            place: None,
            content: "見守り".into(),
            requests_heard: None,
        };
        assert!(visit(&row, LIAISON_VISIT_CHANGE, at(2026, 3, 31, 14)).is_ok());
        assert!(visit(&row, LIAISON_VISIT_CHANGE, at(2026, 3, 31, 15)).is_err());
    }

    #[test]
    fn a_request_takes_one_step_at_a_time() {
        let row = |state| request::Model {
            id: LiaisonRequestId::new(),
            revision: 1,
            district_id: DistrictId::new(),
            organization_id: None,
            visit_id: None,
            section_id: None,
            state,
            subject: "街灯".into(),
            content: "街灯が消えている".into(),
            received_on: day(2026, 5, 1),
            received_by: None,
            forwarded_on: None,
            answer: None,
            answered_on: None,
            answered_by: None,
            reported_on: None,
            report_note: None,
            closed_on: None,
        };
        let allowed = |state: LiaisonRequestState| {
            let acts =
                [LIAISON_REQUEST_FORWARD, LIAISON_REQUEST_ANSWER, LIAISON_REQUEST_REPORT_BACK, LIAISON_REQUEST_CLOSE];
            acts.map(|act| request(&row(state), act, at(2026, 5, 2, 0)).is_ok())
        };
        assert_eq!(allowed(Received), [true, false, false, false]);
        assert_eq!(allowed(Forwarded), [true, true, false, false]);
        assert_eq!(allowed(Answered), [false, false, true, false]);
        assert_eq!(allowed(ReportedBack), [false, false, false, true]);
        assert_eq!(allowed(Closed), [false, false, false, false]);
    }
}
