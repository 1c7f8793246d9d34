//! A line of a run: what one organization gets, and how that comes about.

use async_graphql::{SimpleObject, Value};

use crate::files::shapes::paper;
use crate::grants::allocation::outcome::{Line, without_words_of_declarations};
use crate::grants::entity::{GrantRunLineId, grant_run_line};
use crate::grants::shapes::calculation::{GrantRun, parsed};
use crate::grants::shapes::{LIAISON, inside, is_insider};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::{Role, ScopeKind};
use crate::kernel::read::{Cells, Key, Ty, told};
use crate::kernel::request::Request;
use crate::organizations::shapes::CommunityOrganization;
use crate::shape;

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
