//! What may be done to an account or a file of payments, and which reported line is which payment. Pure.

mod debits;
mod matching;
#[cfg(test)]
mod tests;
mod work_days;

use chrono::{DateTime, Utc};

use crate::bank::commands::{
    BANK_ACCOUNT_CONFIRM, BANK_ACCOUNT_REJECT, BANK_TRANSFER_CANCEL, BANK_TRANSFER_OUTCOME_RECORD,
    BANK_TRANSFER_PRODUCE, BANK_TRANSFER_RECONCILE, BANK_TRANSFER_REFUSAL_RECORD,
};
use crate::bank::entity::{BankAccountState, BankTransferState, bank_account, bank_transfer};
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;

pub use debits::{File, carried, carried_out};
pub use matching::{Match, Sent, contents, matches, outcome};
pub use work_days::{banks_work, in_time, next_bank_day};

/// What may be done to an account now.
pub fn account(row: &bank_account::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (BANK_ACCOUNT_CONFIRM | BANK_ACCOUNT_REJECT, BankAccountState::Proposed) => Ok(()),
        _ => Err(Refusal::new(
            "STATE",
            format!("口座の今の状態({})では行えません。", row.state.label()),
            format!("The account is {}.", row.state.word()),
        )),
    }
}

/// What may be done to a file of payments now.
pub fn transfer(row: &bank_transfer::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (BANK_TRANSFER_PRODUCE | BANK_TRANSFER_CANCEL, BankTransferState::Prepared)
        | (
            BANK_TRANSFER_REFUSAL_RECORD | BANK_TRANSFER_RECONCILE | BANK_TRANSFER_OUTCOME_RECORD,
            BankTransferState::Produced,
        ) => Ok(()),
        _ => Err(Refusal::new(
            "STATE",
            format!("総合振込の今の状態({})では行えません。", row.state.label()),
            format!("The transfer is {}.", row.state.word()),
        )),
    }
}

/// What is seen of an account's number: `****123`.
pub fn masked(tail: &str) -> String {
    format!("****{tail}")
}

/// The last three digits of a number.
pub fn tail(number: &str) -> &str {
    number.get(number.len().saturating_sub(3)..).unwrap_or("")
}
