//! Which year was before a programme: said before it is public, held by the database as well, and corrected where it was said
//! wrongly.

use entaku::grants::allocation::rule::Rule;
use entaku::kernel::fiscal_year::FiscalYear;
use entaku::kernel::read::sql::{Param, Sql};

#[allow(clippy::wildcard_imports)] // the office and the documents of the noun's tests
use super::*;

story!(CORRECT, "301-grant-programme-previous-correct");

/// A programme of this year, which nobody has published.
async fn made(staff: &Client, year: i32) -> String {
    let sections = staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
    input["input"]["fiscalYear"] = json!(year);
    input["input"]["title"] = json!("別の交付金");
    text(&staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"])
}

fn to(id: &str, previous: &str) -> Value {
    json!({"id": id, "input": {"previousProgrammeId": previous, "reason": "別の制度を指定していた。"}})
}

fn first(id: &str) -> Value {
    json!({"id": id, "input": {"firstYear": true, "reason": "初年度だった。"}})
}

#[tokio::test]
async fn a_wrong_predecessor_is_corrected_as_long_as_nothing_was_approved_by_it() {
    let mut o = Office::new().await;
    let rule = o.enacted("4000").await;
    o.approved(&rule).await;
    let right = o.programme.clone();
    let wrong = made(&o.staff, 2026).await;
    let later = made(&o.staff, 2027).await;
    o.programme.clone_from(&later);
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "previousProgrammeId": wrong })).await.data();
    o.approver.run(CORRECT, to(&later, &right)).await.expect_code("CONFLICT/STATE");
    o.approver.run(PROGRAMME_PUBLISH, json!({ "id": later })).await.data();
    o.years(json!({ "previousProgrammeId": right })).await.expect_code("CONFLICT/STATE");
    // Who made it does not publish it, nor correct what is public.
    o.staff.run(CORRECT, to(&later, &right)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let payer = o.town.staff(Role::Payer).await;
    payer.run(CORRECT, to(&later, &right)).await.expect_code("FORBIDDEN");
    for (input, rule) in [
        (json!({"id": later, "input": {"previousProgrammeId": right, "reason": " "}}), "REQUIRED"),
        (
            json!({"id": later, "input": {"previousProgrammeId": right, "firstYear": true, "reason": "誤り"}}),
            "EXCLUSIVE",
        ),
        (json!({"id": later, "input": {"reason": "誤り"}}), "EXCLUSIVE"),
        (to(&later, &later), "ORDER"),
    ] {
        let told = o.approver.run(CORRECT, input).await.expect_code("INVALID_INPUT");
        assert!(told.text.contains(rule), "{rule}: {}", told.text);
    }
    o.approver.run(CORRECT, to(&later, &wrong)).await.expect_code("CONFLICT/UNCHANGED");
    let run = text(&o.calculate(&rule, "WHAT_IF", &json!({})).await.data()["grantRunCreate"]["id"]);
    assert_eq!(o.compared(&json!(run)).await.0, json!({ "id": wrong }));
    let done = o.approver.run(CORRECT, to(&later, &right)).await.data()["grantProgrammePreviousCorrect"].clone();
    assert_eq!((&done["previousProgramme"]["id"], &done["firstYear"]), (&json!(right), &json!(false)));
    assert_eq!(
        (&done["previousCorrectedOn"], &done["previousCorrectionReason"]),
        (&json!("2026-05-20"), &json!("別の制度を指定していた。"))
    );
    // The reason is for the town's staff.
    let read = "query($id: ID!) { grantProgramme(id: $id) { previousCorrectionReason } }";
    let seen = o.town.public().run(read, json!({ "id": later })).await.data()["grantProgramme"].clone();
    assert_eq!(seen, json!({ "previousCorrectionReason": null }));
    let record = "SELECT count(*) AS n FROM audit_entries WHERE kind = 'grant_programmes' AND op = 'UPDATE'
        AND act = 'grantProgrammePreviousCorrect' AND after ->> 'previous_correction' = '別の制度を指定していた。'";
    let found = o.town.system().rows(Sql::new(record)).await.expect("rows");
    assert_eq!(found[0].get::<_, i64>("n"), 1);
    let run = o.approved(&rule).await;
    assert_eq!(o.compared(&json!(run)).await, (json!({ "id": right }), json!([])));
    let late = o.approver.run(CORRECT, to(&later, &wrong)).await.expect_code("CONFLICT/RUN_APPROVED");
    assert!(late.text.contains("make one anew"), "{}", late.text);
    o.approver.run(CORRECT, first(&later)).await.expect_code("CONFLICT/RUN_APPROVED");
}

/// A real run that was compared with the wrong one is approved no more, and nobody is asked to.
#[tokio::test]
async fn what_was_compared_with_a_wrong_predecessor_is_calculated_again() {
    let mut o = Office::new().await;
    let (_, later) = o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "firstYear": true })).await.data();
    o.approver.run(PROGRAMME_PUBLISH, json!({ "id": later })).await.data();
    let run = o.run(&rule, "REAL").await;
    let wrong = made(&o.staff, 2026).await;
    let publisher = o.town.staff(Role::GrantStaff).await;
    publisher.run(CORRECT, to(&later, &wrong)).await.data();
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.expect_code("CONFLICT/PREVIOUS_CHANGED");
    publisher.run(CORRECT, first(&later)).await.data();
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.data();
    publisher.run(PROGRAMME_CLOSE, json!({ "id": later })).await.data();
    publisher.run(CORRECT, to(&later, &wrong)).await.expect_code("CONFLICT/STATE");
}

/// A surplus that was deducted stays deducted: from what follows the programme whose surplus it is.
#[tokio::test]
async fn m8_a_predecessor_whose_surplus_was_deducted_stays() {
    let mut terms = json!({"surplusRule": "OFFSET_NEXT_YEAR", "repaymentDays": 20});
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, None).await;
    assert_eq!(s.fixed(&id, 940_000).await["offsetYen"], 60_000);
    terms["previousProgrammeId"] = json!(s.programme);
    let next = made(&s.staff, 2027).await;
    let set = "mutation($id: ID!, $input: GrantProgrammeTermsInput!) { grantProgrammeTermsSet(id: $id, input: $input) { id } }";
    s.staff.run(set, json!({"id": next, "input": terms})).await.data();
    allocate(&s.staff, &next, &s.organization, 900_000).await.data();
    let (account, publisher) = s.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    publisher.run(PROGRAMME_PUBLISH, json!({ "id": next })).await.data();
    let told = publisher.run(CORRECT, first(&next)).await.expect_code("CONFLICT/SURPLUS_DEDUCTED");
    assert!(told.text.contains("青葉の会"), "{}", told.text);
    let other = made(&s.staff, 2026).await;
    publisher.run(CORRECT, to(&next, &other)).await.expect_code("CONFLICT/SURPLUS_DEDUCTED");
    // Past the program as well.
    let uuid = decode(&next).expect("an id").1;
    let correct = forced(&format!("'{}'::uuid", account.0), uuid, "previous_id = NULL, first_year = true");
    let mut database = inside(&s.town, "entaku_app").await;
    assert_eq!(attempt(&mut database, &correct).await, Err("23514".to_owned()));
    s.is_sound().await;
}

/// A correction as the program writes it, by somebody, without asking anything.
fn forced(by: &str, programme: uuid::Uuid, to: &str) -> String {
    format!(
        "SELECT set_config('entaku.actor', {by}::text, true); UPDATE grant_programmes SET {to}, previous_correction = '誤り',
            previous_corrected_on = entaku_today(), previous_corrected_by = {by} WHERE id = '{programme}'"
    )
}

#[tokio::test]
async fn the_database_lets_nobody_else_correct_a_predecessor_nor_later() {
    let mut o = Office::new().await;
    let (earlier, later) = o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "firstYear": true })).await.data();
    o.approver.run(PROGRAMME_PUBLISH, json!({ "id": later })).await.data();
    let (uuid, previous) = (decode(&later).expect("an id").1, decode(&earlier).expect("an id").1);
    let right = format!("previous_id = '{previous}', first_year = false");
    let (account, publisher) = o.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    let by = format!("'{}'::uuid", account.0);
    let bare = format!("UPDATE grant_programmes SET {right} WHERE id = '{uuid}'");
    let nothing = forced(&by, uuid, "previous_id = NULL, first_year = false");
    let makers = format!("(SELECT created_by FROM grant_programmes WHERE id = '{uuid}')");
    let makers = forced(&makers, uuid, &right);
    let mut database = inside(&o.town, "entaku_app").await;
    for refused in [&bare, &nothing, &makers] {
        assert_eq!(attempt(&mut database, refused).await, Err("23514".to_owned()), "{refused}");
    }
    let run = o.run(&rule, "REAL").await;
    let fine = forced(&by, uuid, &right);
    assert_eq!(attempt(&mut database, &fine).await, Ok(()));
    publisher.run(CORRECT, first(&later)).await.data();
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.data();
    assert_eq!(attempt(&mut database, &fine).await, Err("23514".to_owned()), "a run was approved");
}

/// What the program refuses to publish, the database does.
#[tokio::test]
async fn the_database_publishes_no_programme_that_looks_back_at_nothing() {
    let mut o = Office::new().await;
    let (_, later) = o.the_year_after().await;
    o.in_force(&limited("2000"), 2027).await;
    o.years(json!({})).await.data();
    let publisher = o.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await.0;
    let uuid = decode(&later).expect("an id").1;
    let mut database = inside(&o.town, "entaku_app").await;
    let publish = format!(
        "UPDATE grant_programmes SET state = 'PUBLISHED', published_by = '{}' WHERE id = '{uuid}'",
        publisher.0
    );
    assert_eq!(attempt(&mut database, &publish).await, Err("23514".to_owned()));
    o.years(json!({ "firstYear": true })).await.data();
    assert_eq!(attempt(&mut database, &publish).await, Ok(()));
}

/// Program and database read the same of every by-law there is, and of those made of numbers made of last year's amounts.
#[tokio::test]
async fn what_looks_back_is_the_same_in_program_and_database() {
    let town = Town::new().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation");
    let files = std::fs::read_dir(folder).expect("fixtures").map(|file| file.expect("a file").path());
    let read = |path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).expect("a text")).expect("JSON");
    let mut rules: Vec<Value> = files.map(|path| read(path)["rule"].clone()).collect();
    assert!(rules.len() >= 10);
    rules.extend(made_of_last_year());
    let (mut back, mut none) = (0, 0);
    let tx = town.system();
    for document in rules {
        let rule: Rule = serde_json::from_value(document).expect("a rule");
        let kept = serde_json::to_string(&rule).expect("as it is kept");
        let mut sql = Sql::new("SELECT ARRAY(SELECT ");
        sql.fill(
            "entaku_looks_back(?::text::jsonb, y) FROM generate_series(2014, 2029) y ORDER BY y) AS back",
            [Param::text(kept.clone())],
        );
        let found: Vec<bool> = tx.rows(sql).await.expect("an answer")[0].get("back");
        let expected: Vec<bool> = (2014..2030).map(|year| !rule.of_last_year(FiscalYear(year)).is_empty()).collect();
        assert_eq!(found, expected, "{kept}");
        back += found.iter().filter(|looks| **looks).count();
        none += found.iter().filter(|looks| !**looks).count();
    }
    assert!(back >= 100 && none >= 100, "{back} {none}");
}

/// Each way in which a rule can be made of last year's amounts, and conditions, which only choose.
fn made_of_last_year() -> Vec<Value> {
    let metric = |key: &str, source: Value| json!({"key": key, "label": key, "type": "YEN", "unit": "円", "of": "BODY", "source": source});
    let metrics = |source: Value| {
        json!([
            metric("last", json!({"record": "PREVIOUS_AMOUNT"})),
            metric("other", json!({"declaration": "経費"})),
            metric("made", source)
        ])
    };
    let fixed = json!({"fixed": {"yen": 1}});
    let rule = |source: Value, kind: Value, adjustment: Value| {
        let named = |kind: Value| json!({"key": "it", "label": "項", "legalReference": "第1条", "kind": kind});
        let adjustments = if adjustment.is_null() { json!([]) } else { json!([named(adjustment)]) };
        json!({"format": 1, "metrics": metrics(source), "terms": [named(kind)], "adjustments": adjustments})
    };
    let sources = [
        json!({"quotient": {"of": "other", "by": "last"}}),
        json!({"difference": {"of": "other", "less": "last"}}),
        json!({"sum": ["other", "last"]}),
        json!({"product": ["last", "other"]}),
        json!({"weightedSum": [{"of": "last", "weight": "1"}]}),
        json!({"sum": ["other"]}),
    ];
    let percent = json!({"percentOfInput": {"metric": "made", "percent": "50"}});
    let mut rules: Vec<Value> = sources.iter().map(|s| rule(s.clone(), percent.clone(), Value::Null)).collect();
    let last = json!({"sum": ["last"]});
    let amount = json!({"metric": "made"});
    let case = |when: &str, amount: Value| json!({"conditional": {"cases": [{"when": {"number": {"metric": when, "is": "AT_LEAST", "value": "1"}}, "amount": amount}]}});
    let of_rows = json!({"metric": "made", "boundary": "FROM_INCLUSIVE", "rows": [{"factor": "1"}]});
    let kinds = [
        case("made", json!({"yen": 1})),
        case("other", amount.clone()),
        case("other", json!({"previousShare": "1"})),
        json!({"ceiling": {"of": ["it"], "limit": amount}}),
        json!({"floor": {"of": ["it"], "limit": {"previousShare": "1"}}}),
        json!({"multiplier": {"of": ["it"], "effect": "ADDS", "factor": {"metric": "made"}}}),
        json!({"multiplier": {"of": ["it"], "effect": "ADDS", "factor": {"table": of_rows}}}),
        json!({"multiplier": {"of": ["it"], "effect": "ADDS", "factor": {"constant": "1"}}}),
    ];
    rules.extend(kinds.into_iter().map(|kind| rule(last.clone(), kind, Value::Null)));
    let adjustments = [
        json!({"cap": amount}),
        json!({"minimum": {"previousShare": "1"}}),
        json!({"minimum": {"yen": 1}}),
        json!({"split": {"metric": "made"}}),
        json!({"phaseIn": {"from": "made", "firstFiscalYear": 2020, "years": 5}}),
        json!({"phaseIn": {"from": "other", "firstFiscalYear": 2020, "years": 5}}),
        json!({"changeLimit": {"increase": "0.1", "firstFiscalYear": 2020, "years": 3}}),
    ];
    rules.extend(adjustments.into_iter().map(|adjustment| rule(last.clone(), fixed.clone(), adjustment)));
    rules
}
