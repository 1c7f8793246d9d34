//! When somebody can be forgotten and what can be decided on. Pure.

use chrono::{DateTime, Utc};

use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::people::entity::account;
use crate::people::privacy::commands::LEGAL_HOLD_LIFT;
use crate::people::privacy::entity::{ErasureState, erasure_request, legal_hold};

/// The longest that anything is kept, in years or days.
pub const LONGEST: i32 = 36_500;

/// Is there still something of the person?
pub fn not_forgotten(row: &account::Model) -> Result<(), Refusal> {
    if row.anonymized_at.is_none() {
        return Ok(());
    }
    Err(Refusal::new("ERASED", "このアカウントの個人情報は消去済みです。", "This account has been erased already."))
}

/// What may be done to a request now: all acts are on one that waits.
pub fn request(row: &erasure_request::Model, _action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if row.state == ErasureState::Requested {
        return Ok(());
    }
    let state = row.state.word();
    Err(Refusal::new("STATE", format!("請求の今の状態({state})では行えません。"), format!("The request is {state}.")))
}

/// What may be done to a hold now.
pub fn hold(row: &legal_hold::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == LEGAL_HOLD_LIFT && row.lifted_at.is_some() {
        return Err(Refusal::new("ENDED", "この保全はすでに解かれています。", "The hold has been lifted already."));
    }
    Ok(())
}

/// Why nobody is forgotten who still has something to do, by the word of `entaku_forget_obstacle`.
pub fn obstacle(word: &str) -> Refusal {
    match word {
        "LEGAL_HOLD" => Refusal::new("LEGAL_HOLD", "保全されているため消去できません。", "A hold is on this account."),
        "LAST_ADMINISTRATOR" => Refusal::new(
            "LAST_ADMINISTRATOR",
            "ただ一人の管理者のため消去できません。先に別の人を任命してください。",
            "This is the only administrator. Appoint somebody else first.",
        ),
        "OPEN_PAYMENTS" => Refusal::new(
            "OPEN_PAYMENTS",
            "終わっていない交付申請や支払があるため消去できません。",
            "There are applications or payments that are not finished.",
        ),
        "OPEN_CASES" => Refusal::new(
            "OPEN_CASES",
            "審査の終わっていない提案があるため消去できません。",
            "There are proposals whose screening is not finished.",
        ),
        _ => Refusal::new(
            "OPEN_DUTIES",
            "任期中の任命や役職があるため消去できません。先に終えてください。",
            "There are appointments or offices in force. End them first.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::principal::AccountId;
    use crate::people::privacy::commands::{ERASURE_REQUEST_APPROVE, ERASURE_REQUEST_WITHDRAW};
    use crate::people::privacy::entity::ErasureRequestId;
    use sea_orm::Iterable;

    #[test]
    fn only_a_request_that_waits_is_decided_on() {
        for state in ErasureState::iter() {
            let row = erasure_request::Model {
                id: ErasureRequestId::new(),
                revision: 1,
                account_id: AccountId::new(),
                requested_by: AccountId::new(),
                reason: String::new(),
                state,
                decided_by: None,
                decided_at: None,
                decision_reason: None,
                executed_at: None,
                outcome: None,
            };
            for action in [ERASURE_REQUEST_APPROVE, ERASURE_REQUEST_WITHDRAW] {
                let may = request(&row, action, DateTime::UNIX_EPOCH);
                assert_eq!(may.is_ok(), state == ErasureState::Requested, "{state:?}");
            }
        }
    }

    #[test]
    fn each_obstacle_has_its_reason() {
        for word in ["LEGAL_HOLD", "LAST_ADMINISTRATOR", "OPEN_DUTIES", "OPEN_PAYMENTS", "OPEN_CASES"] {
            assert_eq!(obstacle(word).reason, word);
        }
    }
}
