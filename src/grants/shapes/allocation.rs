//! An allocation: how much an organization may be granted, and why.

use async_graphql::Value;

use crate::grants::commands::GRANT_APPLICATION_CREATE;
use crate::grants::entity::{GrantAllocationId, grant_allocation};
use crate::grants::shapes::{GrantApplication, GrantOffset, GrantProgramme, GrantRunLine, LIAISON};
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::{Cells, Key, Ty};
use crate::kernel::request::Request;
use crate::ledger::shapes::LedgerAccount;
use crate::organizations::shapes::CommunityOrganization;
use crate::shape;

/// What is left of an allocation after what is deducted.
fn payable(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(row.get::<i64>("amount_yen")? - row.get::<i64>("offset_yen")?))
}

shape! {
    GrantAllocation("GrantAllocation", "交付金の配分。団体ごとの上限額とその根拠。合計は予算を超えない。算定による配分は、その結果が公表されると誰でも閲覧できる。", "grant_allocations") { id: GrantAllocationId, row: grant_allocation::Entity }
    |shape| shape
        .revision()
        .one::<GrantProgramme>("programme", "programme_id", "交付金制度。")
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<Yen>("amountYen", "配分額(円)。")
        .column::<Yen>("offsetYen", "前の年度の剰余金として差し引かれた額(円)。")
        .computed::<Yen>("payableYen", "差し引いた後の、交付を受けられる額(円)。", &["amount_yen", "offset_yen"], payable)
        .many::<GrantOffset>("offsets", "allocation_id", "差引きと、その戻し。古い順。")
        .column::<String>("basis", "配分額の根拠(算定の説明)。")
        .column::<Date>("decidedOn", "定めた日。")
        .one::<GrantRunLine>("calculation", "line_id", "承認された算定の明細。手で定めた配分ではなし。")
        .connection::<GrantApplication>("applications", "allocation_id", "この配分に対する交付申請。新しい順。")
        .many::<LedgerAccount>("ledgerAccounts", "owner_id", "残り・決定済み・支払済みの勘定。")
        .ordered([Key::up("created_at", Ty::Time)])
        .task_to_make::<GrantApplication>(GRANT_APPLICATION_CREATE, [UNBEGUN, TITLE, "t.closes_on"], [
            "配分額が定められています。受付の終わる日までに申請を始めてください。",
            "An amount is allocated. Please begin an application before applications close.",
        ])
        .published("t.programme_state <> 'DRAFT' AND coalesce(t.results_state, 'PUBLISHED') = 'PUBLISHED'")
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, Over::ScopeWhere(ScopeKind::Organization, "organization_id", OF_OPEN_PROGRAMMES))
        .readable(LIAISON, Over::ScopeWhere(ScopeKind::District, "district_id", OF_OPEN_PROGRAMMES))
}

/// Whose allocation it is, and the district's liaison staff, need not wait until everybody reads it.
const OF_OPEN_PROGRAMMES: &str = "t.programme_state <> 'DRAFT'";

/// What can be applied for, and nobody has begun to. Whoever withdrew an application does not want it.
const UNBEGUN: &str = "t.programme_state = 'PUBLISHED' AND t.closes_on >= entaku_today() AND t.amount_yen > t.offset_yen \
    AND NOT EXISTS (SELECT FROM grant_applications a WHERE a.municipality_id = t.municipality_id \
    AND a.allocation_id = t.id)";
const TITLE: &str =
    "(SELECT p.title FROM grant_programmes p WHERE p.municipality_id = t.municipality_id AND p.id = t.programme_id)";
