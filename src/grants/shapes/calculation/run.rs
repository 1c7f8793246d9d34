//! A run: what a rule gives for all organizations, its approval and its publication.

use async_graphql::{InputObject, SimpleObject, Value};
use chrono::{DateTime, Utc};

use crate::files::shapes::paper;
use crate::grants::commands::{GRANT_RUN_APPROVE, GRANT_RUN_CREATE, GRANT_RUN_PUBLISH, GRANT_RUN_WITHDRAW};
use crate::grants::entity::{GrantProgrammeId, GrantResultsState, GrantRunId, GrantRunKind, GrantRunState, grant_run};
use crate::grants::rules;
use crate::grants::shapes::calculation::{GrantComparison, GrantRule, GrantRunLine, parsed};
use crate::grants::shapes::{APPROVER, GRANT_STAFF, GrantProgramme, PUBLICATION, PUBLISHERS, SUBSIDY_LAW};
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Mask, Ty, Where, told};
use crate::kernel::request::Request;
use crate::people::shapes::Account;
use crate::shape;

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
