//! What a book takes in which state, what an entry must be, what a grant is not for, how long vouchers stay. Pure.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::books::commands::{
    ACCOUNT_BOOK_CHANGE, ACCOUNT_BOOK_CLOSE, ACCOUNT_BOOK_CONFIRM, BOOK_TRANSACTION_FILE_ATTACH,
    BOOK_TRANSACTION_FINDING_LIFT, BOOK_TRANSACTION_REVERSE,
};
use crate::books::entity::BookState::{self, Closed, Confirmed, Open};
use crate::books::entity::{BookCategory, BookSide, account_book, book_transaction};
use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Action;

/// On which side of the budget a category stands.
pub fn side(category: BookCategory) -> BookSide {
    use BookCategory as C;
    match category {
        C::Grant
        | C::OtherSubsidy
        | C::MembershipFee
        | C::BusinessIncome
        | C::Donation
        | C::CarriedOver
        | C::FromReserve
        | C::MiscellaneousIncome => BookSide::Income,
        _ => BookSide::Expense,
    }
}

/// What may be done to a book now.
pub fn book(row: &account_book::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match (action, row.state) {
        (ACCOUNT_BOOK_CHANGE | ACCOUNT_BOOK_CLOSE, Open) | (ACCOUNT_BOOK_CONFIRM, Closed) => Ok(()),
        _ => Err(in_state(row.state)),
    }
}

/// What may be done to a transaction now, as far as it tells itself; its book decides as well.
pub fn transaction(row: &book_transaction::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    match action {
        BOOK_TRANSACTION_REVERSE if row.reverses_id.is_some() => {
            Err(Refusal::new("REVERSAL", "取消しは取り消せません。", "A reversal is not reversed."))
        }
        BOOK_TRANSACTION_FINDING_LIFT if !row.found_by_hall => {
            Err(Refusal::new("NO_FINDING", "自治体の判定がありません。", "The town hall has found nothing."))
        }
        _ => Ok(()),
    }
}

/// May the book be written: anew, or only to undo and to attach?
pub fn writable(state: BookState, action: Action) -> Result<(), Refusal> {
    match (state, action) {
        (Open, _) | (Closed, BOOK_TRANSACTION_REVERSE | BOOK_TRANSACTION_FILE_ATTACH) => Ok(()),
        _ => Err(in_state(state)),
    }
}

/// May somebody judge whether a transaction was eligible? Until the auditor has confirmed the book.
pub fn judgeable(state: BookState) -> Result<(), Refusal> {
    if state == Confirmed { Err(in_state(state)) } else { Ok(()) }
}

/// May it be judged anew: by the town hall, or by the organization where the town hall has not?
pub fn judgement(row: &book_transaction::Model, hall: bool) -> Result<(), Refusal> {
    if hall || !row.found_by_hall {
        return Ok(());
    }
    Err(Refusal::new("FOUND_BY_HALL", "自治体が判定しています。", "The town hall has judged this."))
}

/// Does what replaces a transaction carry its finding: what the town hall found always, what the organization declared
/// where a grant is to pay?
pub fn carries_finding(row: &book_transaction::Model, side: BookSide, paid_by_grant: bool) -> bool {
    side == BookSide::Expense && row.ineligible_use_id.is_some() && (row.found_by_hall || paid_by_grant)
}

fn in_state(state: BookState) -> Refusal {
    Refusal::new(
        "STATE",
        format!("会計の今の状態({})では行えません。", state.label()),
        format!("The book is {}.", state.word()),
    )
}

/// What is left of a line of the budget; below zero where more was spent.
pub fn remaining(budget: Yen, actual: Yen) -> Yen {
    Yen(budget.0.saturating_sub(actual.0))
}

/// A sum with one more amount, or CONFLICT/AMOUNT_RANGE where a number of JSON does not carry it.
pub fn added(sum: Yen, amount: Yen) -> Result<Yen, Refusal> {
    sum.checked_add(amount).ok_or_else(|| {
        Refusal::new("AMOUNT_RANGE", "合計が扱える金額を超えます。", "The sum is more than an amount can be.")
    })
}

/// CONFLICT/INELIGIBLE_USE with the title and the by-law of what a grant is not for.
pub fn ineligible(title: &str, title_en: &str, legal_basis: &str) -> Refusal {
    Refusal::new(
        "INELIGIBLE_USE",
        format!("交付金の対象外です: {title}({legal_basis})。"),
        format!("The grant is not for this: {title_en} ({legal_basis})."),
    )
}

/// CONFLICT/GRANT_FIXED: the amount was fixed by what the books say.
pub fn grant_fixed() -> Refusal {
    Refusal::new("GRANT_FIXED", "交付金の額が確定しています。", "The amount of the grant has been fixed.")
}

/// CONFLICT/CARRIED_OVER: what was kept of a grant is not what the book says was carried over of it.
pub fn carried_otherwise(grant: &str, kept: Yen, recorded: Yen) -> Refusal {
    Refusal::new(
        "CARRIED_OVER",
        format!("交付金「{grant}」の剰余金のうち残された額は{kept}ですが、繰越金として記帳された額は{recorded}です。"),
        format!(
            "Of the grant “{grant}” {} yen were kept, and {} yen are recorded as carried over.",
            kept.0, recorded.0
        ),
    )
}

/// Is the day one of the fiscal year, and not yet to come?
pub fn day_of(year: FiscalYear, day: Date, today: NaiveDate) -> bool {
    (year.first_day()..=year.last_day()).contains(&day.0) && day.0 <= today
}

/// Until when vouchers are kept: whole fiscal years after the one in which the work was completed (完了の年度の翌年度から).
pub fn vouchers_until(completed_on: Date, years: i32) -> Date {
    let year = FiscalYear(FiscalYear::of(completed_on.0).0.saturating_add(years.max(1)));
    let last = year.last_day();
    Date(if last.year() > 0 { last } else { completed_on.0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date(text.parse().expect("a day"))
    }

    #[test]
    fn vouchers_are_kept_five_years_from_the_year_after_completion() {
        assert_eq!(vouchers_until(day("2025-03-31"), 5), day("2030-03-31"));
        assert_eq!(vouchers_until(day("2025-04-01"), 5), day("2031-03-31"));
        assert_eq!(vouchers_until(day("2025-04-01"), 0), day("2027-03-31"));
    }

    #[test]
    fn a_day_belongs_to_its_year_and_has_come() {
        let today = day("2025-02-01").0;
        let of = |text| day_of(FiscalYear(2024), day(text), today);
        assert!(of("2024-04-01") && of("2025-02-01"));
        assert!(!of("2024-03-31") && !of("2025-02-02") && !of("2025-04-01"));
    }

    proptest! {
        /// M3: whatever is entered and undone, what is left is the budget less what stands, and nothing overflows.
        #[test]
        fn m3_what_is_left_is_the_budget_less_what_stands(
            budget in 0..=Yen::MAX.0,
            entries in proptest::collection::vec((1..=Yen::MAX.0, any::<bool>()), 0..40),
        ) {
            let (mut actual, mut stands) = (Yen(0), 0_i128);
            for (amount, undone) in entries {
                let Ok(sum) = added(actual, Yen(amount)) else {
                    prop_assert!(stands + i128::from(amount) > i128::from(Yen::MAX.0));
                    continue;
                };
                actual = if undone { added(sum, Yen(-amount)).expect("what came goes") } else { sum };
                stands += if undone { 0 } else { i128::from(amount) };
            }
            prop_assert_eq!(i128::from(actual.0), stands);
            prop_assert_eq!(i128::from(remaining(Yen(budget), actual).0), i128::from(budget) - stands);
        }
    }
}
