//! The rule: a by-law as data, version after version.

use async_graphql::{SimpleObject, Value};

use crate::files::shapes::paper;
use crate::grants::allocation::rule::Rule;
use crate::grants::commands::{GRANT_RULE_DRAFT, GRANT_RULE_ENACT};
use crate::grants::entity::{GrantRuleId, GrantRuleState, grant_rule};
use crate::grants::rules;
use crate::grants::shapes::{APPROVER, GRANT_STAFF, SUBSIDY_LAW};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Cells, Key, Ty, told};
use crate::kernel::request::Request;
use crate::people::shapes::Account;
use crate::shape;

/// 算定規則の項または調整。
#[derive(SimpleObject)]
pub struct GrantRuleTerm {
    /// 規則の中の名前。
    pub key: String,
    /// 名称。
    pub label: String,
    /// 根拠となる条。
    pub legal_reference: String,
    /// 端数処理。
    pub rounding: Option<String>,
    /// 合算した額への調整か。
    pub is_adjustment: bool,
}

fn rule_terms(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let rule: Rule = serde_json::from_str(row.get::<&str>("document")?).map_err(Error::internal)?;
    let terms = rule.terms.iter().map(|t| (&t.key, &t.label, &t.legal_reference, &t.rounding, false));
    let adjustments = rule.adjustments.iter().map(|a| (&a.key, &a.label, &a.legal_reference, &a.rounding, true));
    let one = |(key, label, legal_reference, rounding, is_adjustment): (_, _, _, &Option<_>, _)| {
        let rounding = rounding.as_ref().map(|r: &crate::grants::allocation::rounding::Rounding| r.words("円"));
        serde_json::json!({
            "key": key, "label": label, "legalReference": legal_reference, "rounding": rounding,
            "isAdjustment": is_adjustment,
        })
    };
    told(terms.chain(adjustments).map(one).collect(), "GrantRuleTerm", &[])
}

shape! {
    GrantRule("GrantRule", "配分の算定規則の版。要綱をデータとして表したもの。一度書いた版は変わらない。", "grant_rules") { id: GrantRuleId, row: grant_rule::Entity, may: rules::grant_rule }
    |shape| shape
        .revision()
        .column::<String>("title", "要綱の名称。")
        .column::<i32>("version", "版。")
        .column::<FiscalYear>("fromFiscalYear", "適用を始める年度。")
        .column::<Option<String>>("note", "改正の趣旨など。")
        .column::<GrantRuleState>("state", "状態。")
        .computed::<Vec<GrantRuleTerm>>("terms", "項と調整。", &["document"], rule_terms)
        .column::<String>("document", "規則の全文(JSON)。")
        .computed::<String>("methodologyPdfUrl", "算定方法の説明(PDF/A)を GET で受け取る先(このサーバーのパス)。", &["id"], |row, _| paper::<GrantRuleId>(row, "pdf"))
        .computed::<String>("methodologyMarkdownUrl", "算定方法の説明(Markdown)を GET で受け取る先(このサーバーのパス)。", &["id"], |row, _| paper::<GrantRuleId>(row, "md"))
        .column::<Option<Date>>("enactedOn", "施行の決裁をした日。")
        .one::<Account>("draftedBy", "drafted_by", "起草した人。")
        .one::<Account>("enactedBy", "enacted_by", "施行を決裁した人。")
        .ordered([Key::up("title", Ty::Text), Key::up("version", Ty::Int)])
        .published("t.state = 'IN_FORCE'")
        .readable(Role::STAFF, Over::Municipality)
        .create(GRANT_RULE_DRAFT, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .act(GRANT_RULE_ENACT, SUBSIDY_LAW, APPROVER, Over::Municipality)
        .apart(GRANT_RULE_ENACT, &["drafted_by"])
        .task(GRANT_RULE_ENACT, ["t.state = 'DRAFT'", "t.title", "make_date(t.from_fiscal_year, 4, 1)"], [
            "算定規則の案があります。適用する年度の始まりまでに、内容を確かめて施行してください。",
            "A version of the rule was drafted. Please examine it and put it in force before its fiscal year begins.",
        ])
}
