//! What the books show of grants: sums that the database gathers from the transactions, which lead to each voucher.

use async_graphql::Value;

use crate::books::entity::{
    BookCarriedOverId, BookCategory, BookState, GrantBookedCostId, GrantBookedId, book_carried_over, grant_booked,
    grant_booked_cost,
};
use crate::books::shapes::{AccountBook, BookTransaction, IN_ORGANIZATION, IneligibleUse, difference};
use crate::grants::shapes::GrantApplication;
use crate::kernel::error::Result;
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty};
use crate::kernel::request::Request;
use crate::shape;

shape! {
    GrantBooked("GrantBooked", "団体の帳簿が示す、一つの交付金による支出。取り消した支出は含まない。", "grant_booked") { id: GrantBookedId, row: grant_booked::Entity }
    |shape| shape
        .one::<GrantApplication>("application", "application_id", "交付申請。")
        .column::<Yen>("spentYen", "支出の合計(円)。")
        .column::<Yen>("ineligibleYen", "そのうち、交付金の対象外とされた額(円)。")
        .column::<Yen>("eligibleYen", "そのうち、交付金の対象となる額(円)。実績報告の審査でも、額の確定でも、これを超えない。")
        .column::<BookState>("state", "帳簿の状態。複数の年度にわたるときは、最も進んでいないもの。")
        .many::<GrantBookedCost>("costs", "application_id", "科目と、対象外とした使途ごとの内訳。")
        .connection::<BookTransaction>("transactions", "application_id", "この交付金によるとした出納のすべて。証拠書類に至る。")
        .ordered([Key::up("application_id", Ty::Uuid)])
        .gathered(|sql| sql.push("grant_booked"))
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
}

shape! {
    GrantBookedCost("GrantBookedCost", "団体の帳簿が示す、一つの交付金による支出の、科目ごとの額。", "grant_booked_costs") { id: GrantBookedCostId, row: grant_booked_cost::Entity }
    |shape| shape
        .column::<BookCategory>("category", "科目。")
        .one::<IneligibleUse>("ineligibleUse", "ineligible_use_id", "対象外とした使途。対象となる支出では null。")
        .column::<Yen>("amountYen", "額(円)。")
        .ordered([Key::up("category", Ty::Text)])
        .gathered(|sql| sql.push("grant_booked_costs"))
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
}

fn deviation(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    difference(row, "recorded_yen", "expected_yen")
}

shape! {
    BookCarriedOver("BookCarriedOver", "前の年度の交付金の剰余金のうち団体に残された額と、会計に繰越金として記帳された額。", "book_carried_over") { id: BookCarriedOverId, row: book_carried_over::Entity }
    |shape| shape
        .one::<AccountBook>("book", "book_id", "会計。")
        .one::<GrantApplication>("grantApplication", "application_id", "剰余金の生じた交付申請。")
        .column::<Yen>("expectedYen", "額の確定で、繰り越すか積み立てるとされた額(円)。")
        .column::<Yen>("recordedYen", "この交付金による繰越金として記帳された額(円)。")
        .computed::<Yen>("differenceYen", "記帳された額から、残された額を引いた額(円)。0でなければ、会計を締められない。", &["recorded_yen", "expected_yen"], deviation)
        .ordered([Key::up("application_id", Ty::Uuid)])
        .gathered(|sql| sql.push("book_carried_over"))
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
}
