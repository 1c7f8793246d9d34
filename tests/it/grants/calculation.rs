//! From the by-law to the allocation: drafted, enacted, calculated, approved, corrected, compared.

use entaku::grants::allocation::evaluate;
use entaku::grants::allocation::inputs::Inputs;
use entaku::grants::allocation::outcome::Line;
use entaku::grants::allocation::rule::Rule;
use sqlx::Row;

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

story!(RULE_DRAFT, "280-grant-rule-draft");
story!(RULE_ENACT, "281-grant-rule-enact");
story!(DECLARE, "282-grant-declaration-record");
story!(RUN_CREATE, "283-grant-run-create");
story!(RUN_APPROVE, "284-grant-run-approve");
story!(RUN_READ, "285-grant-run-read");
story!(RUN_PUBLISH, "288-grant-run-publish");
story!(COMPARE, "286-grant-comparison-create");
story!(EXPLAIN, "287-grant-allocation-explain");

/// A town with a programme of 10,000,000 yen and two organizations whose districts have statistics.
pub(super) struct Office {
    pub(super) town: Town,
    pub(super) staff: Client,
    pub(super) approver: Client,
    pub(super) districts: Vec<String>,
    pub(super) organizations: Vec<String>,
    pub(super) programme: String,
}

impl Office {
    pub(super) async fn new() -> Self {
        Self::of(Town::new().await).await
    }

    pub(super) async fn of(town: Town) -> Self {
        let staff = town.staff(Role::GrantStaff).await;
        let programme = programme(&town, &staff, 10_000_000).await;
        let (mut districts, mut organizations) = (Vec::new(), Vec::new());
        for (name, population, households) in [("青葉の会", 310, 120), ("若葉の会", 240, 85)] {
            let (district, organization) = active(&staff, name).await;
            statistic(&staff, &district, population, households).await;
            districts.push(district);
            organizations.push(organization);
        }
        let approver = town.staff(Role::Approver).await;
        Self { town, staff, approver, districts, organizations, programme }
    }

    /// An organization more, with the same numbers as 青葉の会.
    pub(super) async fn joined_by(&self, name: &str) {
        let (district, _) = active(&self.staff, name).await;
        statistic(&self.staff, &district, 310, 120).await;
    }

    /// 九戸村's by-law with a rate by households.
    pub(super) fn rule(rate: &str) -> Value {
        let statistic = |key: &str, label: &str, unit: &str, field: &str| {
            json!({"key": key, "label": label, "type": "NUMBER", "unit": unit, "of": "BODY", "source": {"statistic": field},
                "asOf": {"month": 4, "day": 1, "yearOffset": 0, "missing": "REFUSE"}})
        };
        let term = |key: &str, label: &str, article: &str, kind: Value| json!({"key": key, "label": label, "legalReference": article, "kind": kind});
        json!({"format": 1,
        "metrics": [statistic("households", "世帯数", "世帯", "HOUSEHOLDS"), statistic("population", "人口", "人", "POPULATION")],
        "terms": [
            term("equal", "均等割", "第4条第1号", json!({"fixed": {"yen": 500_000}})),
            term("households", "世帯割", "第4条第2号", json!({"perUnit": {"metric": "households", "yen": rate}})),
            term("population", "人口割", "第4条第3号", json!({"perUnit": {"metric": "population", "yen": "1600"}})),
        ]})
    }

    pub(super) async fn draft(&self, rule: &Value, year: i32) -> Answer {
        let input = json!({"title": "交付要綱", "fromFiscalYear": year, "rule": rule});
        self.staff.run(RULE_DRAFT, json!({ "input": input })).await
    }

    pub(super) async fn enacted(&self, rate: &str) -> String {
        let id = text(&self.draft(&Self::rule(rate), 2026).await.data()["grantRuleDraft"]["id"]);
        self.approver.run(RULE_ENACT, json!({"id": id})).await.data();
        id
    }

    pub(super) async fn calculate(&self, rule: &str, kind: &str, more: &Value) -> Answer {
        let mut input = json!({"programmeId": self.programme, "ruleId": rule, "kind": kind, "title": "算定"});
        for (name, value) in more.as_object().expect("fields") {
            input[name] = value.clone();
        }
        self.staff.run(RUN_CREATE, json!({ "input": input })).await
    }

    pub(super) async fn run(&self, rule: &str, kind: &str) -> String {
        text(&self.calculate(rule, kind, &json!({})).await.data()["grantRunCreate"]["id"])
    }

    pub(super) async fn approved(&self, rule: &str) -> String {
        let id = self.run(rule, "REAL").await;
        self.approver.run(RUN_APPROVE, json!({"id": id})).await.data();
        id
    }

    /// The programme and what a run found are everybody's from now on.
    pub(super) async fn made_public(&self, run: &str) {
        self.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": self.programme})).await.data();
        self.staff.run(RUN_PUBLISH, json!({"id": run})).await.data();
    }

    async fn amounts(&self, run: &str) -> Vec<(String, i64)> {
        let read = self.staff.run(RUN_READ, json!({"id": run, "first": 100})).await.data();
        let line = |n: &Value| (text(&n["name"]), n["amountYen"].as_i64().expect("yen"));
        read["grantRun"]["lines"]["nodes"].as_array().expect("lines").iter().map(line).collect()
    }

    async fn allocations(&self) -> Vec<Value> {
        let query = "query($id: ID!) { grantProgramme(id: $id) { allocations(first: 100) { nodes { id amountYen basis
            organization { name } calculation { id } ledgerAccounts { kind balanceYen } } } } }";
        let data = self.staff.run(query, json!({"id": self.programme})).await.data();
        data["grantProgramme"]["allocations"]["nodes"].as_array().expect("allocations").clone()
    }
}

async fn active(staff: &Client, name: &str) -> (String, String) {
    let make =
        "mutation($name: String!) { districtCreate(input: {name: $name, nameKana: \"ちく\", areaUnit: OAZA}) { id } }";
    let district =
        text(&staff.run(make, json!({"name": format!("{name}の地区")})).await.data()["districtCreate"]["id"]);
    let make =
        "mutation($name: String!, $district: ID!) { organizationCreate(input: {districtId: $district, name: $name,
        nameKana: \"かい\", kind: AUTONOMOUS_ORGANIZATION, stage: ACTIVE, foundedOn: \"2010-04-01\"}) { id } }";
    let organization = staff.run(make, json!({"name": name, "district": district})).await.data();
    (district, text(&organization["organizationCreate"]["id"]))
}

pub(super) async fn statistic(staff: &Client, district: &str, population: i32, households: i32) {
    let make = "mutation($input: DistrictStatisticRecordInput!) { districtStatisticRecord(input: $input) { id } }";
    let input = json!({"districtId": district, "asOf": "2026-04-01", "population": population, "households": households,
        "aged65": 100, "aged75": 50, "areaSquareMetres": 1000, "source": "住民基本台帳"});
    staff.run(make, json!({ "input": input })).await.data();
}

#[tokio::test]
async fn a_by_law_becomes_allocations_to_the_yen_and_tells_how() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.run(&rule, "REAL").await;
    let expected = [("若葉の会".to_owned(), 1_224_000), ("青葉の会".to_owned(), 1_476_000)];
    let mut found = o.amounts(&run).await;
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(o.allocations().await.len(), 0, "nothing is allocated before the approval");
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    o.made_public(&run).await;
    let allocations = o.allocations().await;
    assert_eq!(allocations.len(), 2);
    let own = allocations.iter().find(|a| a["organization"]["name"] == "青葉の会").expect("an allocation");
    assert_eq!(own["ledgerAccounts"][0]["balanceYen"], 1_476_000);
    let told = o.town.public().run(EXPLAIN, json!({"id": own["id"]})).await;
    assert_eq!(told.statements, 1, "an explanation is one statement");
    let terms = told.data()["grantAllocation"]["calculation"]["terms"].clone();
    let sum: i64 = terms.as_array().expect("terms").iter().map(|t| t["amountYen"].as_i64().expect("yen")).sum();
    assert_eq!(sum, 1_476_000);
    assert_eq!(terms[1]["label"], "世帯割");
    assert_eq!(terms[1]["legalReference"], "第4条第2号");
    assert_eq!(terms[1]["expression"], "4,000円 × 120世帯 = 480,000円");
    assert_eq!(
        terms[1]["inputs"],
        json!([{"name": "世帯数", "value": "120世帯", "asOf": "2026-04-01", "source": "住民基本台帳"}])
    );
}

#[tokio::test]
async fn errors_in_a_rule_stand_at_their_place_and_nothing_is_written() {
    let o = Office::new().await;
    let mut rule = Office::rule("4000");
    rule["terms"][1]["kind"]["perUnit"]["metric"] = json!("lamps");
    rule["terms"][2]["key"] = json!("equal");
    let refused = o.draft(&rule, 2026).await.expect_code("INVALID_INPUT/RULE");
    let fields = &refused.body["errors"][0]["extensions"]["fields"];
    let told: Vec<_> =
        fields.as_array().expect("fields").iter().map(|f| (text(&f["path"]), text(&f["rule"]))).collect();
    assert!(told.contains(&("input.rule.terms[1].kind.perUnit.metric".into(), "MISSING".into())), "{told:?}");
    assert!(told.contains(&("input.rule.terms[2].key".into(), "DUPLICATE".into())), "{told:?}");
    let elsewhere = Office::new().await;
    for district in ["国津", &elsewhere.districts[0]] {
        let mut rule = Office::rule("4000");
        rule["terms"][0]["weights"] =
            json!([{"district": o.districts[0], "weight": "1"}, {"district": district, "weight": "2"}]);
        rule["terms"][0]["rounding"] = json!({"mode": "FLOOR", "unit": "1"});
        let refused = o.draft(&rule, 2026).await.expect_code("INVALID_INPUT/RULE");
        assert_eq!(
            refused.body["errors"][0]["extensions"]["fields"][0]["path"],
            "input.rule.terms[0].weights[1].district"
        );
    }
    for yen in [json!(4000), json!("4,000"), json!("1/0"), json!("1e9")] {
        let mut rule = Office::rule("4000");
        rule["terms"][1]["kind"]["perUnit"]["yen"] = yen;
        assert_ne!(o.draft(&rule, 2026).await.code(), "(none)");
    }
    let query = "{ grantRules(first: 10) { totalCount } }";
    assert_eq!(o.staff.run(query, json!({})).await.data()["grantRules"]["totalCount"], 0);
}

#[tokio::test]
async fn a_run_says_all_that_is_missing_and_of_whom() {
    let o = Office::new().await;
    let mut rule = Office::rule("4000");
    let lamps = json!({"key": "lamps", "label": "防犯灯", "type": "NUMBER", "unit": "灯", "of": "BODY",
        "source": {"declaration": "防犯灯"}, "asOf": {"month": 3, "day": 31, "yearOffset": 0, "missing": "LATEST_BEFORE"}});
    rule["metrics"].as_array_mut().expect("metrics").push(lamps);
    let term = json!({"key": "lamps", "label": "防犯灯割", "legalReference": "第4条第4号",
        "kind": {"perUnit": {"metric": "lamps", "yen": "1200"}}, "rounding": {"mode": "FLOOR", "unit": "1"}});
    rule["terms"].as_array_mut().expect("terms").push(term);
    let id = text(&o.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
    let refused = o.calculate(&id, "WHAT_IF", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    let fields = refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").clone();
    assert_eq!(fields.len(), 2);
    assert!(fields.iter().all(|f| f["path"] == "rule.terms[3]" && f["rule"] == "METRIC_MISSING"), "{fields:?}");
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let lamps = |organization: &str, count: &str, day: &str| json!({"input": {"organizationId": organization, "item": "防犯灯", "asOf": day, "number": count, "source": "請求書"}});
    officer.run(DECLARE, lamps(&o.organizations[0], "24", "2026-03-31")).await.data();
    officer.run(DECLARE, lamps(&o.organizations[0], "25", "2026-03-31")).await.data();
    officer.run(DECLARE, lamps(&o.organizations[0], "99", "2026-04-01")).await.data();
    officer.run(DECLARE, lamps(&o.organizations[1], "1", "2026-03-31")).await.expect_code("NOT_FOUND");
    officer.run(DECLARE, lamps(&o.organizations[0], "-1", "2026-03-31")).await.expect_code("INVALID_INPUT");
    o.staff.run(DECLARE, lamps(&o.organizations[1], "10", "2025-03-31")).await.data();
    let run = o.run(&id, "WHAT_IF").await;
    let mut found = o.amounts(&run).await;
    found.sort();
    assert_eq!(
        found,
        [("若葉の会".to_owned(), 1_236_000), ("青葉の会".to_owned(), 1_506_000)],
        "the last correction of the day counts"
    );
}

#[tokio::test]
async fn z20_who_drafts_does_not_enact_and_who_runs_does_not_approve() {
    let o = Office::new().await;
    let (account, both) = o.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
    o.town.appoint(account, Role::Approver, ScopeKind::Municipality, None).await;
    let input = json!({"title": "兼務の要綱", "fromFiscalYear": 2026, "rule": Office::rule("4000")});
    let rule = text(&both.run(RULE_DRAFT, json!({ "input": input })).await.data()["grantRuleDraft"]["id"]);
    both.run(RULE_ENACT, json!({"id": rule})).await.expect_code("FORBIDDEN/DUTIES_APART");
    o.staff.run(RULE_ENACT, json!({"id": rule})).await.expect_code("FORBIDDEN");
    o.approver.run(RULE_ENACT, json!({"id": rule})).await.data();
    o.approver.run(RULE_ENACT, json!({"id": rule})).await.expect_code("CONFLICT/STATE");
    let input = json!({"programmeId": o.programme, "ruleId": rule, "kind": "REAL", "title": "算定"});
    o.approver.run(RUN_CREATE, json!({ "input": input })).await.expect_code("FORBIDDEN");
    let run = text(&both.run(RUN_CREATE, json!({ "input": input })).await.data()["grantRunCreate"]["id"]);
    both.run(RUN_APPROVE, json!({"id": run})).await.expect_code("FORBIDDEN/DUTIES_APART");
    o.staff.run(RUN_APPROVE, json!({"id": run})).await.expect_code("FORBIDDEN");
    let mut database = inside(&o.town, "entaku_app").await;
    let own = account.0;
    for sql in [
        format!(
            "UPDATE grant_runs SET state = 'APPROVED', approved_on = '2026-05-20', approved_by = run_by WHERE run_by = '{own}'"
        ),
        "UPDATE grant_runs SET total_yen = 1".to_owned(),
        "UPDATE grant_rules SET document = '{}'".to_owned(),
        "UPDATE grant_run_lines SET amount_yen = 1".to_owned(),
        "DELETE FROM grant_run_lines".to_owned(),
    ] {
        assert!(attempt(&mut database, &sql).await.is_err(), "{sql}");
    }
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/STATE");
    for sql in ["UPDATE grant_runs SET approved_by = NULL", "UPDATE grant_allocations SET amount_yen = amount_yen + 1"]
    {
        assert!(attempt(&mut database, sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn m8_a_correction_is_a_new_run_that_shows_its_difference() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let first = o.approved(&rule).await;
    let by_hand = allocate(&o.staff, &o.programme, &o.organizations[0], 1).await;
    by_hand.expect_code("CONFLICT/FROZEN");
    let newer = o.enacted("5000").await;
    o.calculate(&rule, "REAL", &json!({})).await.expect_code("CONFLICT/RULE_SUPERSEDED");
    let made = o.calculate(&newer, "REAL", &json!({"title": "訂正"})).await.data()["grantRunCreate"].clone();
    assert_eq!(made["corrects"]["id"], json!(first));
    assert_eq!(made["comparisons"]["nodes"][0]["differenceYen"], 205_000);
    let other = o.run(&newer, "REAL").await;
    o.approver.run(RUN_APPROVE, json!({"id": made["id"]})).await.data();
    o.approver.run(RUN_APPROVE, json!({"id": other})).await.expect_code("CONFLICT/RUN_OUTDATED");
    let mut amounts: Vec<i64> = o.allocations().await.iter().map(|a| a["amountYen"].as_i64().expect("yen")).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [1_309_000, 1_596_000]);
    let only = json!({"organizationIds": [o.organizations[0]]});
    let made = o.calculate(&newer, "REAL", &only).await.data()["grantRunCreate"].clone();
    o.approver.run(RUN_APPROVE, json!({"id": made["id"]})).await.data();
    let mut amounts: Vec<i64> = o.allocations().await.iter().map(|a| a["amountYen"].as_i64().expect("yen")).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [0, 1_596_000], "who is no longer in the run has nothing");
    let query = "query($id: ID!) { grantProgramme(id: $id) { ledgerAccounts { balanceYen } } }";
    let left = o.staff.run(query, json!({"id": o.programme})).await.data();
    assert_eq!(left["grantProgramme"]["ledgerAccounts"][0]["balanceYen"], 10_000_000 - 1_596_000);
}

#[tokio::test]
async fn m4_a_run_beyond_the_budget_or_below_a_decision_allocates_nothing() {
    let o = Office::new().await;
    let rule = o.enacted("90000").await;
    let run = o.run(&rule, "REAL").await;
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/ALLOCATION_SHORT");
    assert_eq!(o.allocations().await.len(), 0);
    let rule = o.enacted("4000").await;
    o.approved(&rule).await;
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": o.programme})).await.data();
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let input = json!({"programmeId": o.programme, "organizationId": o.organizations[0], "title": "居場所づくり",
        "purpose": "週1回、居場所を開く。", "requestedYen": 1_476_000});
    let id = text(&officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"]["id"]);
    officer.run(SUBMIT, json!({"id": id})).await.data();
    o.staff.run(REVIEW_START, json!({"id": id})).await.data();
    o.staff.run(RECOMMEND, opinion(&id, 1_476_000)).await.data();
    o.approver.run(DECIDE, opinion(&id, 1_476_000)).await.data();
    let rule = o.enacted("3000").await;
    let run = o.run(&rule, "REAL").await;
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/ALLOCATION_SHORT");
    assert_eq!(
        o.allocations().await.iter().filter(|a| a["amountYen"] == 1_476_000).count(),
        1,
        "nothing is half-written"
    );
}

#[tokio::test]
async fn a_what_if_run_is_never_real_and_is_compared_by_organization_and_term() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let first = o.approved(&rule).await;
    let draft = text(&o.draft(&Office::rule("3000"), 2027).await.data()["grantRuleDraft"]["id"]);
    o.calculate(&draft, "REAL", &json!({})).await.expect_code("CONFLICT/RULE_NOT_IN_FORCE");
    let more = json!({"budgetYen": 5_000_000, "suppositions": [
        {"metric": "population", "times": "0.9"}, {"metric": "population", "organizationId": o.organizations[1], "value": "1240"}]});
    let refused = o.calculate(&rule, "REAL", &more).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "WHAT_IF_ONLY");
    let wrong = json!({"suppositions": [{"metric": "lamps", "times": "2"}, {"metric": "population"}]});
    let refused = o.calculate(&draft, "WHAT_IF", &wrong).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["path"], "input.suppositions[0].metric");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][1]["rule"], "ONE_OF");
    let supposed = text(&o.calculate(&draft, "WHAT_IF", &more).await.data()["grantRunCreate"]["id"]);
    let mut found = o.amounts(&supposed).await;
    found.sort();
    assert_eq!(found, [("若葉の会".to_owned(), 2_739_000), ("青葉の会".to_owned(), 1_306_400)]);
    o.approver.run(RUN_APPROVE, json!({"id": supposed})).await.expect_code("CONFLICT/WHAT_IF");
    let compare = json!({"runId": supposed, "baseId": first});
    let made = o.staff.run(COMPARE, compare.clone()).await.data()["grantComparisonCreate"].clone();
    assert_eq!((made["winners"].as_i64(), made["losers"].as_i64()), (Some(1), Some(1)));
    assert_eq!(made["differenceYen"], 1_345_400);
    let term = |label: &str| {
        made["terms"].as_array().expect("terms").iter().find(|t| t["label"] == label).expect("a term").clone()
    };
    assert_eq!(term("世帯割")["differenceYen"], -205_000);
    assert_eq!(term("人口割")["differenceYen"], 1_550_400);
    let svg = text(&made["chartSvg"]);
    assert!(svg.starts_with("<svg") && svg.contains("若葉の会: +1,515,000円") && svg.contains("青葉の会: -169,600円"));
    let again = o.staff.run(COMPARE, compare).await.data()["grantComparisonCreate"].clone();
    assert_eq!(again["id"], made["id"]);
    o.staff.run(COMPARE, json!({"runId": first, "baseId": first})).await.expect_code("INVALID_INPUT");
    o.made_public(&first).await;
    let public = o.town.public();
    assert_eq!(public.run(RUN_READ, json!({"id": supposed})).await.data()["grantRun"], json!(null));
    assert_eq!(public.run(RUN_READ, json!({"id": first})).await.data()["grantRun"]["state"], "APPROVED");
}

/// What is kept of a run gives the same run again.
#[tokio::test]
async fn a_run_is_replayed_from_what_is_kept_of_it() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let run = o.approved(&rule).await;
    let mut database = inside(&o.town, "entaku_app").await;
    let id = decode(&run).expect("an id").1;
    let kept = sqlx::query(
        "SELECT r.inputs, r.inputs_hash, r.rule_hash, v.document FROM grant_runs r JOIN grant_rules v ON v.id = r.rule_id WHERE r.id = $1",
    );
    let kept = kept.bind(id).fetch_one(&mut database).await.expect("a run");
    let (inputs, document): (String, String) = (kept.get("inputs"), kept.get("document"));
    assert_eq!(entaku::kernel::keys::sha256(inputs.as_bytes()), kept.get::<String, _>("inputs_hash"));
    assert_eq!(entaku::kernel::keys::sha256(document.as_bytes()), kept.get::<String, _>("rule_hash"));
    let inputs: Inputs = serde_json::from_str(&inputs).expect("inputs");
    let rule: Rule = serde_json::from_str(&document).expect("a rule");
    statistic_later(&o).await;
    let outcome = evaluate(&rule, &inputs).expect("an outcome");
    for row in sqlx::query("SELECT organization_id, amount_yen, terms FROM grant_run_lines WHERE run_id = $1")
        .bind(id)
        .fetch_all(&mut database)
        .await
        .expect("lines")
    {
        let key = entaku::kernel::id::encode("org", row.get("organization_id"));
        let body = outcome.bodies.iter().find(|body| body.key == key).expect("a body");
        assert_eq!(body.amount.0, row.get::<i64, _>("amount_yen"));
        let lines: Vec<Line> = serde_json::from_str(&row.get::<String, _>("terms")).expect("lines");
        assert_eq!(body.lines, lines);
    }
}

/// Other numbers come in after the run; they change nothing of it.
async fn statistic_later(o: &Office) {
    let make = "mutation($input: DistrictStatisticRecordInput!) { districtStatisticRecord(input: $input) { id } }";
    let input = json!({"districtId": o.districts[0], "asOf": "2026-04-02", "population": 1, "households": 1, "aged65": 0,
        "aged75": 0, "areaSquareMetres": 1000, "source": "訂正"});
    o.staff.run(make, json!({ "input": input })).await.data();
}

/// A run takes as many statements for two organizations as for twelve.
#[tokio::test]
async fn a_run_takes_the_same_statements_for_any_number_of_organizations() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let input = json!({"input": {"programmeId": o.programme, "ruleId": rule, "kind": "WHAT_IF", "title": "算定"}});
    let few = o.staff.statements(RUN_CREATE, input.clone()).await;
    for n in 0..10 {
        let (district, _) = active(&o.staff, &format!("会{n}")).await;
        statistic(&o.staff, &district, 100, 40).await;
    }
    assert_eq!(o.staff.statements(RUN_CREATE, input).await, few);
}
