//! What the acts are tried with, where values made up from the types alone would be refused.

use std::collections::HashMap;

use entaku::grants::entity::GrantRunId as Run;
use entaku::kernel::id::{TypedId, encode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::cast::{Actor, Cast};
use super::state::Keeper;

/// A stored file of everybody's own.
pub async fn files(cast: &Cast, keeper: &mut Keeper) -> HashMap<Uuid, String> {
    let mut files = HashMap::new();
    for account in cast.actors.iter().filter_map(|actor| actor.account) {
        let id = Uuid::now_v7();
        let copy = json!({"id": id, "uploader_id": account.0, "object_key": Uuid::now_v7(), "state": "STORED"});
        keeper.copy("files", "", &copy).await.expect("a file");
        files.insert(account.0, encode("fil", id));
    }
    files
}

/// Ids and documents of the demo that acts need.
pub struct Known {
    reviewer: String,
    /// Who may stand in for others.
    deputy: String,
    /// Waits for its payment, under a route.
    routed: String,
    rule_document: Value,
    rule: String,
    programme: String,
    /// A programme of an earlier year.
    earlier: String,
    /// A public programme that names its predecessor, and of which nothing was approved.
    pub named: String,
    /// Fiscal years whose accounts are open, and closed.
    pub years: [String; 2],
    /// A grant that is paid in parts.
    partly_paid: String,
    section: String,
    pub node: String,
    /// The first of the record.
    pub entry: String,
    revision: String,
    pub strategy: String,
    indicator: String,
    /// Approved.
    run: String,
    /// A post that nobody holds or will hold.
    pub post: String,
    /// To be paid, and in no file.
    payable: String,
    /// An organization that people of organizations try for.
    holder: String,
    /// Of a book that is open.
    line: String,
    /// A transaction that the town hall has found to be none a grant is for.
    pub found: String,
    /// Has no allocation yet.
    organization: String,
    /// Those of the demo's run.
    members: Value,
    /// Files by what they are attached to.
    attached: HashMap<String, String>,
    /// The newest payments by their applications.
    payments: HashMap<String, String>,
}

impl Known {
    /// Looks them up.
    pub async fn of(keeper: &mut Keeper, cast: &Cast) -> Self {
        let reviewer = cast.actors.iter().find(|actor| actor.name == "REV").and_then(|actor| actor.account);
        let id = async |keeper: &mut Keeper, prefix: &str, sql: &str| {
            let found = keeper.ask(sql).await;
            encode(prefix, found.parse().expect("an id"))
        };
        let document = keeper
            .ask("SELECT document FROM grant_rules WHERE municipality_id = $1 AND state = 'IN_FORCE' ORDER BY id LIMIT 1")
            .await;
        let files = keeper
            .ask(
                "SELECT coalesce(jsonb_object_agg(parent, file), '{}')::text FROM (
                    SELECT 'rdt_' || replace(roundtable_id::text, '-', '') AS parent, 'rdf_' || replace(min(id::text), '-', '') AS file
                        FROM roundtable_files WHERE municipality_id = $1 GROUP BY 1
                    UNION ALL SELECT 'gap_' || replace(application_id::text, '-', ''), 'gaf_' || replace(min(id::text), '-', '')
                        FROM grant_application_files WHERE municipality_id = $1 GROUP BY 1) f",
            )
            .await;
        let own: serde_json::Map<String, Value> = serde_json::from_str(&files).expect("JSON");
        let attached = own.into_iter().map(|(k, v)| (decoded(&k), v.as_str().expect("an id").to_owned())).collect();
        let newest = keeper
            .ask(
                "SELECT coalesce(jsonb_object_agg(parent, payment), '{}')::text FROM (
                    SELECT replace(application_id::text, '-', '') AS parent, 'gpy_' || replace(id::text, '-', '') AS payment
                        FROM grant_payments p WHERE municipality_id = $1 AND number = (SELECT max(n.number)
                        FROM grant_payments n WHERE n.application_id = p.application_id AND n.kind <> 'RETURN')) f",
            )
            .await;
        let payments = serde_json::from_str(&newest).expect("JSON");
        let in_force =
            "SELECT id::text FROM grant_rules WHERE municipality_id = $1 AND state = 'IN_FORCE' ORDER BY id LIMIT 1";
        let run = "SELECT programme_id::text FROM grant_runs WHERE municipality_id = $1 AND kind = 'REAL' ORDER BY id LIMIT 1";
        let earlier =
            "SELECT id::text FROM grant_programmes WHERE municipality_id = $1 ORDER BY fiscal_year, id LIMIT 1";
        let named = "SELECT id::text FROM grant_programmes WHERE municipality_id = $1 AND title = '前年度を誤った制度'";
        let open_year =
            "SELECT id::text FROM ledger_years WHERE municipality_id = $1 AND closed_at IS NULL ORDER BY id LIMIT 1";
        let closed_year = "SELECT id::text FROM ledger_years WHERE municipality_id = $1 AND closed_at IS NOT NULL ORDER BY id LIMIT 1";
        let partly_paid = "SELECT id::text FROM grant_applications WHERE municipality_id = $1 AND state = 'PARTLY_PAID' ORDER BY id LIMIT 1";
        let section = "SELECT id::text FROM sections WHERE municipality_id = $1 ORDER BY id DESC LIMIT 1";
        let revision = "SELECT id::text FROM strategy_revisions WHERE municipality_id = $1 AND state = 'APPROVED' ORDER BY id LIMIT 1";
        let node = "SELECT node_id::text FROM strategy_revisions WHERE municipality_id = $1 AND state = 'APPROVED' ORDER BY id LIMIT 1";
        let strategy = "SELECT strategy_id::text FROM strategy_revisions WHERE municipality_id = $1 AND state = 'APPROVED' ORDER BY id LIMIT 1";
        let approved =
            "SELECT id::text FROM grant_runs WHERE municipality_id = $1 AND state = 'APPROVED' ORDER BY id LIMIT 1";
        let entry = "SELECT id::text FROM audit_entries WHERE municipality_id = $1 ORDER BY xid, seq LIMIT 1";
        let indicator = "SELECT i.id::text FROM indicators i JOIN strategies s ON s.id = i.strategy_id
            WHERE i.municipality_id = $1 AND s.state = 'IN_FORCE' ORDER BY i.id LIMIT 1";
        let organization = "SELECT id::text FROM organizations o WHERE municipality_id = $1 AND stage = 'ACTIVE'
            AND NOT EXISTS (SELECT FROM grant_allocations a WHERE a.organization_id = o.id) ORDER BY id LIMIT 1";
        let members = keeper
            .ask(
                "SELECT jsonb_agg('org_' || replace(organization_id::text, '-', '') ORDER BY organization_id)::text FROM grant_run_lines
                    WHERE run_id = (SELECT id FROM grant_runs WHERE municipality_id = $1 AND kind = 'REAL' ORDER BY id LIMIT 1)",
            )
            .await;
        let payable = "SELECT id::text FROM grant_applications WHERE municipality_id = $1 AND title = '二件目' LIMIT 1";
        let holder = "SELECT id::text FROM organizations WHERE municipality_id = $1 ORDER BY id LIMIT 1";
        let line = "SELECT l.id::text FROM budget_lines l JOIN account_books b ON b.id = l.book_id
            WHERE l.municipality_id = $1 AND b.state = 'OPEN' AND l.side = 'EXPENSE' ORDER BY l.id LIMIT 1";
        let found =
            "SELECT id::text FROM book_transactions WHERE municipality_id = $1 AND found_by_hall ORDER BY id LIMIT 1";
        let post = "SELECT p.id::text FROM posts p WHERE p.municipality_id = $1
            AND NOT EXISTS (SELECT FROM handovers h WHERE h.post_id = p.id) ORDER BY p.id LIMIT 1";
        let deputy = "SELECT account_id::text FROM appointments WHERE municipality_id = $1 AND role = 'AUDITOR'
            AND scope = 'MUNICIPALITY' AND ended_at IS NULL ORDER BY id LIMIT 1";
        let routed = "SELECT v.object_id::text FROM approvals v JOIN grant_applications a ON a.id = v.object_id
            WHERE v.municipality_id = $1 AND v.act = 'GRANT_PAYMENT_EXECUTE' AND a.state = 'PAYMENT_REQUESTED' ORDER BY v.id LIMIT 1";
        Self {
            deputy: id(keeper, "acc", deputy).await,
            routed: id(keeper, "gap", routed).await,
            payable: id(keeper, "gap", payable).await,
            holder: id(keeper, "org", holder).await,
            line: id(keeper, "bgl", line).await,
            found: id(keeper, "btx", found).await,
            post: id(keeper, "pst", post).await,
            indicator: id(keeper, "ind", indicator).await,
            run: id(keeper, Run::PREFIX, approved).await,
            entry: id(keeper, super::shape("AuditEntry").prefix, entry).await,
            organization: id(keeper, "org", organization).await,
            members: serde_json::from_str(&members).expect("JSON"),
            reviewer: encode("acc", reviewer.expect("a reviewer").0),
            rule_document: serde_json::from_str(&document).expect("a rule"),
            rule: id(keeper, "grl", in_force).await,
            programme: id(keeper, "gpr", run).await,
            earlier: id(keeper, "gpr", earlier).await,
            named: id(keeper, "gpr", named).await,
            years: [id(keeper, "lyr", open_year).await, id(keeper, "lyr", closed_year).await],
            partly_paid: id(keeper, "gap", partly_paid).await,
            section: id(keeper, "sec", section).await,
            revision: id(keeper, "srv", revision).await,
            node: id(keeper, "snd", node).await,
            strategy: id(keeper, "str", strategy).await,
            attached,
            payments,
        }
    }
}

/// The digits of an id.
fn decoded(id: &str) -> String {
    id.split_once('_').map_or(id, |(_, digits)| digits).to_owned()
}

/// What is somebody's own.
pub fn for_actor(actor: &Actor, files: &HashMap<Uuid, String>, variables: &mut Value) {
    if let (Some(file), Some(at)) = (actor.account.and_then(|a| files.get(&a.0)), variables.get_mut("fileId")) {
        *at = json!(file);
    }
}

/// What goes with an object that is acted on: its revision, its files, the stage that may follow.
pub fn follow(id: &str, state: &str, revision: Option<i32>, known: &Known, variables: &mut Value) {
    if let (Some(revision), Some(at)) = (revision, variables.pointer_mut("/input/revision")) {
        *at = json!(revision);
    }
    for name in ["roundtableFileId", "applicationFileId", "grantApplicationFileId"] {
        if let (Some(file), Some(at)) = (known.attached.get(&decoded(id)), variables.get_mut(name)) {
            let prefix = at.as_str().and_then(|id| id.split_once('_')).map_or("", |(prefix, _)| prefix).to_owned();
            *at = json!(format!("{prefix}_{}", decoded(file)));
        }
    }
    if let (Some(payment), Some(at)) = (known.payments.get(&decoded(id)), variables.pointer_mut("/input/paymentId")) {
        *at = json!(payment);
    }
    let next = match state {
        "IDEA" => Some("PREPARING"),
        "PREPARING" | "SURVEYING" => Some("PLANNING"),
        "FOUNDED" | "RETURNED" => Some("APPLIED"),
        "APPLIED" => Some("RECOGNIZED"),
        "RECOGNIZED" | "SUSPENDED" => Some("ACTIVE"),
        "ACTIVE" => Some("SUSPENDED"),
        "OPEN" => Some("IN_PROGRESS"),
        "IN_PROGRESS" => Some("DONE"),
        _ => None,
    };
    for place in ["/input/to", "/input/state", "/to"] {
        if let (Some(next), Some(at)) = (next, variables.pointer_mut(place)) {
            *at = json!(next);
        }
    }
}

/// Of nobody that was ever paid: one line more than there are that did not get there before.
const REPORT: &str = "振込日,銀行番号,支店番号,預金種目,口座番号,受取人名,金額,結果\n2026-05-20,9990,002,1,1234567,ﾀﾞﾚｶ,1000000,不能\n2026-05-20,9990,002,1,1234567,ﾀﾞﾚｶ,1000000,不能\n2026-05-20,9990,002,1,1234567,ﾀﾞﾚｶ,1000000,不能\n2026-05-20,9990,002,1,1234567,ﾀﾞﾚｶ,1000000,不能\n";

/// Of what is at the bank (`stages`).
const AWAITED: &str =
    "振込日,銀行番号,支店番号,預金種目,口座番号,受取人名,金額,結果\n2026-05-20,9990,002,1,1234567,ﾀﾞﾚｶ,500000,不能\n";

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// An account at a bank, with one more field.
fn account(field: &str, value: &str) -> Value {
    let mut account = json!({"bankCode": "0167", "bankName": "ゴウギン", "branchCode": "045", "branchName": "キスキ",
        "kind": "ORDINARY", "number": "1234567", "holderKana": "アオバノカイ", "consignorName": "シケンマチ"});
    account[field] = json!(value);
    let other = if field == "organizationId" { "consignorName" } else { "holderKana" };
    account[other] = Value::Null;
    account
}

/// What an act needs besides.
pub fn fit(name: &str, known: &Known, variables: &mut Value) {
    let set = match name {
        "appointmentCreate" => json!({"scope": "ORGANIZATION", "role": "ORG_MEMBER", "endsOn": "2027-03-31"}),
        "approvalBegin" => json!({"act": "GRANT_PAYMENT_EXECUTE", "objectId": known.routed, "amountYen": null}),
        "approvalRouteCreate" => {
            json!({"fromYen": 123_456, "steps": [{"name": "部長決裁", "role": "APPROVER", "needed": 1}]})
        }
        "accountBookOpen" => {
            json!({"fiscalYear": 2040, "lines": [{"category": "RENT", "title": "使用料", "budgetYen": 1000}]})
        }
        "accountBookClose" => json!({"completedOn": "2026-05-20"}),
        "bankAccountRegister" => account("organizationId", &known.holder),
        "bankAccountConfirm" => json!({ "number": "1234567" }),
        "transferSourceSet" => account("consignorCode", "0123456789"),
        "bankTransferPrepare" => json!({"transferOn": "2026-05-29", "grantApplicationIds": [known.payable]}),
        "bankReportImport" => json!({"format": "CSV", "content": base64_of(REPORT)}),
        "bankTransferReconcile" => json!({"format": "CSV", "content": base64_of(AWAITED)}),
        "bankTransferRefusalRecord" => json!({ "refusedOn": "2026-05-20" }),
        "bankTransferOutcomeRecord" => json!({"number": 1, "paid": false, "toldOn": "2026-05-20"}),
        "bookTransactionRecord" => {
            json!({"grantApplicationId": null, "ineligibleUseId": null, "ineligibleReason": null,
            "amountYen": 100, "occurredOn": "2026-05-20", "budgetLineId": known.line})
        }
        "bookTransactionReverse" => json!({ "replacement": null }),
        "ineligibleUseSet" => json!({"code": "TEST", "category": "RENT"}),
        "challengeProposalChange" => json!({ "groupName": null }),
        "challengeProposalCreate" => json!({"organizationId": null, "proposerKind": "PERSON", "groupName": null}),
        "challengeReviewerAssign" => json!({ "accountId": known.reviewer }),
        "delegationCreate" => json!({"accountId": null, "delegateAccountId": known.deputy, "startsOn": "2026-05-20",
            "endsOn": "2026-06-20"}),
        "dutySeparationCreate" => json!({"one": "ORG_MEMBER", "other": "COORDINATOR"}),
        "personnelTransferOrder" => json!({"moves": [{"postId": known.post, "successorAccountId": known.reviewer}]}),
        "exportCreate" => {
            json!({"document": "{ districts { nodes { id name } } }", "documentId": null, "operationName": null,
            "path": null, "variables": null})
        }
        "fileUploadCreate" => {
            json!({"name": "計画.pdf", "size": 100, "mediaType": "application/pdf", "sha256": "ab".repeat(32)})
        }
        "grantApplicationCreate" | "grantApplicationChange" => json!({ "costs": null }),
        "grantAmountFix" => json!({ "keepYen": null }),
        "grantChangeRequest" => json!({"costs": [{"category": "SUPPLIES", "amountYen": 100}], "decidedYen": null}),
        "grantCompletionRecord" => json!({ "completedOn": "2026-05-10" }),
        "grantPaymentRequest" => json!({ "amountYen": null }),
        "grantProgrammePreviousCorrect" => json!({"previousProgrammeId": null, "firstYear": true}),
        "grantProgrammeBudgetChange" => json!({ "budgetYen": 9_000_000_000_i64 }),
        "grantPaymentReverse" => json!({"kind": "RETURNED_BY_BANK", "returnedOn": "2026-05-20"}),
        "grantProgrammeTermsSet" => json!({"instalments": null, "conditions": null, "repaymentDays": 20,
            "previousProgrammeId": known.earlier, "firstYear": false, "byLaw": null}),
        "grantRepaymentRecord" => json!({"amountYen": 100, "receivedOn": "2026-05-20"}),
        "grantRepaymentReport" => json!({"amountYen": 100, "sentOn": "2026-05-20"}),
        "grantReportReview" => json!({ "eligibleYen": 1000 }),
        "grantReportSubmit" => {
            json!({ "costs": [{"category": "SUPPLIES", "amountYen": 100, "eligibleYen": 100}] })
        }
        "grantSubgrantSubmit" => json!({ "applicationId": known.partly_paid }),
        "grantDeclarationRecord" => json!({"flag": null, "word": null}),
        "grantRuleDraft" => json!({ "rule": known.rule_document }),
        "grantRunCreate" => json!({"programmeId": known.programme, "ruleId": known.rule, "budgetYen": null,
            "previousProgrammeId": null, "splits": [], "suppositions": [], "organizationIds": known.members}),
        // Without money: what was added in other states has no budget in the ledger.
        "grantAllocationSet" => json!({"organizationId": known.organization, "amountYen": 0}),
        "indicatorValueRecord" => {
            json!({"indicatorId": known.indicator, "role": "ACTUAL", "status": "KNOWN", "fiscalYear": 2026})
        }
        "municipalitySettingsChange" => json!({"secondFactorRequired": null, "networks": "203.0.113.0/24"}),
        "retentionRuleChange" => json!({ "period": 3650 }),
        "organizationChange" => json!({ "foundedOn": null }),
        "roundtablePassageRecord" => json!({"number": 99, "revision": null}),
        "sectionAbolish" => json!({ "successorId": known.section }),
        "strategyNodeAdd" => json!({"parentId": null, "revisionId": null}),
        "strategyNodeChange" => json!({ "revisionId": known.revision }),
        "strategyRevisionPropose" => json!({"strategyId": known.strategy, "nodeId": known.node}),
        _ => json!({}),
    };
    if name == "personalDataExportCreate" {
        variables["accountId"] = Value::Null;
    }
    if name == "grantApplicationFileAttach" {
        variables["paper"] = Value::Null;
    }
    if name == "grantComparisonCreate" {
        variables["baseId"] = json!(known.run);
    }
    let Some(input) = variables.get_mut("input").and_then(Value::as_object_mut) else { return };
    for (field, value) in set.as_object().expect("fields") {
        if value.is_null() {
            input.remove(field);
        } else {
            input.insert(field.clone(), value.clone());
        }
    }
}
