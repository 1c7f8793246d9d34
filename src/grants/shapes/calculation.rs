//! What can be read of rules, declarations, runs and comparisons. Lists that belong to one row (the terms of a line)
//! are kept with it and read with it, so that an explanation is never another statement.

use async_graphql::{InputObject, SimpleObject, Value};
use chrono::{DateTime, Utc};

use crate::files::shapes::paper;
use crate::grants::allocation::chart::{Bar, chart};
use crate::grants::allocation::outcome::{Line, without_words_of_declarations};
use crate::grants::allocation::rule::Rule;
use crate::grants::commands::{
    GRANT_COMPARISON_CREATE, GRANT_DECLARATION_CONFIRM, GRANT_DECLARATION_RECORD, GRANT_RULE_DRAFT, GRANT_RULE_ENACT,
    GRANT_RUN_APPROVE, GRANT_RUN_CREATE, GRANT_RUN_PUBLISH, GRANT_RUN_WITHDRAW,
};
use crate::grants::entity::{
    GrantComparisonId, GrantDeclarationId, GrantDeclarationState, GrantProgrammeId, GrantResultsState, GrantRuleId,
    GrantRuleState, GrantRunId, GrantRunKind, GrantRunLineId, GrantRunState, grant_comparison, grant_declaration,
    grant_rule, grant_run, grant_run_line,
};
use crate::grants::rules;
use crate::grants::shapes::{
    APPROVER, GRANT_RULES, GRANT_STAFF, GrantProgramme, IN_DISTRICT, IN_ORGANIZATION, LIAISON, PUBLICATION, PUBLISHERS,
    SUBSIDY_LAW, inside, is_insider,
};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Mask, Ty, Where, told};
use crate::kernel::request::Request;
use crate::organizations::shapes::CommunityOrganization;
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

/// 算定の一項。額がどのように生じたか。
#[derive(SimpleObject)]
pub struct GrantRunTerm {
    /// 規則の項または調整の名前。
    pub key: String,
    /// 名称。
    pub label: String,
    /// 根拠となる条。
    pub legal_reference: String,
    /// 用いた値。
    pub inputs: Vec<GrantRunTermInput>,
    /// 計算(日本語の式)。
    pub expression: String,
    /// 端数処理とその結果。
    pub rounded: Option<String>,
    /// この項が加える額(円)。
    pub amount_yen: Yen,
    /// 合計に入るか。他の項に置き換えられた項は入らない。
    pub counted: bool,
}

/// 算定に用いた値。
#[derive(SimpleObject)]
pub struct GrantRunTermInput {
    /// 名称。
    pub name: String,
    /// 値(単位付き)。
    pub value: String,
    /// 基準日。
    pub as_of: Option<Date>,
    /// 出所。
    pub source: String,
}

/// 分けられた原資。
#[derive(SimpleObject)]
pub struct GrantRunPool {
    /// 規則の項の名前。
    pub term: String,
    /// 分ける額(円)。
    pub available_yen: Yen,
    /// 配分した額(円)。
    pub given_yen: Yen,
    /// 残り(円)。自治体に留保する。負は端数処理による超過で、予算に合わせる調整が引き受ける。
    pub residual_yen: Yen,
}

/// 団体の額の増減。
#[derive(SimpleObject)]
pub struct GrantComparisonBody {
    /// 地域組織のID。
    pub organization_id: String,
    /// 地域組織の名称。
    pub name: String,
    /// 比較の基にした額(円)。
    pub before_yen: Yen,
    /// 額(円)。
    pub after_yen: Yen,
    /// 増減(円)。
    pub difference_yen: Yen,
    /// 項ごとの増減。
    pub terms: Vec<GrantComparisonTerm>,
}

/// 項の額の増減。
#[derive(SimpleObject)]
pub struct GrantComparisonTerm {
    /// 規則の項または調整の名前。
    pub key: String,
    /// 名称。
    pub label: String,
    /// 比較の基にした額(円)。
    pub before_yen: Yen,
    /// 額(円)。
    pub after_yen: Yen,
    /// 増減(円)。
    pub difference_yen: Yen,
}

fn parsed(row: &Cells<'_>, column: &str) -> Result<serde_json::Value> {
    serde_json::from_str(row.get::<&str>(column)?).map_err(Error::internal)
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

/// The words of a declaration's source are for those who may read the declaration.
fn line_terms(row: &Cells<'_>, request: &Request) -> Result<Value> {
    let inside = is_insider(&request.principal, |column| row.scope(column));
    if inside {
        return told(parsed(row, "terms")?, "GrantRunTerm", &[("inputs", "GrantRunTermInput")]);
    }
    let mut lines: Vec<Line> = serde_json::from_str(row.get::<&str>("terms")?).map_err(Error::internal)?;
    without_words_of_declarations(&mut lines);
    told(serde_json::to_value(lines).map_err(Error::internal)?, "GrantRunTerm", &[("inputs", "GrantRunTermInput")])
}

fn line_instalments(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Value::from_json(parsed(row, "instalments")?).map_err(Error::internal)
}

fn run_pools(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(parsed(row, "pools")?, "GrantRunPool", &[])
}

fn not_compared(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let labels = row.get::<Option<&str>>("not_compared")?.unwrap_or("[]");
    Value::from_json(serde_json::from_str(labels).map_err(Error::internal)?).map_err(Error::internal)
}

fn waiting(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let names = row.get::<Option<&str>>("waiting")?.unwrap_or("[]");
    Value::from_json(serde_json::from_str(names).map_err(Error::internal)?).map_err(Error::internal)
}

fn compared_bodies(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(parsed(row, "document")?["bodies"].take(), "GrantComparisonBody", &[("terms", "GrantComparisonTerm")])
}

fn compared_terms(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    told(parsed(row, "document")?["terms"].take(), "GrantComparisonTerm", &[])
}

fn compared_chart(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let bars: Vec<Bar> = serde_json::from_value(parsed(row, "document")?["bars"].take()).map_err(Error::internal)?;
    Ok(Value::from(chart(&bars)))
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

/// Nothing says how soon; so long at most, as for whatever else people wait for.
const WITHIN_TWO_WEEKS: &str = "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date + 14";
/// Waits, unless it was corrected since.
const UNCONFIRMED: &str = "t.state = 'DECLARED' AND NOT EXISTS (SELECT FROM grant_declarations n \
    WHERE n.municipality_id = t.municipality_id AND n.organization_id = t.organization_id AND n.item = t.item \
    AND n.as_of = t.as_of AND (n.created_at, n.id) > (t.created_at, t.id))";

shape! {
    GrantDeclaration("GrantDeclaration", "算定に用いる値の申告。統計にない数(防犯灯など)・事実・語。訂正は新しい申告で行う。", "grant_declarations") { id: GrantDeclarationId, row: grant_declaration::Entity, may: rules::declaration }
    |shape| shape
        .revision()
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。自治体全体の値ではなし。")
        .column::<String>("item", "項目。")
        .column::<Date>("asOf", "いつの値か。")
        .column::<Option<String>>("number", "数。")
        .column::<Option<bool>>("flag", "真偽。")
        .column::<Option<String>>("word", "語。")
        .column::<String>("source", "出典。")
        .one::<Account>("declaredBy", "declared_by", "記録した人。")
        .column::<GrantDeclarationState>("state", "状態。団体の申告は、職員が確認するまで配分の算定に用いない(試算には用いる)。")
        .one::<Account>("confirmedBy", "confirmed_by", "確認した人。")
        .column::<Option<DateTime<Utc>>>("confirmedAt", "確認した日時。")
        .ordered([Key::down("as_of", Ty::Date)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
        .ruled_by(GRANT_RULES)
        .create(GRANT_DECLARATION_RECORD, "", GRANT_STAFF, Over::Municipality)
        .create(GRANT_DECLARATION_RECORD, "", &[Role::OrgOfficer], IN_ORGANIZATION)
        .act(GRANT_DECLARATION_CONFIRM, "", GRANT_STAFF, Over::Municipality)
        .apart(GRANT_DECLARATION_CONFIRM, &["declared_by"])
        .task(GRANT_DECLARATION_CONFIRM, [UNCONFIRMED, "t.item", WITHIN_TWO_WEEKS], [
            "団体から算定に用いる値の申告がありました。根拠を確かめて確認してください。確認するまで配分の算定に用いません。",
            "An organization declared a number for the calculation. Please examine and confirm it; it does not count before.",
        ])
        .except("SELECT entaku_people_of(t.organization_id)")
}

/// 算定の絞り込み。
#[derive(InputObject)]
pub struct GrantRunFilterInput {
    /// 交付金制度。
    pub programme_id: Option<GrantProgrammeId>,
    /// 種類。
    pub kind: Option<GrantRunKind>,
    /// 状態。
    pub state: Option<GrantRunState>,
    /// 結果の公表の状態(いずれか)。
    pub results_state: Option<Vec<GrantResultsState>>,
}

impl Filter for GrantRunFilterInput {
    fn conditions(self, to: &mut Where) {
        to.eq("programme_id", self.programme_id.map(|id| Param::Uuid(Some(id.0))));
        to.eq("kind", self.kind.map(|kind| Param::text(kind.word())));
        to.eq("state", self.state.map(|state| Param::text(state.word())));
        to.among(
            "results_state",
            self.results_state.map(|states| states.into_iter().map(GrantResultsState::word).collect()),
        );
    }
}

/// The newest calculation of an open programme, if it is still the newest, its rule still in force, its budget the programme's
/// still, and no route stands before it.
const APPROVABLE: &str = "t.kind = 'REAL' AND t.state = 'CALCULATED' AND t.programme_state <> 'CLOSED' \
    AND t.corrects_id IS NOT DISTINCT FROM (SELECT r.id FROM grant_runs r WHERE r.municipality_id = t.municipality_id \
    AND r.programme_id = t.programme_id AND r.state = 'APPROVED' ORDER BY r.id DESC LIMIT 1) \
    AND entaku_rule_fault(t.municipality_id, t.programme_id, t.fiscal_year, t.rule_id) IS NULL \
    AND EXISTS (SELECT FROM grant_programmes p WHERE p.municipality_id = t.municipality_id AND p.id = t.programme_id \
    AND p.budget_yen = t.budget_yen) \
    AND entaku_as_compared(t.municipality_id, t.programme_id, t.previous_id, t.not_compared, t.previous_hash) \
    AND entaku_may_proceed('GRANT_RUN_APPROVE', t.id, NULL)";

/// Approved, not corrected, and never published: what was withdrawn waits for whoever withdrew it.
const PUBLISHABLE: &str = "t.state = 'APPROVED' AND t.results_state = 'UNPUBLISHED' AND t.superseded_on IS NULL \
    AND t.programme_state <> 'DRAFT'";

/// Everybody reads what is published; the town hall everything.
const PUBLIC: &str = "t.results_state = 'PUBLISHED' AND t.programme_state <> 'DRAFT'";

fn of_the_hall() -> Mask {
    let permits = vec![Permit { action: Action::READ, roles: Role::STAFF, over: Over::Municipality }];
    Mask { permits, unless: None, personal: false, reason: "NOT_PUBLIC" }
}

shape! {
    GrantRun("GrantRun", "配分の算定。規則の版と入力を固定して計算した結果で、変わることはない。承認すると配分になり、結果を公表すると誰でも閲覧できる。", "grant_runs") { id: GrantRunId, row: grant_run::Entity, may: rules::grant_run }
    |shape| shape
        .revision()
        .one::<GrantProgramme>("programme", "programme_id", "交付金制度。")
        .one::<GrantRule>("rule", "rule_id", "算定規則の版。")
        .column::<String>("title", "名称。")
        .column::<FiscalYear>("fiscalYear", "年度。")
        .column::<GrantRunKind>("kind", "種類。")
        .column::<GrantRunState>("state", "状態。")
        .column::<Yen>("budgetYen", "算定に用いた予算額(円)。")
        .column::<Yen>("totalYen", "額の合計(円)。")
        .column::<i32>("organizations", "対象の団体の数。")
        .computed::<Vec<GrantRunPool>>("pools", "原資の配分と残り。", &["pools"], run_pools)
        .column::<String>("ruleHash", "規則の全文のSHA-256。")
        .column::<String>("inputsHash", "入力のSHA-256。")
        .computed::<String>("xlsxUrl", "全団体の額(1行に1団体、1列に1項)の Excel ブックを GET で受け取る先(このサーバーのパス)。", &["id"], |row, _| paper::<GrantRunId>(row, "xlsx"))
        .computed::<String>("csvUrl", "同じ内容の CSV(UTF-8、BOM 付き)を GET で受け取る先(このサーバーのパス)。", &["id"], |row, _| paper::<GrantRunId>(row, "csv"))
        .connection::<GrantRunLine>("lines", "run_id", "団体ごとの明細。名称の順。")
        .one::<GrantProgramme>("previousProgramme", "previous_id", "前年度の額を取った交付金制度。")
        .computed::<Vec<String>>("notCompared", "前年度の額によるが、前年度の額がないために比べなかった項・調整の名称。試算か、初年度の制度の算定に限る。", &["not_compared"], not_compared)
        .computed::<Option<Vec<String>>>("waitingDeclarations", "算定に用いた値より新しく、算定のときに職員の確認を待っていた団体の申告。団体と指標の名称。", &["waiting"], waiting)
        .masked(of_the_hall())
        .one::<GrantRun>("corrects", "corrects_id", "この算定が訂正する、承認済みの算定。")
        .connection::<GrantComparison>("comparisons", "run_id", "他の算定との比較。")
        .one::<Account>("runBy", "run_by", "算定した人。")
        .one::<Account>("approvedBy", "approved_by", "承認した人。")
        .column::<Option<Date>>("approvedOn", "承認した日。")
        .column::<GrantResultsState>("resultsState", "結果の公表の状態。")
        .column::<Option<DateTime<Utc>>>("resultsPublishedAt", "結果を公表した日時。最後に公表したとき。")
        .one::<Account>("resultsPublishedBy", "results_published_by", "結果を公表した人。")
        .column::<Option<DateTime<Utc>>>("resultsWithdrawnAt", "公表を取り下げた日時。最後に取り下げたとき。")
        .masked(of_the_hall())
        .one::<Account>("resultsWithdrawnBy", "results_withdrawn_by", "公表を取り下げた人。")
        .withheld(of_the_hall())
        .column::<Option<String>>("resultsWithdrawnReason", "公表を取り下げた理由。")
        .masked(of_the_hall())
        .column::<Option<Date>>("supersededOn", "この算定を訂正する算定が承認された日。あれば、この額は配分ではなくなっている。")
        .many::<GrantRun>("corrections", "corrects_id", "この算定を訂正する算定。新しい順。")
        .ordered([Key::down("created_at", Ty::Time)])
        .filtered::<GrantRunFilterInput>()
        .published(PUBLIC)
        .readable(Role::STAFF, Over::Municipality)
        .create(GRANT_RUN_CREATE, SUBSIDY_LAW, GRANT_STAFF, Over::Municipality)
        .act(GRANT_RUN_APPROVE, SUBSIDY_LAW, APPROVER, Over::Municipality)
        .apart(GRANT_RUN_APPROVE, &["run_by"])
        .task(GRANT_RUN_APPROVE, [APPROVABLE, "t.title", "t.opens_on"], [
            "配分が算定されました。内容を確かめ、承認してください。承認すると配分になります。",
            "Allocations were calculated. Please examine and approve them; they become the allocations then.",
        ])
        .step_up(GRANT_RUN_APPROVE)
        .act(GRANT_RUN_PUBLISH, PUBLICATION, PUBLISHERS, Over::Municipality)
        .apart(GRANT_RUN_PUBLISH, &["approved_by"])
        .step_up(GRANT_RUN_PUBLISH)
        .task(GRANT_RUN_PUBLISH, [PUBLISHABLE, "t.title", "t.opens_on"], [
            "承認された算定の結果が公表されていません。内容を確かめ、公表してください。",
            "The results of an approved run are not public. Please examine and publish them.",
        ])
        .except("SELECT entaku_run_approvers(t.id)")
        .act(GRANT_RUN_WITHDRAW, PUBLICATION, PUBLISHERS, Over::Municipality)
        .step_up(GRANT_RUN_WITHDRAW)
}

/// A line is as public as its run.
const AS_ITS_RUN: &str = "coalesce((SELECT r.results_state = 'PUBLISHED' AND r.programme_state <> 'DRAFT' \
    FROM grant_runs r WHERE r.municipality_id = t.municipality_id AND r.id = t.run_id), false)";
/// Its organization and the district's liaison staff read it once it is approved in a public programme.
const APPROVED: &str = "coalesce((SELECT r.state = 'APPROVED' AND r.programme_state <> 'DRAFT' \
    FROM grant_runs r WHERE r.municipality_id = t.municipality_id AND r.id = t.run_id), false)";

shape! {
    GrantRunLine("GrantRunLine", "算定の明細。一つの団体の額と、その生じ方(算定調書)。", "grant_run_lines") { id: GrantRunLineId, row: grant_run_line::Entity }
    |shape| shape
        .one::<GrantRun>("run", "run_id", "算定。")
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。")
        .column::<Option<String>>("name", "算定のときの団体の名称。公開された団体の名称は `organization` で誰でも読める。")
        .masked(inside())
        .column::<Yen>("amountYen", "額(円)。合計に入る項の和。")
        .computed::<Vec<GrantRunTerm>>("terms", "項と調整。規則に書かれた順。申告された値の出所は、職員・団体・地区の担当者にだけ全文を示す。", &["terms", "organization_id", "district_id"], line_terms)
        .computed::<Vec<Yen>>("instalments", "分割払の各回の額(円)。分割払の定めがなければ空。", &["instalments"], line_instalments)
        .computed::<String>("sheetPdfUrl", "算定調書(PDF/A)を GET で受け取る先(このサーバーのパス)。", &["id"], |row, _| paper::<GrantRunLineId>(row, "pdf"))
        .computed::<String>("sheetXlsxUrl", "算定調書(Excel)を GET で受け取る先(このサーバーのパス)。", &["id"], |row, _| paper::<GrantRunLineId>(row, "xlsx"))
        // Lines are written in the order of names, which are in no cursor: those are not everybody's.
        .ordered([Key::up("created_at", Ty::Time)])
        .published(AS_ITS_RUN)
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, Over::ScopeWhere(ScopeKind::Organization, "organization_id", APPROVED))
        .readable(LIAISON, Over::ScopeWhere(ScopeKind::District, "district_id", APPROVED))
}

shape! {
    GrantComparison("GrantComparison", "二つの算定の比較。団体ごと、項ごとの増減。", "grant_comparisons") { id: GrantComparisonId, row: grant_comparison::Entity }
    |shape| shape
        .one::<GrantRun>("run", "run_id", "比べる算定。")
        .one::<GrantRun>("base", "base_id", "比較の基にする算定。")
        .column::<i32>("winners", "増額となる団体の数。")
        .column::<i32>("losers", "減額となる団体の数。")
        .column::<Yen>("differenceYen", "合計の増減(円)。")
        .computed::<Vec<GrantComparisonBody>>("bodies", "団体ごとの増減。", &["document"], compared_bodies)
        .computed::<Vec<GrantComparisonTerm>>("terms", "項ごとの、全団体の増減。", &["document"], compared_terms)
        .computed::<String>("chartSvg", "増減の図(SVG)。増減の大きい順に20団体ずつ。", &["document"], compared_chart)
        .ordered([Key::down("created_at", Ty::Time)])
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(GRANT_RULES)
        .create(GRANT_COMPARISON_CREATE, "", Role::STAFF, Over::Municipality)
}
