//! What is kept for how long, and goes at night.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

async fn rule(who: &Client, kind: &str) -> Value {
    let rules = who.run(RULES, json!({})).await.data()["retentionRules"]["nodes"].clone();
    rules.as_array().expect("rules").iter().find(|rule| rule["kind"] == kind).expect("a rule").clone()
}

/// Moves the grants of a town back in time, and ends those that were decided, past every trigger, as nobody but a superuser can.
async fn twenty_years_ago(town: &Town) {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let mut tx = superuser.begin().await.expect("begun");
    sqlx::query("SET LOCAL session_replication_role = replica").execute(&mut *tx).await.expect("set");
    for table in ["grant_programmes", "grant_allocations", "grant_applications", "grant_runs"] {
        let text = format!("UPDATE {table} SET fiscal_year = fiscal_year - 20 WHERE municipality_id = $1");
        sqlx::query(AssertSqlSafe(text)).bind(town.id.0).execute(&mut *tx).await.expect("moved");
    }
    let ended = "UPDATE grant_applications SET state = 'REVOKED' WHERE municipality_id = $1 AND decided_on IS NOT NULL
        AND id IN (SELECT application_id FROM grant_changes UNION SELECT application_id FROM grant_subgrants)";
    sqlx::query(ended).bind(town.id.0).execute(&mut *tx).await.expect("ended");
    tx.commit().await.expect("committed");
}

/// What was written on the way of a grant, and in which columns.
const LIFE: [(&str, &str); 3] = [
    ("grant_reports", "t.summary"),
    ("grant_changes", "t.reason, t.decision_reason"),
    ("grant_subgrants", "t.purpose, t.decision_reason"),
];

fn of_ended(table: &str) -> String {
    format!(
        "FROM {table} t JOIN grant_applications a ON a.municipality_id = t.municipality_id AND a.id = t.application_id
         WHERE a.state IN ('SETTLED', 'REPAID', 'REVOKED')"
    )
}

#[tokio::test]
async fn what_is_due_goes_at_night_decisions_and_the_ledger_stay_and_a_hold_keeps_it() {
    let town = Town::beside(app()).await;
    load_as(&town.app, "322091", town.code.as_str(), "no password").await.expect("the demo");
    let admin = town.staff(Role::Admin).await;
    sql(&town, "UPDATE legal_holds SET lifted_at = entaku_now(), lifted_by = placed_by, lift_reason = 'x'").await;
    twenty_years_ago(&town).await;
    let paid =
        "FROM grant_applications WHERE state IN ('PAID', 'SETTLED', 'REPAID', 'REVOKED', 'REFUSED', 'WITHDRAWN')";
    let decided = format!(
        "SELECT concat_ws('|', id, title, decided_yen, decided_by, decided_on, paid_by, payment_id, state) {paid} ORDER BY id"
    );
    let (decisions, books) =
        (texts(&town, &decided).await, "SELECT (count(*), sum(abs(amount)))::text FROM ledger_entries");
    let ledger = texts(&town, books).await;
    assert!(!decisions.is_empty());
    let purposes = format!("SELECT DISTINCT purpose {paid} ORDER BY 1");
    let before = texts(&town, &purposes).await;
    for (table, _) in LIFE {
        assert_ne!(texts(&town, &format!("SELECT t.id::text {}", of_ended(table))).await, [], "{table}");
    }

    let applications = rule(&admin, "GRANT_APPLICATIONS").await;
    assert_eq!(
        (&applications["period"], &applications["least"], &applications["due"]),
        (&json!(5), &json!(5), &json!(null))
    );
    let counted = admin.run(COUNT, json!({"id": applications["id"]})).await.data()["retentionRuleCount"].clone();
    assert_eq!(counted["due"].as_i64(), i64::try_from(decisions.len()).ok());
    let programmes = texts(&town, "SELECT id::text FROM grant_programmes").await;
    let mut holds = Vec::new();
    for id in programmes.iter().flatten() {
        let id = entaku::kernel::id::encode("gpr", id.parse().expect("a UUID"));
        let input = json!({"input": {"objectId": id, "reason": "会計検査"}});
        holds.push(admin.run(HOLD, input).await.data()["legalHoldPlace"]["id"].clone());
    }
    night(&town).await;
    assert_eq!(texts(&town, &purposes).await, before, "held");
    assert_eq!(rule(&admin, "GRANT_APPLICATIONS").await["due"], 0);
    for id in holds {
        admin.run(LIFT, json!({"id": id, "reason": "終了"})).await.data();
    }
    night(&town).await;
    assert_eq!(texts(&town, &purposes).await, [Some("(削除済み)".to_owned())]);
    for (table, words) in LIFE {
        let left = texts(&town, &format!("SELECT DISTINCT concat_ws(' ', {words}) {}", of_ended(table))).await;
        assert!(
            left.iter().flatten().all(|text| text.split(' ').all(|word| word == "(削除済み)")),
            "{table}: {left:?}"
        );
    }
    assert_eq!(texts(&town, &decided).await, decisions, "what was decided stays");
    assert_eq!(texts(&town, books).await, ledger);
    let files = texts(
        &town,
        "SELECT id::text FROM grant_application_files f WHERE EXISTS (SELECT FROM grant_applications a
        WHERE a.id = f.application_id AND a.state IN ('PAID', 'SETTLED', 'REPAID', 'REVOKED', 'REFUSED', 'WITHDRAWN'))",
    )
    .await;
    assert_eq!(files, []);
    let masked = texts(
        &town,
        "SELECT DISTINCT before ->> 'purpose' FROM audit_entries
        WHERE kind = 'grant_applications' AND op = 'UPDATE' AND after ->> 'purpose' = '***' AND actor_id IS NULL",
    )
    .await;
    assert_eq!(masked, [Some("***".to_owned())], "the record does not keep what was removed");
}

#[tokio::test]
async fn a_period_is_the_municipalitys_to_say_but_no_shorter_than_the_law() {
    let town = Town::new().await;
    let (admin, auditor) = (town.staff(Role::Admin).await, town.staff(Role::Auditor).await);
    let rule_of = rule(&auditor, "NOTIFICATIONS").await;
    let change = |period: i64, revision: Value| json!({"id": rule_of["id"], "input": {"period": period, "basis": "文書管理規程第20条", "revision": revision}});
    auditor.run(RULE, change(400, json!(null))).await.expect_code("FORBIDDEN");
    admin.run(RULE, change(0, json!(null))).await.expect_code("INVALID_INPUT");
    admin.run(RULE, change(36_501, json!(null))).await.expect_code("INVALID_INPUT");
    let (person, _) = resident(&town).await;
    for days in [100, 500] {
        sql(&town, &format!("INSERT INTO notifications (id, account_id, kind, object_kind, object_id, text_ja, text_easy, text_en, created_at)
            VALUES (gen_random_uuid(), '{}', 'GRANT_PAID', 'app', gen_random_uuid(), 'あ', 'あ', 'a', entaku_now() - interval '{days} days')", person.0)).await;
    }
    let changed = admin.run(RULE, change(600, json!(1))).await.data()["retentionRuleChange"].clone();
    assert_eq!((&changed["due"], &changed["dueSoon"], &changed["revision"]), (&json!(0), &json!(0), &json!(2)));
    night(&town).await;
    admin.run(RULE, change(99, json!(1))).await.expect_code("CONFLICT/STALE");
    let changed = admin.run(RULE, change(450, json!(2))).await.data()["retentionRuleChange"].clone();
    assert_eq!(changed["due"], 1, "counting is no change of the rule");
    night(&town).await;
    assert_eq!(texts(&town, "SELECT text_ja FROM notifications").await.len(), 1);
    let grants = rule(&admin, "GRANT_APPLICATIONS").await;
    admin
        .run(RULE, json!({"id": grants["id"], "input": {"period": 4, "basis": "x"}}))
        .await
        .expect_code("INVALID_INPUT");
    let visits = rule(&admin, "LIAISON_VISITS").await;
    assert_eq!((&visits["unit"], &visits["period"]), (&json!("FISCAL_YEARS"), &json!(3)));
}

/// 翌年度の4月1日から数える: what is of fiscal 2022 is kept until the end of fiscal 2025.
#[tokio::test]
async fn fiscal_years_are_counted_from_the_next_first_of_april() {
    let town = Town::new().await;
    let (staff, _) = town.person(Role::Liaison, ScopeKind::Municipality, None).await;
    sql(&town, "INSERT INTO districts (id, name, area_unit) VALUES (gen_random_uuid(), '里', 'OAZA')").await;
    for day in ["2022-04-01", "2023-03-31", "2023-04-01"] {
        sql(&town, &format!("INSERT INTO liaison_visits (id, account_id, staff_name, district_id, visited_on, minutes, kind, content)
            SELECT gen_random_uuid(), '{}', '担当 者', id, '{day}', 30, 'VISIT', '相談の内容' FROM districts", staff.0)).await;
    }
    let tx = town.system();
    for (day, due) in [("2026-03-31", 0), ("2026-04-01", 2), ("2027-03-31", 2), ("2027-04-01", 3)] {
        let found =
            retention::due(&tx, RetentionKind::LiaisonVisits, day.parse().expect("a day")).await.expect("a number");
        assert_eq!(found, due, "{day}");
    }
    drop(tx);
    night(&town).await;
    let left = texts(
        &town,
        "SELECT concat_ws('|', visited_on, staff_name, content, minutes) FROM liaison_visits ORDER BY visited_on",
    )
    .await;
    let gone = |day: &str| Some(format!("{day}|(削除済み)|(削除済み)|30"));
    assert_eq!(left, [gone("2022-04-01"), gone("2023-03-31"), Some("2023-04-01|担当 者|相談の内容|30".into())]);
    let record =
        texts(&town, "SELECT string_agg(e::text, '') FROM audit_entries e").await[0].clone().expect("the record");
    assert!(!record.contains("相談の内容"), "the record never had it");
}

/// An account that was suspended long ago is forgotten without a request, if nothing holds it.
#[tokio::test]
async fn an_account_suspended_long_ago_is_forgotten() {
    let town = Town::new().await;
    let (old, _) = resident(&town).await;
    let (recent, _) = resident(&town).await;
    let (clerk, _) = town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    for (id, day) in [(old, "2019-06-01"), (recent, "2025-06-01"), (clerk, "2019-06-01")] {
        sql(&town, &format!("UPDATE accounts SET suspended_at = '{day}' WHERE id = '{}'", id.0)).await;
    }
    night(&town).await;
    let names =
        format!("SELECT name FROM accounts WHERE id IN ('{}', '{}', '{}') ORDER BY id", old.0, recent.0, clerk.0);
    let kept = || Some("試験 太郎".to_owned());
    assert_eq!(
        texts(&town, &names).await,
        [Some("(削除済み)".to_owned()), kept(), kept()],
        "a post in force holds the last"
    );
    night(&town).await;
}
