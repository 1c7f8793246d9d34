//! A programme: what is granted in a fiscal year, on what conditions.

use async_graphql::{InputObject, Value};

use crate::grants::commands::{
    GRANT_ALLOCATION_SET, GRANT_PROGRAMME_BUDGET_CHANGE, GRANT_PROGRAMME_CLOSE, GRANT_PROGRAMME_CREATE,
    GRANT_PROGRAMME_DISCARD, GRANT_PROGRAMME_PUBLISH, GRANT_PROGRAMME_TERMS_SET,
};
use crate::grants::entity::{GrantBookRule, GrantProgrammeId, GrantProgrammeState, GrantSurplusRule, grant_programme};
use crate::grants::rules;
use crate::grants::shapes::{
    ACCOUNTS_CLOSE, APPROVER, BUDGET_LAW, GRANT_RULES, GRANT_STAFF, GrantAllocation, GrantApplication, GrantRun,
    PUBLISHERS, SUBSIDY_LAW,
};
use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Ty, Where};
use crate::kernel::request::Request;
use crate::ledger::shapes::LedgerAccount;
use crate::people::shapes::{Account, Section};
use crate::shape;

/// 交付金制度の絞り込み。
#[derive(InputObject)]
pub struct GrantProgrammeFilterInput {
    /// 年度。
    pub fiscal_year: Option<FiscalYear>,
    /// 状態(いずれか)。
    pub state: Option<Vec<GrantProgrammeState>>,
    /// 取りやめたか。
    pub discarded: Option<bool>,
}

impl Filter for GrantProgrammeFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("fiscal_year", self.fiscal_year.map(|year| Param::Int(Some(year.0.into()))));
        to.among("state", self.state.map(|states| states.into_iter().map(GrantProgrammeState::word).collect()));
        if let Some(discarded) = self.discarded {
            to.also("(t.discarded_on IS NOT NULL) = ?", vec![Param::Bool(discarded)]);
        }
    }
}

fn year_label(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(FiscalYear(row.get("fiscal_year")?).label()))
}

shape! {
    GrantProgramme("GrantProgramme", "交付金制度。年度ごとに一つ。公開すると、手で定めた配分とともに誰でも閲覧できる。", "grant_programmes") { id: GrantProgrammeId, row: grant_programme::Entity, may: rules::programme }
    |shape| super::predecessor::of_programme(shape
        .revision()
        .column::<String>("title", "名称。")
        .column::<String>("summary", "概要。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .computed::<String>("fiscalYearLabel", "年度の和暦の表記。", &["fiscal_year"], year_label)
        .column::<String>("legalBasis", "根拠となる条例・要綱の名称。")
        .column::<Yen>("budgetYen", "予算額(円)。補正予算があれば、その後の額。取りやめた制度では0円。")
        .column::<Date>("opensOn", "申請の受付を始める日。")
        .column::<Date>("closesOn", "申請の受付を終える日(この日を含む)。")
        .column::<GrantProgrammeState>("state", "状態。")
        .column::<Option<String>>("terms", "交付の条件(JSON)。分割払とその時期、実績報告の期限、軽微な変更、積立て、標準処理期間などの各段階の期限、求める書類。定めなければ null。")
        .column::<GrantSurplusRule>("surplusRule", "剰余金の扱い。")
        .column::<GrantBookRule>("bookRule", "額を確定するときに、帳簿に求めること。")
        .column::<i32>("repaymentDays", "返還を命じた日から期限までの日数。")
        .column::<Option<String>>("byLaw", "算定に用いる要綱(算定規則)の名称。その年度に施行されている版だけが配分になる。null なら、前年度の交付金制度のものによる。それもなければ、最初に承認された算定で定まる。")
        .one::<GrantProgramme>("previousProgramme", "previous_id", "前年度の交付金制度。その剰余金を、この制度の配分から差し引く。激変緩和などは、その確定した配分と比べる。")
        .column::<bool>("firstYear", "初年度の制度か。前年度の額に基づく項・調整を、前年度と比べずに算定する。")
        .one::<Section>("section", "section_id", "担当する部・課。")
        .one::<Account>("createdBy", "created_by", "制度を作った人。")
        .one::<Account>("publishedBy", "published_by", "公開した人。")
        .column::<Option<Date>>("discardedOn", "公開する前に取りやめた日。取りやめた制度は準備中のまま残り、何も行えない。")
        .one::<Account>("discardedBy", "discarded_by", "取りやめた人。")
        .column::<Option<String>>("discardReason", "取りやめた理由。")
        .connection::<GrantAllocation>("allocations", "programme_id", "団体への配分。")
        .connection::<GrantApplication>("applications", "programme_id", "交付申請。新しい順。")
        .connection::<GrantRun>("runs", "programme_id", "配分の算定。新しい順。")
        .many::<LedgerAccount>("ledgerAccounts", "owner_id", "予算の残りの勘定。")
        .ordered([Key::down("fiscal_year", Ty::Int)])
        .waits_for(GRANT_STAFF, Over::Municipality, ["t.state = 'PUBLISHED' AND t.closes_on >= entaku_today()", "t.title", "t.closes_on"])
        .task(GRANT_PROGRAMME_PUBLISH, ["t.state = 'DRAFT' AND t.discarded_on IS NULL", "t.title", "t.opens_on"], [
            "準備中の交付金制度です。受付を始める日までに公開するか、必要がなければ取りやめてください。",
            "The programme is in preparation. Please publish it before applications open, or discard it where it is not wanted.",
        ])
        .except("SELECT entaku_programme_makers(t.id)")
        .task(GRANT_PROGRAMME_CLOSE, ["t.state = 'PUBLISHED' AND t.closes_on < entaku_today()", "t.title", ACCOUNTS_CLOSE], [
            "申請の受付が終わりました。残る申請がなければ、交付金制度を終えてください。",
            "Applications have closed. Please close the programme when none is left to work on.",
        ])
        .filtered::<GrantProgrammeFilterInput>()
        .published("t.state <> 'DRAFT'")
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(GRANT_RULES)
        .create(GRANT_PROGRAMME_CREATE, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .act(GRANT_PROGRAMME_PUBLISH, "", PUBLISHERS, Over::Municipality)
        .apart(GRANT_PROGRAMME_PUBLISH, &["created_by"])
        .step_up(GRANT_PROGRAMME_PUBLISH)
        .act(GRANT_PROGRAMME_CLOSE, "", GRANT_STAFF, Over::Municipality)
        .act(GRANT_PROGRAMME_DISCARD, "", GRANT_STAFF, Over::Municipality)
        .step_up(GRANT_PROGRAMME_DISCARD)
        .act(GRANT_ALLOCATION_SET, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .apart(GRANT_ALLOCATION_SET, &["published_by"])
        .act(GRANT_PROGRAMME_TERMS_SET, "", GRANT_STAFF, Over::Municipality)
        .act(GRANT_PROGRAMME_BUDGET_CHANGE, BUDGET_LAW, APPROVER, Over::Municipality)
        .step_up(GRANT_PROGRAMME_BUDGET_CHANGE))
}
