//! The accounts of a fiscal year are closed and opened again, and the ledger is verified.

use std::collections::BTreeSet;

use entaku::kernel::jobs::Runner;
use entaku::ledger::commands::verification;
use sqlx::{AssertSqlSafe, Row, raw_sql};

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::support::database::Own;
use crate::support::town::app_over;

story!(VERIFY, "290-ledger-verify");
story!(INTEGRITY, "291-ledger-integrity-read");
story!(YEAR_CLOSE, "292-ledger-year-close");
story!(YEAR_REOPEN, "293-ledger-year-reopen");
story!(YEARS, "305-ledger-years-read");

fn year() -> Value {
    json!({"fiscalYear": 2026})
}

fn reopening(id: &str) -> Value {
    json!({"id": id, "input": {"reason": "支払の記帳漏れを正すため"}})
}

impl Scene {
    /// 31 May of the next year, and those who work then.
    pub(super) async fn at_the_closing(&mut self) {
        let closing = "2027-05-31T03:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
        self.town.app.clock.advance(closing - start());
        self.staff = self.town.staff(Role::GrantStaff).await;
        self.approver = self.town.staff(Role::Approver).await;
        self.payer = self.town.staff(Role::Payer).await;
    }

    async fn verified(&self) -> Value {
        self.staff.run(VERIFY, json!({})).await.data()["ledgerVerify"].clone()
    }
}

#[tokio::test]
async fn a_year_is_closed_with_what_is_left_and_opened_again_by_somebody_else() {
    let mut s = Scene::new().await;
    s.payer.run(YEAR_CLOSE, year()).await.expect_code("CONFLICT/NOT_YET");
    let id = s.payable().await;
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let before = s.balances().await;
    s.at_the_closing().await;
    s.staff.run(YEAR_CLOSE, year()).await.expect_code("FORBIDDEN");
    let closed = s.payer.run(YEAR_CLOSE, year()).await.data()["ledgerYearClose"].clone();
    // 10,000,000 of budget, of which 1,100,000 were paid.
    assert_eq!(closed["unspentYen"], 8_900_000);
    assert_eq!(closed["fiscalYearLabel"], "令和8年度");
    assert_eq!(s.balances().await, ["APPROPRIATION=-1100000", "BUDGET=0", "COMMITTED=0", "GRANT=0", "PAID=1100000"]);
    assert_eq!(s.verified().await["ok"], true);
    s.payer.run(YEAR_CLOSE, year()).await.expect_code("CONFLICT/YEAR_CLOSED");
    let year_id = text(&closed["id"]);
    s.payer.run(YEAR_REOPEN, reopening(&year_id)).await.expect_code("FORBIDDEN");
    let opened = s.approver.run(YEAR_REOPEN, reopening(&year_id)).await.data()["ledgerYearReopen"].clone();
    assert_eq!((&opened["closedAt"], &opened["reopenReason"]), (&Value::Null, &json!("支払の記帳漏れを正すため")));
    assert_eq!(s.balances().await, before);
    s.approver.run(YEAR_REOPEN, reopening(&year_id)).await.expect_code("CONFLICT/STATE");
    // And closed once more: the same year, another journal.
    let again = s.payer.run(YEAR_CLOSE, year()).await.data()["ledgerYearClose"].clone();
    assert_eq!((&again["id"], &again["unspentYen"]), (&closed["id"], &closed["unspentYen"]));
    assert_eq!(s.verified().await["ok"], true);
}

#[tokio::test]
async fn m9_what_is_promised_is_settled_before_and_a_closed_year_takes_nothing() {
    let mut s = Scene::new().await;
    let promised = s.payable().await;
    s.at_the_closing().await;
    s.payer.run(YEAR_CLOSE, year()).await.expect_code("CONFLICT/COMMITMENTS_OPEN");
    let day = json!({"id": promised, "input": {"paidOn": "2027-05-31"}});
    s.payer.run(PAYMENT_EXECUTE, day).await.data();
    s.payer.run(YEAR_CLOSE, year()).await.data();
    let more = allocate(&s.staff, &s.programme, &s.organization, 1_600_000).await;
    more.expect_code("CONFLICT/YEAR_CLOSED");
    let mut app = inside(&s.town, "entaku_app").await;
    assert_eq!(attempt(&mut app, "UPDATE ledger_years SET closed_at = NULL").await, Err("42501".into()));
}

#[tokio::test]
async fn z20_who_closed_a_year_does_not_open_it() {
    let mut s = Scene::new().await;
    s.at_the_closing().await;
    let (account, both) = s.town.person(Role::Payer, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Approver, ScopeKind::Municipality, None).await;
    let closed = both.run(YEAR_CLOSE, year()).await.data()["ledgerYearClose"].clone();
    let refused = both.run(YEAR_REOPEN, reopening(&text(&closed["id"]))).await;
    refused.expect_code("FORBIDDEN/DUTIES_APART");
    let mut owner = inside(&s.town, "entaku_owner").await;
    let same = "UPDATE ledger_years SET reopened_by = closed_by";
    assert_eq!(attempt(&mut owner, same).await, Err("23514".into()));
}

/// Every allocation that is posted is either swept up by the closing or refused after it.
#[tokio::test]
async fn m9_nothing_slips_into_a_year_while_it_closes() {
    let mut s = Scene::new().await;
    s.at_the_closing().await;
    let set = |n: i64| {
        let s = &s;
        async move { insist(|| allocate(&s.staff, &s.programme, &s.organization, 1_500_000 + n)).await }
    };
    let close = insist(|| s.payer.run(YEAR_CLOSE, year()));
    let (closed, answers) = tokio::join!(close, futures_util::future::join_all((1..=12).map(set)));
    closed.data();
    assert!(answers.iter().all(|a| ["(none)", "CONFLICT/YEAR_CLOSED"].contains(&a.code().as_str())));
    assert_eq!(s.balances().await, ["APPROPRIATION=0", "BUDGET=0", "GRANT=0"]);
    assert_eq!(s.verified().await["ok"], true);
}

/// The accounts of a year are there from its first budget on, once, whoever budgets at the same time.
#[tokio::test]
async fn a_year_is_open_from_its_first_budget_on_and_says_when_it_can_be_closed() {
    let mut s = Scene::new().await;
    let can = |read: &Value| read["nodes"][0]["viewerCan"][0].clone();
    let read = s.payer.run(YEARS, json!({})).await.data()["ledgerYears"].clone();
    assert_eq!(read["totalCount"], 1);
    assert_eq!((&read["nodes"][0]["fiscalYear"], &read["nodes"][0]["closedAt"]), (&json!(2026), &Value::Null));
    assert_eq!(can(&read), json!({"action": "ledgerYearClose", "allowed": false, "reason": "NOT_YET"}));
    let section = s.staff.run("{ sections { nodes { id } } }", json!({})).await.data()["sections"]["nodes"][0].clone();
    let budget = |n: i32| {
        let mut input = programme_input(&section["id"], 1_000_000);
        input["input"]["fiscalYear"] = json!(2027);
        input["input"]["title"] = json!(format!("{n}番目の交付金"));
        let staff = &s.staff;
        async move { staff.run(PROGRAMME_CREATE, input).await.data() }
    };
    futures_util::future::join_all((1..=4).map(budget)).await;
    let read = s.payer.run(YEARS, json!({})).await.data()["ledgerYears"].clone();
    let years: Vec<_> = read["nodes"].as_array().expect("nodes").iter().map(|one| one["fiscalYear"].clone()).collect();
    assert_eq!(years, [json!(2027), json!(2026)]);
    assert_eq!(s.officer.run(YEARS, json!({})).await.data()["ledgerYears"]["totalCount"], 0);
    let mut app = inside(&s.town, "entaku_app").await;
    assert_eq!(attempt(&mut app, "SELECT ledger_open(gen_random_uuid(), 2026)").await, Ok(()), "it is there");
    assert_eq!(
        attempt(&mut app, "INSERT INTO ledger_years (id, fiscal_year) VALUES (gen_random_uuid(), 2030)").await,
        Err("42501".into())
    );
    s.at_the_closing().await;
    s.payer.run(YEAR_CLOSE, year()).await.data();
    let of = |read: &Value, year: i32| {
        let nodes = read["ledgerYears"]["nodes"].as_array().expect("nodes").clone();
        nodes.into_iter().find(|one| one["fiscalYear"] == year).expect("the year")["viewerCan"][0].clone()
    };
    let read = s.payer.run(YEARS, json!({})).await.data();
    assert_eq!(of(&read, 2026)["reason"], "YEAR_CLOSED");
    assert_eq!(of(&read, 2027)["reason"], "NOT_YET");
}

/// Until when somebody has to close accounts.
async fn closing(who: &Client) -> Vec<Value> {
    crate::tasks::due(who, "ledgerYearClose").await
}

/// The payer is asked to close a year, and reminded, once nothing keeps it from being closed.
#[tokio::test]
async fn a_year_that_can_be_closed_is_a_task_until_it_is() {
    let mut s = Scene::new().await;
    let id = s.payable().await;
    assert_eq!(closing(&s.payer).await, Vec::<Value>::new(), "the year is not over");
    s.at_the_closing().await;
    assert_eq!(closing(&s.payer).await, Vec::<Value>::new(), "something is promised");
    let day = json!({"id": id, "input": {"paidOn": "2027-05-31"}});
    s.payer.run(PAYMENT_EXECUTE, day).await.data();
    let due = [json!("2027-08-31")];
    assert_eq!(closing(&s.payer).await, due);
    let read = s.payer.run(YEARS, json!({})).await.data()["ledgerYears"]["nodes"][0]["viewerCan"][0].clone();
    assert_eq!(read, json!({"action": "ledgerYearClose", "allowed": true, "reason": null}));
    assert_eq!(closing(&s.approver).await, Vec::<Value>::new(), "it is not theirs to do");
    let mut superuser = inside(&s.town, "postgres").await;
    let here = format!("municipality_id = '{}'", s.town.id.0);
    for (set, waits) in [
        ("offset_yen = 1", false),
        ("offset_yen = 1, programme_state = 'CLOSED'", true),
        ("offset_yen = 0, programme_state = 'PUBLISHED'", true),
    ] {
        let sql =
            format!("SET LOCAL session_replication_role = 'replica'; UPDATE grant_allocations SET {set} WHERE {here}");
        attempt(&mut superuser, &sql).await.expect("as if something was deducted");
        assert_eq!(!closing(&s.payer).await.is_empty(), waits, "{set}");
    }
    let closed = text(&s.payer.run(YEAR_CLOSE, year()).await.data()["ledgerYearClose"]["id"]);
    assert_eq!(closing(&s.payer).await, Vec::<Value>::new());
    s.approver.run(YEAR_REOPEN, reopening(&closed)).await.data();
    assert_eq!(closing(&s.payer).await, due, "opened again, it waits again");
    // Seven days before the statement of accounts is drawn up.
    s.town.app.clock.advance(Duration::days(85));
    let payer = s.town.staff(Role::Payer).await;
    crate::tasks::night(&s.town).await;
    let told = crate::tasks::told(&payer).await;
    assert_eq!(told, ["「2026年度の会計 (2027-08-31)」の期限が近づいています。やることの一覧を確認してください。"]);
}

/// Years of journals that were posted before years had rows of their own get theirs.
#[tokio::test]
async fn an_upgrade_opens_the_years_that_have_journals() {
    use migration::{Migrator, MigratorTrait};
    use sea_orm::ConnectionTrait;
    let own = Own::migrated().await;
    let s = Scene::over(app_over(&own.url("entaku_app"))).await;
    let owner = crate::migrations::owner(&own).await;
    let newest = async || {
        let applied = Migrator::get_applied_migrations(&owner).await.expect("applied");
        applied.last().map(|migration| migration.name().to_owned()).expect("a migration")
    };
    while newest().await.as_str() >= "m0055" {
        Migrator::down(&owner, Some(1)).await.expect("down");
    }
    owner.execute_unprepared("DELETE FROM ledger_years").await.expect("as it was before");
    Migrator::up(&owner, None).await.expect("up");
    let read = s.payer.run(YEARS, json!({})).await.data()["ledgerYears"].clone();
    assert_eq!((&read["totalCount"], &read["nodes"][0]["fiscalYear"]), (&json!(1), &json!(2026)));
    owner.close().await.expect("closed");
}

#[tokio::test]
async fn m18_every_night_the_ledger_is_gone_over() {
    let own = Own::migrated().await;
    let town = Town::beside(app_over(&own.url("entaku_app"))).await;
    let app = &town.app;
    let worker = own.url("entaku_worker");
    let kinds = vec![verification::kind()];
    let runner =
        Runner::new(&worker, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds).expect("a runner");
    runner.schedule().await.expect("scheduled");
    runner.run_due().await.expect("a round");
    let auditor = town.staff(Role::Auditor).await;
    let read = auditor.run(INTEGRITY, json!({})).await.data()["ledgerIntegrity"].clone();
    assert_eq!(read["totalCount"], 1);
    assert_eq!((&read["nodes"][0]["ok"], &read["nodes"][0]["checkedBy"]), (&json!(true), &Value::Null));
}

/// What a superuser does around every trigger, and the rules that are then found broken.
const TAMPERING: &[(&str, &[&str])] = &[
    ("SELECT 1", &[]),
    (
        "UPDATE ledger_entries SET amount = amount + 1 WHERE $HERE AND amount = 1100000 AND balance_after = 1100000",
        &["BALANCE", "COMMITMENT", "JOURNAL_UNBALANCED", "PAYMENT", "SEQUENCE"],
    ),
    ("UPDATE ledger_accounts SET balance = balance - 1 WHERE $HERE AND kind = 'PAID'", &["ALLOCATION", "BALANCE"]),
    ("UPDATE ledger_entries SET balance_after = balance_after + 1 WHERE $HERE AND account_version = 2", &["SEQUENCE"]),
    (
        "DELETE FROM ledger_entries WHERE $HERE AND balance_after = 1500000",
        &["BALANCE", "JOURNAL_UNBALANCED", "SEQUENCE"],
    ),
    ("DELETE FROM ledger_journals WHERE $HERE AND kind = 'GRANT_PAID'", &["ENTRY_ORPHANED", "PAYMENT"]),
    ("DELETE FROM ledger_journals WHERE $HERE AND kind = 'GRANT_COMMITTED'", &["COMMITMENT", "ENTRY_ORPHANED"]),
    (
        "UPDATE ledger_entries SET balance_after = -5 WHERE $HERE AND balance_after = 1500000",
        &["BELOW_FLOOR", "SEQUENCE"],
    ),
    (
        "UPDATE ledger_journals SET reverses = (SELECT id FROM ledger_journals WHERE $HERE AND kind = 'GRANT_BUDGETED')
        WHERE $HERE AND kind = 'GRANT_ALLOCATED'",
        &["REVERSAL"],
    ),
    ("UPDATE ledger_years SET closed_at = '2026-04-01' WHERE $HERE", &["CLOSED_YEAR"]),
    ("UPDATE grant_applications SET decided_yen = 1000000, paid_yen = 1000000 WHERE $HERE", &["COMMITMENT", "PAYMENT"]),
    ("UPDATE grant_payments SET amount_yen = 1000000 WHERE $HERE", &["PAYMENT"]),
    ("UPDATE grant_payments SET kind = 'RETURN' WHERE $HERE", &["PAYMENT", "REPAYMENT"]),
    ("UPDATE grant_allocations SET offset_yen = 1 WHERE $HERE", &["ALLOCATION"]),
    ("UPDATE grant_applications SET payment_id = commitment_id WHERE $HERE", &["PAYMENT"]),
    ("UPDATE grant_allocations SET amount_yen = 1400000 WHERE $HERE", &["ALLOCATION", "BUDGET"]),
    ("UPDATE grant_programmes SET budget_yen = 1 WHERE $HERE", &["BUDGET"]),
];

#[tokio::test]
async fn m18_m19_the_verification_names_whatever_was_done_around_the_rules() {
    let s = Scene::new().await;
    let id = s.payable().await;
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let mut superuser = inside(&s.town, "postgres").await;
    let here = format!("municipality_id = '{}'", s.town.id.0);
    for (tampering, expected) in TAMPERING {
        let before = "BEGIN; SET LOCAL session_replication_role = 'replica';";
        let sql = format!("{before} {}; SET LOCAL ROLE entaku_app", tampering.replace("$HERE", &here));
        raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.expect(tampering);
        let found = raw_sql("SELECT kind FROM ledger_faults()").fetch_all(&mut superuser).await.expect("gone over");
        raw_sql("ROLLBACK").execute(&mut superuser).await.expect("undone");
        let kinds: BTreeSet<String> = found.iter().map(|row| row.get("kind")).collect();
        assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), *expected, "{tampering}");
    }
}

#[tokio::test]
async fn m18_a_fault_leads_to_what_is_wrong() {
    let s = Scene::new().await;
    let id = s.payable().await;
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    assert_eq!(s.verified().await["faults"], json!([]));
    let mut superuser = inside(&s.town, "postgres").await;
    let here = format!("municipality_id = '{}'", s.town.id.0);
    let sql = format!(
        "SET session_replication_role = 'replica'; UPDATE grant_applications SET payment_id = commitment_id WHERE {here}"
    );
    raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.expect("tampered");
    let found = s.verified().await;
    assert_eq!((&found["ok"], &found["faultCount"]), (&json!(false), &json!(1)));
    let subjects: Vec<_> = found["faults"].as_array().expect("faults").iter().map(|f| text(&f["subjectId"])).collect();
    assert!(subjects.contains(&id), "{found}");
    let seen = s.staff.run("query($id: ID!) { node(id: $id) { __typename } }", json!({"id": subjects[0]})).await;
    assert!(["GrantApplication", "LedgerJournal"].contains(&text(&seen.data()["node"]["__typename"]).as_str()));
}
