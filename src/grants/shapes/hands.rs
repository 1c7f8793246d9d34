//! Who had a hand in an application by turns: its row names the last of them at most. `commands` asks again under the row's
//! lock, and triggers hold it.

use crate::grants::commands::{
    APPLICATION_ACTS, GRANT_AMOUNT_FIX, GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_REFUSE, GRANT_CHANGE_APPROVE,
    GRANT_CHANGE_REFUSE, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST, GRANT_PAYMENT_REVERSE, GRANT_REPAYMENT_RECORD,
    GRANT_REPORT_SUBMIT,
};
use crate::grants::rules::is_the_halls;
use crate::kernel::policy::Action;
use crate::kernel::read::ShapeDef;

/// Whoever had a hand in the application itself, and the people of its organization (`commands::apart_from_parties`).
const PARTIES: &str = "SELECT p FROM entaku_application_parties(t.id, t.organization_id) p";
/// Whoever paid a part of it, or reversed a payment; whoever decided on a change (`commands::apart_from`).
const PAYERS: &str = "SELECT entaku_doers(t.id, 'PAID')";
const CHANGERS: &str = "SELECT entaku_doers(t.id, 'CHANGED')";
/// Whoever reversed the payment that is to be made again (`commands::payment`).
const REVERSERS: &str = "SELECT entaku_doers(t.id, 'REVERSED')";
/// Whoever examined the report (`commands::apart_from_examiners`).
const EXAMINERS: &str = "SELECT entaku_examiners(t.id)";
/// Whoever gave an opinion on the application (`commands::apart_from_recommenders`).
const RECOMMENDERS: &str = "SELECT entaku_recommenders(t.id)";
/// Whoever had a hand in what can be undone now: where something was ordered back, its newest return (`commands::apart`).
const UNDOERS: &str = "SELECT entaku_reversal_apart(t.id, t.state IN ('REPAYMENT_ORDERED', 'REPAID', 'REVOKED'))";

/// Whoever ordered a surplus of it back (`commands::apart`).
const ORDERERS: &str = "SELECT entaku_surplus_orderers(t.id)";

/// From whom each act is kept apart.
const APART: &[(Action, &[(&str, &str)])] = &[
    (GRANT_APPLICATION_DECIDE, &[("_recommenders", RECOMMENDERS)]),
    (GRANT_APPLICATION_REFUSE, &[("_recommenders", RECOMMENDERS)]),
    (GRANT_PAYMENT_REQUEST, &[("_changers", CHANGERS), ("_recommenders", RECOMMENDERS)]),
    (
        GRANT_PAYMENT_EXECUTE,
        &[
            ("_changers", CHANGERS),
            ("_reversers", REVERSERS),
            ("_examiners", EXAMINERS),
            ("_recommenders", RECOMMENDERS),
        ],
    ),
    (GRANT_PAYMENT_REVERSE, &[("_undoers", UNDOERS), ("_examiners", EXAMINERS)]),
    (GRANT_REPORT_SUBMIT, &[("_examiners", EXAMINERS)]),
    (GRANT_AMOUNT_FIX, &[("_payers", PAYERS), ("_examiners", EXAMINERS)]),
    (GRANT_REPAYMENT_RECORD, &[("_examiners", EXAMINERS), ("_orderers", ORDERERS)]),
];

pub(super) fn of_application(shape: ShapeDef) -> ShapeDef {
    let halls = APPLICATION_ACTS.iter().filter(|act| is_the_halls(**act));
    let shape = halls.fold(shape, |shape, act| shape.apart_from(*act, "_parties", PARTIES));
    let all = APART.iter().flat_map(|(act, from)| from.iter().map(move |(name, accounts)| (*act, *name, *accounts)));
    all.fold(shape, |shape, (act, name, accounts)| shape.apart_from(act, name, accounts))
}

/// Whoever paid a part of what is to be changed, or is of the applicant's side (`commands::change::decide`).
const CHANGES_PAYERS: &str = "SELECT entaku_doers(t.application_id, 'PAID')";
const CHANGES_PARTIES: &str = "SELECT p FROM entaku_application_parties(t.application_id, t.organization_id) p";

pub(super) fn of_change(shape: ShapeDef) -> ShapeDef {
    [GRANT_CHANGE_APPROVE, GRANT_CHANGE_REFUSE].into_iter().fold(shape, |shape, act| {
        shape.apart_from(act, "_payers", CHANGES_PAYERS).apart_from(act, "_parties", CHANGES_PARTIES)
    })
}
