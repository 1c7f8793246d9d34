//! Objects in the states that the demo leaves out: rows of the demo once more, as they would stand in that state.

use entaku::api::schema::Nouns;
use entaku::kernel::id::decode;
use entaku::kernel::principal::Role;
use entaku::kernel::read::{Catalogue, ShapeDef};
use serde_json::{Value, json};
use uuid::Uuid;

use super::state::Keeper;
use crate::support::World;

/// Of each kind, the state of the row that is taken, and what is otherwise in the others. A column that is named by no
/// state stays as it is; `title` and `name` are made unlike.
fn otherwise(kind: &str, state: &str) -> (&'static str, Value) {
    let nothing = json!({});
    match kind {
        "Roundtable" => {
            let change = match state {
                "PLANNED" => {
                    json!({"held_on": null, "published_at": null, "announced_at": null, "audience_count": null})
                }
                "POSTPONED" | "CANCELLED" => {
                    json!({"held_on": null, "published_at": null, "audience_count": null, "stop_reason": "雨天のため。"})
                }
                "CLOSED" => nothing,
                _ => json!({"published_at": null}),
            };
            ("PUBLISHED", change)
        }
        "ChallengeProposal" => {
            let undecided = json!({"decided_at": null, "decided_by": null, "decision_reason": null, "adopted_yen": null,
                "average_score": null, "published_at": null});
            let change = match state {
                "ADOPTED" => json!({ "published_at": null }),
                "REJECTED" => json!({"adopted_yen": null, "published_at": null}),
                _ => undecided,
            };
            ("PUBLISHED", change)
        }
        "GrantApplication" => ("PAID", application(state)),
        "GrantChange" if state != "MINOR" => {
            let decided = json!({"decided_on": "2026-05-19", "decision_reason": "要綱に合う。"});
            ("REQUESTED", if state == "WITHDRAWN" { json!({}) } else { decided })
        }
        "GrantSubgrant" => {
            let adopted = if state == "ADOPTED" { json!(10_000) } else { Value::Null };
            let decided =
                json!({"decided_on": "2026-05-19", "decision_reason": "規約に合う。", "adopted_yen": adopted});
            ("SUBMITTED", if state == "WITHDRAWN" { json!({"withdrawn_on": "2026-05-19"}) } else { decided })
        }
        "LiaisonAssignment" if state == "PROPOSED" => {
            ("APPOINTED", json!({"appointment_id": null, "account_id": "ANOTHER", "predecessor_id": null}))
        }
        "LiaisonAssignment" => ("APPOINTED", json!({"ended_on": "2026-05-01", "predecessor_id": null})),
        "LiaisonRequest" if state == "RECEIVED" => ("FORWARDED", json!({"section_id": null, "forwarded_on": null})),
        "LiaisonRequest" => ("FORWARDED", json!({"answer": "道を直します。", "answered_on": "2026-05-10"})),
        "ErasureRequest" => {
            let decided =
                json!({"decided_at": "2026-05-19T00:00:00Z", "decided_by": Uuid::now_v7(), "decision_reason": "理由"});
            ("REQUESTED", decided)
        }
        "StrategyRevision" => {
            let open = json!({"council_name": null, "session_number": null, "approved_on": null, "revised_on": null});
            ("APPROVED", open)
        }
        "AccountBook" => {
            let closed = json!({"fiscal_year": 2050, "completed_on": "2051-03-01", "closed_on": "2051-03-01",
                "vouchers_until": "2056-03-31", "closed_by": Uuid::now_v7()});
            ("OPEN", if state == "CLOSED" { closed } else { nothing })
        }
        "BankAccount" => (
            "CONFIRMED",
            json!({ "confirmed_by": null,
            "rejection_reason": (state == "REJECTED").then_some("名義が違う。")}),
        ),
        "BankTransfer" => {
            let made = state == "PRODUCED";
            if state == "REFUSED" {
                let told =
                    json!({"refused_on": "2026-05-20", "refused_by": Uuid::now_v7(), "refusal_reason": "締切後。"});
                return ("DONE", told);
            }
            let unmade = json!({"produced_by": null, "produced_at": null, "sha256": null, "key_id": "", "secret": ""});
            ("DONE", if made { nothing } else { unmade })
        }
        "BankTransferLine" => {
            let number: u32 = state.bytes().map(u32::from).sum();
            let paid_on = if state == "RETURNED" { json!("2026-05-20") } else { Value::Null };
            ("PAID", json!({"paid_on": paid_on, "payment_number": number, "number": number}))
        }
        "CommunityOrganization" => ("", json!({ "published": state != "IDEA" })),
        "Export" => {
            let kept = json!({"object_key": Uuid::now_v7(), "expires_at": "2026-06-01T00:00:00Z", "failure_code": "INTERNAL",
                "rights": "[]"});
            ("", kept)
        }
        "Approval" => ("", json!({ "object_id": Uuid::now_v7() })),
        "ApprovalSeat" => {
            let step = if state == "APPROVED" { 9 } else { 8 };
            let given = json!({ "step": step });
            let open = json!({"step": step, "comment": null, "acted_at": null});
            ("RETURNED", if ["APPROVED", "RETURNED"].contains(&state) { given } else { open })
        }
        "File" => ("", json!({ "object_key": Uuid::now_v7() })),
        _ => ("", nothing),
    }
}

/// The states after the decision that are made of what was paid in one sum.
const DECIDED: &[&str] = &[
    "DECIDED",
    "PAYMENT_REQUESTED",
    "REPORTED",
    "REPORT_REVIEWED",
    "AMOUNT_FIXED",
    "REPAYMENT_ORDERED",
    "REPAID",
    "REVOKED",
];

fn application(state: &str) -> Value {
    let mut row = json!({"payment_id": null, "paid_on": null, "paid_by": null, "paid_yen": 0, "requested_yen": 1000,
        "recommended_yen": 1000, "decided_yen": 1000, "instalments": null, "commitment_id": Uuid::now_v7(),
        "completed_on": "2026-05-10"});
    let mut set = |columns: Value| {
        columns.as_object().expect("columns").iter().for_each(|(column, value)| row[column] = value.clone());
    };
    let returning = json!({"payment_id": Uuid::now_v7(), "paid_on": "2026-05-10", "paid_yen": 1000, "eligible_yen": 600,
        "fixed_yen": 600, "fixed_on": "2026-05-11", "ordered_yen": 400, "repayment_due": "2026-06-11"});
    match state {
        "PAYMENT_REQUESTED" => set(json!({ "pending_yen": 1000 })),
        "REPORTED" => set(json!({ "reported_on": "2026-05-11" })),
        "REPORT_REVIEWED" => set(json!({"reported_on": "2026-05-11", "eligible_yen": 1000})),
        "AMOUNT_FIXED" => set(json!({"eligible_yen": 1000, "fixed_yen": 1000, "fixed_on": "2026-05-11"})),
        "REPAYMENT_ORDERED" => set(returning),
        "REPAID" => {
            set(returning);
            // A part waits to be deducted, and the year after is over.
            set(json!({"ordered_yen": 300, "repaid_yen": 300, "offset_yen": 100, "fiscal_year": 2023}));
        }
        "REVOKED" => set(json!({ "revoked_on": "2026-05-11" })),
        _ => {}
    }
    let mut clear = |columns: &[&str]| columns.iter().for_each(|column| row[*column] = Value::Null);
    if state != "PAYMENT_REQUESTED" {
        clear(&["payment_requested_by"]);
    }
    if !DECIDED.contains(&state) {
        clear(&["decided_yen", "decided_on", "decided_by", "commitment_id", "withdrawal_until", "completed_on"]);
    }
    if !DECIDED.contains(&state) && !["REVIEWED", "REFUSED"].contains(&state) {
        clear(&["recommended_yen", "recommended_by"]);
    }
    if state == "DRAFT" {
        clear(&["submitted_on", "submitted_by"]);
    }
    row
}

/// What was paid and returned of the copies, their reports, and what of a grant was given on.
const OF_APPLICATIONS: &[&str] = &[
    "INSERT INTO grant_payments (municipality_id, id, application_id, organization_id, district_id, number, kind, amount_yen,
            paid_on, journal_id)
        SELECT a.municipality_id, gen_random_uuid(), a.id, a.organization_id, a.district_id, n, kind, yen, '2026-05-10',
            gen_random_uuid()
        FROM grant_applications a, LATERAL (VALUES (1, 'ADVANCE', a.paid_yen), (2, 'RETURN', a.repaid_yen)) p(n, kind, yen)
        WHERE a.municipality_id = $ID AND yen > 0 AND NOT EXISTS (SELECT FROM grant_payments p WHERE p.application_id = a.id)",
    "INSERT INTO grant_reports (municipality_id, id, application_id, organization_id, district_id, number, completed_on,
            summary, costs, actual_yen, eligible_yen, reported_on)
        SELECT municipality_id, gen_random_uuid(), id, organization_id, district_id, 1, completed_on, '実績', '[]', 1000,
            1000, reported_on
        FROM grant_applications WHERE municipality_id = $ID AND state IN ('REPORTED', 'REPORT_REVIEWED')",
    "UPDATE grant_applications a SET subgranted_yen = (SELECT coalesce(sum(s.adopted_yen), 0) FROM grant_subgrants s
        WHERE s.application_id = a.id) WHERE a.municipality_id = $ID",
];

/// Approved runs whose results are not, or no longer, published; of programmes of their own, whose newest they are.
pub const RESULTS: [(&str, &str); 2] = [
    ("UNPUBLISHED", r#"{"results_published_at": null, "results_published_by": null, "superseded_on": null}"#),
    (
        "WITHDRAWN",
        r#"{"results_withdrawn_at": "2026-05-19T00:00:00Z", "results_withdrawn_reason": "誤り", "superseded_on": null}"#,
    ),
];

/// Whose parts go with them.
const WITH_PARTS: &[(&str, &[&str], &str)] = &[
    (
        "Roundtable",
        &[
            "roundtable_participants",
            "roundtable_issues",
            "roundtable_passages",
            "roundtable_decisions",
            "roundtable_action_items",
            "roundtable_files",
        ],
        "roundtable_id",
    ),
    ("ChallengeProposal", &["challenge_reviews"], "proposal_id"),
    ("ChallengeCall", &["challenge_criteria"], "call_id"),
    ("GrantApplication", &["grant_application_files"], "application_id"),
];

/// A programme in preparation, whose budget the ledger has.
async fn in_preparation(world: &World) {
    let make = "mutation($input: GrantProgrammeCreateInput!) { grantProgrammeCreate(input: $input) { id } }";
    let input = json!({"title": "準備中の交付金", "summary": "地域の活動を支える。", "fiscalYear": 2026, "legalBasis": "交付要綱",
        "budgetYen": 1_000_000, "opensOn": "2026-05-01", "closesOn": "2026-06-30", "sectionId": world.ids["Section"][0]});
    world.town.staff(Role::GrantStaff).await.run(make, json!({ "input": input })).await.data();
}

/// Makes an object of every state that no object is in.
pub async fn fill(world: &mut World, keeper: &mut Keeper, faults: &mut Vec<String>) {
    in_preparation(world).await;
    for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
        let Some((column, words)) = shape.states() else { continue };
        for (word, _) in words {
            if keeper.by_word(shape.table, column, &word).await.is_empty()
                && let Err(fault) = make(shape, column, &word, world, keeper).await
            {
                faults.push(format!("no {} can be {word}: {fault}", shape.name));
            }
        }
    }
    // What is published closes when its items are done; those of its copies are still open.
    let done = "UPDATE roundtable_action_items i SET state = 'DONE' FROM (SELECT id FROM roundtables WHERE municipality_id = $ID
        AND state = 'PUBLISHED' ORDER BY id LIMIT 1) r WHERE i.roundtable_id = r.id AND i.state = 'OPEN'";
    keeper.force(&done.replace("$ID", &format!("'{}'", world.town.id.0))).await;
    for sql in OF_APPLICATIONS {
        keeper.force(&sql.replace("$ID", &format!("'{}'", world.town.id.0))).await;
    }
    // Three payments to be made to an organization with an account: one is in the file that is prepared, and too small for
    // a route; the second can be put into a file, and has a route; the third is at the bank.
    let holder = |column: &str| {
        format!(
            "SELECT o.{column}::text FROM bank_accounts b JOIN organizations o ON o.municipality_id = b.municipality_id
             AND o.id = b.organization_id WHERE b.municipality_id = $1 AND b.state = 'CONFIRMED' ORDER BY b.id LIMIT 1"
        )
    };
    let (organization, district) = (keeper.ask(&holder("id")).await, keeper.ask(&holder("district_id")).await);
    // The second comes before all others, so that it is the one of its state that is tried.
    let second = Uuid::from_u128(7 << 76 | 2);
    for (id, title, yen) in
        [(Uuid::now_v7(), "一件目", 300_000), (second, "二件目", 700_000), (Uuid::now_v7(), "三件目", 500_000)]
    {
        let copy = json!({"id": id, "title": title, "commitment_id": Uuid::now_v7(), "decided_yen": yen,
            "pending_yen": yen, "organization_id": organization, "district_id": district});
        keeper.copy("grant_applications", " AND state = 'PAYMENT_REQUESTED'", &copy).await.expect("a payment");
    }
    let prepared = "INSERT INTO bank_transfer_lines (municipality_id, id, transfer_id, number, application_id, payment_number,
            organization_id, bank_account_id, amount_yen, state)
        SELECT t.municipality_id, gen_random_uuid(), t.id, 1, a.id, 1, a.organization_id, b.id, a.pending_yen, 'WAITING'
        FROM bank_transfers t
        JOIN grant_applications a ON a.municipality_id = t.municipality_id AND a.title = '一件目'
        JOIN bank_accounts b ON b.municipality_id = t.municipality_id AND b.organization_id = a.organization_id AND b.state = 'CONFIRMED'
        WHERE t.municipality_id = $ID AND t.state = 'PREPARED'";
    keeper.force(&prepared.replace("$ID", &format!("'{}'", world.town.id.0))).await;
    let total = "UPDATE bank_transfers t SET count = 1, total_yen = l.amount_yen FROM bank_transfer_lines l
        WHERE t.municipality_id = $ID AND t.state = 'PREPARED' AND l.transfer_id = t.id";
    keeper.force(&total.replace("$ID", &format!("'{}'", world.town.id.0))).await;
    // The third is in the file that went to the bank.
    let sent = prepared.replace("一件目", "三件目").replace("'PREPARED'", "'PRODUCED'");
    keeper.force(&sent.replace("$ID", &format!("'{}'", world.town.id.0))).await;
    let named = json!({"id": Uuid::now_v7(), "title": "前年度を誤った制度"});
    keeper
        .copy("grant_programmes", " AND state = 'PUBLISHED' AND previous_id IS NOT NULL", &named)
        .await
        .expect("a programme");
    for (results, change) in RESULTS {
        let mut change: Value = serde_json::from_str(change).expect("JSON");
        change["id"] = json!(Uuid::now_v7());
        change["results_state"] = json!(results);
        change["programme_id"] = json!(Uuid::now_v7());
        keeper.copy("grant_runs", " AND results_state = 'PUBLISHED'", &change).await.expect("a run");
    }
    // Support is there again.
    let there = "UPDATE support_sessions SET ended_at = NULL, ended_by = NULL WHERE municipality_id = $ID";
    keeper.force(&there.replace("$ID", &format!("'{}'", world.town.id.0))).await;
    for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
        let ids = World::ids_of(&world.town, shape).await;
        world.ids.insert(shape.name, ids);
    }
}

async fn make(shape: &ShapeDef, column: &str, state: &str, world: &World, keeper: &mut Keeper) -> Result<(), String> {
    let (of, mut change) = otherwise(shape.name, state);
    if change["account_id"] == "ANOTHER" {
        let last = world.ids["Account"].last().expect("an account");
        change["account_id"] = json!(decode(last).expect("an id").1);
    }
    let id = Uuid::now_v7();
    change["id"] = json!(id);
    change[column] = json!(state);
    for name in ["title", "name"] {
        change[name] = json!(format!("{}({state})", shape.name));
    }
    let base = if of.is_empty() { String::new() } else { format!(" AND {column} = '{of}'") };
    let from = keeper.copy(shape.table, &base, &change).await?;
    for (kind, tables, key) in WITH_PARTS.iter().filter(|(kind, ..)| *kind == shape.name) {
        for table in *tables {
            keeper.copy_parts(table, key, from, id).await.map_err(|fault| format!("{kind}: {fault}"))?;
        }
    }
    Ok(())
}
