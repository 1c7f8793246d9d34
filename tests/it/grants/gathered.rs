//! What a run is made from besides the districts' numbers: the year before, as a run of it was approved; what is declared
//! of the municipality as a whole; organizations that were split; and a budget that is supposed.

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

mod predecessors;

story!(RULE_ENACT, "281-grant-rule-enact");
story!(DECLARE, "282-grant-declaration-record");
story!(RUN_APPROVE, "284-grant-run-approve");
story!(RUN_READ, "285-grant-run-read");
story!(COMPARE, "286-grant-comparison-create");

impl Office {
    async fn in_force(&self, rule: &Value, year: i32) -> String {
        let id = text(&self.draft(rule, year).await.data()["grantRuleDraft"]["id"]);
        self.approver.run(RULE_ENACT, json!({"id": id})).await.data();
        id
    }

    async fn read(&self, run: &str) -> Value {
        self.staff.run(RUN_READ, json!({"id": run, "first": 100})).await.data()["grantRun"].clone()
    }

    /// Names and yen of a run, sorted.
    async fn yen(&self, run: &str) -> Vec<(String, i64)> {
        let read = self.read(run).await;
        let line = |n: &Value| (text(&n["name"]), n["amountYen"].as_i64().expect("yen"));
        let mut lines: Vec<_> = read["lines"]["nodes"].as_array().expect("lines").iter().map(line).collect();
        lines.sort();
        lines
    }
}

fn found(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(name, yen)| ((*name).to_owned(), *yen)).collect()
}

/// The change from the year before is limited to a tenth more and a twentieth less.
fn limited(rate: &str) -> Value {
    let mut rule = Office::rule(rate);
    for metric in rule["metrics"].as_array_mut().expect("metrics") {
        metric["asOf"]["missing"] = json!("LATEST_BEFORE");
    }
    rule["adjustments"] = json!([{"key": "limit", "label": "激変緩和", "legalReference": "附則第2項",
        "kind": {"changeLimit": {"increase": "0.1", "decrease": "0.05", "firstFiscalYear": 2027, "years": 3}},
        "rounding": {"mode": "HALF_UP", "unit": "1"}}]);
    rule
}

#[tokio::test]
async fn the_change_from_last_years_approved_run_is_limited() {
    let mut o = Office::new().await;
    let rule = o.enacted("4000").await;
    o.approved(&rule).await;
    let first = o.programme.clone();
    o.joined_by("三葉の会").await;
    let sections = o.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
    input["input"]["fiscalYear"] = json!(2027);
    o.programme = text(&o.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    let rule = o.in_force(&limited("2000"), 2027).await;
    let after = json!({ "previousProgrammeId": first });
    // Which year was before is the programme's, not whoever calculates: nothing vanishes by leaving it out.
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    let field = &refused.body["errors"][0]["extensions"]["fields"][0];
    assert_eq!((&field["path"], &field["rule"]), (&json!("rule.adjustments[0]"), &json!("PREVIOUS_MISSING")));
    assert!(refused.text.contains("激変緩和"), "{}", refused.text);
    let refused = o.calculate(&rule, "REAL", &after).await.expect_code("INVALID_INPUT");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "NOT_PREDECESSOR");
    let supposed = o.calculate(&rule, "WHAT_IF", &json!({})).await.data();
    assert_eq!(o.compared(&supposed["grantRunCreate"]["id"]).await, (json!(null), json!(["激変緩和"])));
    o.years(json!({ "previousProgrammeId": first })).await.data();
    let run = text(&o.calculate(&rule, "REAL", &json!({})).await.data()["grantRunCreate"]["id"]);
    assert_eq!(o.compared(&json!(run)).await, (json!({ "id": first }), json!([])));
    assert_eq!(o.calculate(&rule, "REAL", &after).await.code(), "(none)", "who names it says nothing else");
    // 青葉: 500,000 + 120 × 2,000 + 310 × 1,600 = 1,236,000 < 1,476,000 × 0.95 = 1,402,200
    // 若葉: 500,000 + 85 × 2,000 + 240 × 1,600 = 1,054,000 < 1,224,000 × 0.95 = 1,162,800
    // 三葉: as 青葉, and nothing in the year before
    let less = found(&[("三葉の会", 1_236_000), ("若葉の会", 1_162_800), ("青葉の会", 1_402_200)]);
    assert_eq!(o.yen(&run).await, less);
    let read = o.read(&run).await;
    let line = read["lines"]["nodes"].as_array().expect("lines").iter().find(|n| n["name"] == "青葉の会").expect("it");
    let limit = line["terms"].as_array().expect("terms").last().expect("a term").clone();
    assert_eq!((&limit["label"], &limit["amountYen"]), (&json!("激変緩和"), &json!(166_200)));
    let source = json!([{"name": "前年度の額", "value": "1,476,000円", "asOf": "2026-05-20",
        "source": "「地域づくり交付金」の配分額"}]);
    assert_eq!(limit["inputs"], source);
    // A tenth more at most: 若葉 500,000 + 85 × 8,000 + 384,000 = 1,564,000 > 1,224,000 × 1.1 = 1,346,400
    let more = o.in_force(&limited("8000"), 2027).await;
    let run = text(&o.calculate(&more, "WHAT_IF", &after).await.data()["grantRunCreate"]["id"]);
    // 三葉: 500,000 + 120 × 8,000 + 496,000 = 1,956,000; 青葉: 1,476,000 × 1.1 = 1,623,600
    assert_eq!(o.yen(&run).await, found(&[("三葉の会", 1_956_000), ("若葉の会", 1_346_400), ("青葉の会", 1_623_600)]));
    let run = o.run(&more, "WHAT_IF").await;
    assert_eq!(o.yen(&run).await, found(&[("三葉の会", 1_956_000), ("若葉の会", 1_346_400), ("青葉の会", 1_623_600)]));
}

/// A first year says so itself; another predecessor since the calculation needs a new one.
#[tokio::test]
async fn a_year_before_that_there_is_not_is_said_to_be_none() {
    let mut o = Office::new().await;
    let earlier = o.programme.clone();
    o.joined_by("三葉の会").await;
    let sections = o.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
    let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
    input["input"]["fiscalYear"] = json!(2027);
    o.programme = text(&o.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
    let rule = o.in_force(&limited("2000"), 2027).await;
    // A predecessor of which nothing is settled is none; what is set by hand counts once it is public.
    allocate(&o.staff, &earlier, &o.organizations[0], 1_476_000).await.data();
    o.years(json!({ "previousProgrammeId": earlier })).await.data();
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "PREVIOUS_MISSING");
    let both = o.years(json!({ "previousProgrammeId": earlier, "firstYear": true })).await;
    assert_eq!(both.expect_code("INVALID_INPUT").body["errors"][0]["extensions"]["fields"][0]["rule"], "EXCLUSIVE");
    o.years(json!({ "firstYear": true })).await.data();
    let run = o.run(&rule, "REAL").await;
    assert_eq!(o.compared(&json!(run)).await, (json!(null), json!(["激変緩和"])));
    assert_eq!(o.yen(&run).await, found(&[("三葉の会", 1_236_000), ("若葉の会", 1_054_000), ("青葉の会", 1_236_000)]));
    o.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({ "id": earlier })).await.data();
    o.years(json!({ "previousProgrammeId": earlier })).await.data();
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.expect_code("CONFLICT/PREVIOUS_CHANGED");
    let tasks = o.approver.run("{ viewer { tasks { nodes { act } } } }", json!({})).await;
    assert!(!tasks.text.contains("grantRunApprove"), "nobody is asked: {}", tasks.text);
    let mut database = inside(&o.town, "entaku_app").await;
    for sql in [
        "UPDATE grant_runs SET state = 'APPROVED', approved_on = '2026-05-20'".to_owned(),
        "UPDATE grant_programmes SET first_year = true WHERE previous_id IS NOT NULL".to_owned(),
    ] {
        assert!(attempt(&mut database, &sql).await.is_err(), "{sql}");
    }
    let run = o.approved(&rule).await;
    let less = found(&[("三葉の会", 1_236_000), ("若葉の会", 1_054_000), ("青葉の会", 1_402_200)]);
    assert_eq!(o.yen(&run).await, less, "only 青葉の会 had an amount");
}

impl Office {
    /// A programme of the year after, and the one before it.
    async fn the_year_after(&mut self) -> (String, String) {
        let sections = self.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
        input["input"]["fiscalYear"] = json!(2027);
        let later = text(&self.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
        let earlier = std::mem::replace(&mut self.programme, later.clone());
        (earlier, later)
    }

    /// Says only which year was before, of terms that are as they come.
    async fn only_the_year(&self, which: Value) -> Answer {
        let mut input = json!({"surplusRule": "RETURN", "repaymentDays": 20});
        for (name, value) in which.as_object().expect("fields") {
            input[name] = value.clone();
        }
        let set = "mutation($id: ID!, $input: GrantProgrammeTermsInput!) { grantProgrammeTermsSet(id: $id, input: $input) { id } }";
        self.staff.run(set, json!({ "id": self.programme, "input": input })).await
    }
}

/// A programme that was public before anybody had to say which year was before it.
#[tokio::test]
async fn a_public_programme_says_once_which_year_was_before() {
    let mut o = Office::new().await;
    let rule = o.enacted("4000").await;
    o.approved(&rule).await;
    let (earlier, later) = o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    let publisher = o.town.staff(Role::GrantStaff).await;
    publisher.run(PROGRAMME_PUBLISH, json!({ "id": later })).await.data();
    o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    let named = json!({ "previousProgrammeId": earlier });
    for more in [json!({"repaymentDays": 21}), json!({"surplusRule": "CARRY_OVER"}), json!({"byLaw": "交付要綱"})] {
        let mut both = named.clone();
        both.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        o.only_the_year(both).await.expect_code("CONFLICT/STATE");
    }
    o.only_the_year(json!({})).await.expect_code("CONFLICT/STATE");
    o.only_the_year(named.clone()).await.data();
    o.only_the_year(named).await.expect_code("CONFLICT/STATE");
    let mut database = inside(&o.town, "entaku_app").await;
    let sql = "UPDATE grant_programmes SET previous_id = NULL WHERE state = 'PUBLISHED'";
    assert_eq!(attempt(&mut database, sql).await, Err("23514".to_owned()));
    let run = o.approved(&rule).await;
    assert_eq!(o.compared(&json!(run)).await, (json!({ "id": earlier }), json!([])));
}

/// Nobody publishes what is calculated by a year before that it does not name.
#[tokio::test]
async fn a_programme_that_looks_back_at_nothing_is_not_published() {
    let mut o = Office::new().await;
    let (earlier, later) = o.the_year_after().await;
    o.in_force(&limited("2000"), 2027).await;
    o.years(json!({})).await.data();
    let publisher = o.town.staff(Role::GrantStaff).await;
    let refused = publisher.run(PROGRAMME_PUBLISH, json!({ "id": later })).await;
    assert!(refused.expect_code("CONFLICT/PREVIOUS_MISSING").text.contains("激変緩和"));
    o.years(json!({ "previousProgrammeId": earlier })).await.data();
    publisher.run(PROGRAMME_PUBLISH, json!({ "id": later })).await.data();
}

/// What was corrected of the year before is not what a run was compared with.
#[tokio::test]
async fn amounts_of_the_year_before_that_were_corrected_need_a_new_calculation() {
    let mut o = Office::new().await;
    let rule = o.enacted("4000").await;
    o.approved(&rule).await;
    let (earlier, later) = o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "previousProgrammeId": earlier })).await.data();
    let run = o.run(&rule, "REAL").await;
    let corrected = o.in_force(&Office::rule("3000"), 2026).await;
    o.programme.clone_from(&earlier);
    o.approved(&corrected).await;
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.expect_code("CONFLICT/PREVIOUS_CHANGED");
    let tasks = o.approver.run("{ viewer { tasks { nodes { act } } } }", json!({})).await;
    assert!(!tasks.text.contains("grantRunApprove"), "nobody is asked: {}", tasks.text);
    let mut database = inside(&o.town, "entaku_app").await;
    let sql = "UPDATE grant_runs SET state = 'APPROVED', approved_on = '2026-05-20' WHERE state = 'CALCULATED'";
    assert_eq!(attempt(&mut database, sql).await, Err("23514".to_owned()));
    o.programme = later;
    // 青葉: 500,000 + 120 × 3,000 + 496,000 = 1,356,000, × 0.95 = 1,288,200
    let run = o.approved(&rule).await;
    assert!(o.yen(&run).await.contains(&("青葉の会".to_owned(), 1_288_200)));
}

/// What was compared with nothing is approved in a first year only.
#[tokio::test]
async fn nobody_is_asked_for_a_first_year_that_is_none_any_more() {
    let mut o = Office::new().await;
    o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "firstYear": true })).await.data();
    let run = o.run(&rule, "REAL").await;
    let tasks = "{ viewer { tasks { nodes { act } } } }";
    assert!(o.approver.run(tasks, json!({})).await.text.contains("grantRunApprove"));
    o.years(json!({ "firstYear": false })).await.data();
    let asked = o.approver.run(tasks, json!({})).await;
    assert!(!asked.text.contains("grantRunApprove"), "{}", asked.text);
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.expect_code("CONFLICT/PREVIOUS_CHANGED");
}

/// What an approved run was compared with stays, by the program and by the database.
#[tokio::test]
async fn the_year_before_of_an_approved_run_is_not_changed_under_it() {
    let mut o = Office::new().await;
    o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "firstYear": true })).await.data();
    let run = o.run(&rule, "REAL").await;
    o.approver.run(RUN_APPROVE, json!({ "id": run })).await.data();
    o.years(json!({ "firstYear": false })).await.expect_code("CONFLICT/RUN_APPROVED");
    o.years(json!({ "firstYear": true })).await.data();
    let id = decode(o.programme.as_str()).expect("an id").1;
    let mut app = inside(&o.town, "entaku_app").await;
    let change = format!("UPDATE grant_programmes SET first_year = false WHERE id = '{id}'");
    assert_eq!(attempt(&mut app, &change).await, Err("23514".into()));
}

impl Office {
    /// Lays down which year was before the programme.
    async fn years(&self, which: Value) -> Answer {
        let mut input = json!({"surplusRule": "RETURN", "repaymentDays": 20, "byLaw": "交付要綱"});
        for (name, value) in which.as_object().expect("fields") {
            input[name] = value.clone();
        }
        let set = "mutation($id: ID!, $input: GrantProgrammeTermsInput!) { grantProgrammeTermsSet(id: $id, input: $input) { id } }";
        self.staff.run(set, json!({ "id": self.programme, "input": input })).await
    }

    /// With which programme a run was compared, and what of it with none.
    async fn compared(&self, run: &Value) -> (Value, Value) {
        let read = "query($id: ID!) { grantRun(id: $id) { previousProgramme { id } notCompared } }";
        let run = self.staff.run(read, json!({ "id": run })).await.data()["grantRun"].clone();
        (run["previousProgramme"].clone(), run["notCompared"].clone())
    }
}

/// The municipality's own number is the sum of all districts of one unit, or it is none.
#[tokio::test]
async fn a_district_without_statistics_makes_nobodys_share_greater() {
    let o = Office::new().await;
    let statistic = |key: &str, of: &str| {
        json!({"key": key, "label": "人口", "type": "NUMBER", "unit": "人", "of": of,
            "source": {"statistic": "POPULATION"}})
    };
    let rule = json!({"format": 1, "metrics": [statistic("own", "BODY"), statistic("all", "MUNICIPALITY")],
        "pools": [{"key": "fund", "label": "総額", "amount": {"yen": 1_100_000}, "fullyShared": true}],
        "terms": [{"key": "size", "label": "人口割", "legalReference": "第3条", "rounding": {"mode": "FLOOR", "unit": "1"},
            "kind": {"proportionalPool": {"pool": "fund", "share": "1", "residual": "RESERVE", "metric": "own", "whole": "all"}}}]});
    let rule = o.in_force(&rule, 2026).await;
    let district = |name: &'static str, unit: &'static str| {
        let make = "mutation($name: String!, $unit: AreaUnit!) { districtCreate(input: {name: $name, nameKana: \"ちく\", areaUnit: $unit}) { id } }";
        o.staff.run(make, json!({"name": name, "unit": unit}))
    };
    // A school's district has the people of the others again.
    let school = text(&district("中央小学校区", "ELEMENTARY_SCHOOL").await.data()["districtCreate"]["id"]);
    super::calculation::statistic(&o.staff, &school, 550, 205).await;
    let run = o.run(&rule, "REAL").await;
    assert_eq!(o.yen(&run).await, found(&[("若葉の会", 480_000), ("青葉の会", 620_000)]), "240 and 310 of 550");
    // One without an organization counts, and one without a row is told by name.
    let empty = text(&district("山奥", "OAZA").await.data()["districtCreate"]["id"]);
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    let field = &refused.body["errors"][0]["extensions"]["fields"][0];
    assert_eq!((&field["path"], &field["rule"]), (&json!("rule.metrics[1]"), &json!("METRIC_MISSING")));
    assert!(refused.text.contains("山奥") && !refused.text.contains("中央小学校区"), "{}", refused.text);
    let suppose = json!({"suppositions": [{"metric": "all", "value": "1100"}]});
    let run = text(&o.calculate(&rule, "WHAT_IF", &suppose).await.data()["grantRunCreate"]["id"]);
    assert_eq!(o.yen(&run).await, found(&[("若葉の会", 240_000), ("青葉の会", 310_000)]));
    super::calculation::statistic(&o.staff, &empty, 110, 20).await;
    let run = o.run(&rule, "REAL").await;
    assert_eq!(o.yen(&run).await, found(&[("若葉の会", 400_000), ("青葉の会", 516_666)]), "of 660");
    // Organizations of both: nobody can say what the municipality is the sum of.
    let make = "mutation($district: ID!) { organizationCreate(input: {districtId: $district, name: \"中央の会\",
        nameKana: \"かい\", kind: AUTONOMOUS_ORGANIZATION, stage: ACTIVE, foundedOn: \"2010-04-01\"}) { id } }";
    o.staff.run(make, json!({ "district": school })).await.data();
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "LAYERS_MIXED");
    let only = json!({ "organizationIds": o.organizations });
    assert_eq!(o.calculate(&rule, "REAL", &only).await.code(), "(none)");
}

/// A district that was closed keeps its row: its people are counted where they are now.
#[tokio::test]
async fn people_of_a_district_that_was_closed_are_not_counted_twice() {
    let o = Office::new().await;
    let statistic = |key: &str, of: &str| {
        json!({"key": key, "label": "人口", "type": "NUMBER", "unit": "人", "of": of,
            "source": {"statistic": "POPULATION"},
            "asOf": {"month": 4, "day": 1, "yearOffset": 0, "missing": "LATEST_BEFORE"}})
    };
    let rule = json!({"format": 1, "metrics": [statistic("own", "BODY"), statistic("all", "MUNICIPALITY")],
        "pools": [{"key": "fund", "label": "総額", "amount": {"yen": 1_100_000}, "fullyShared": true}],
        "terms": [{"key": "size", "label": "人口割", "legalReference": "第3条", "rounding": {"mode": "FLOOR", "unit": "1"},
            "kind": {"proportionalPool": {"pool": "fund", "share": "1", "residual": "RESERVE", "metric": "own", "whole": "all"}}}]});
    let rule = o.in_force(&rule, 2026).await;
    let make = "mutation { districtCreate(input: {name: \"旧山奥\", nameKana: \"ちく\", areaUnit: OAZA}) { id } }";
    let closed = text(&o.staff.run(make, json!({})).await.data()["districtCreate"]["id"]);
    let record = "mutation($input: DistrictStatisticRecordInput!) { districtStatisticRecord(input: $input) { id } }";
    let of = |day: &str, people: i32| {
        json!({"input": {"districtId": closed, "asOf": day, "population": people, "households": 0, "aged65": 0, "aged75": 0,
            "areaSquareMetres": 0, "source": "住民基本台帳"}})
    };
    o.staff.run(record, of("2020-04-01", 90)).await.data();
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    let field = &refused.body["errors"][0]["extensions"]["fields"][0];
    assert_eq!((&field["path"], &field["rule"]), (&json!("rule.metrics[1]"), &json!("DAYS_MIXED")));
    assert!(refused.text.contains("旧山奥(2020-04-01)") && refused.text.contains("2026-04-01"), "{}", refused.text);
    o.staff.run(record, of("2026-04-01", 0)).await.data();
    let run = o.run(&rule, "REAL").await;
    assert_eq!(o.yen(&run).await, found(&[("若葉の会", 480_000), ("青葉の会", 620_000)]), "240 and 310 of 550");
}

/// Of one district only one has what is the district's.
#[tokio::test]
async fn an_organization_more_in_a_district_does_not_double_it() {
    let o = Office::new().await;
    let rule = o.enacted("4000").await;
    let make = "mutation($district: ID!) { organizationCreate(input: {districtId: $district, name: \"隣の会\",
        nameKana: \"かい\", kind: COMMUNITY_COUNCIL, stage: ACTIVE, foundedOn: \"2010-04-01\"}) { id } }";
    o.staff.run(make, json!({ "district": o.districts[0] })).await.data();
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    let fields = refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").clone();
    let paths: Vec<_> = fields.iter().map(|f| text(&f["path"])).collect();
    assert_eq!(paths, ["rule.terms[1]", "rule.terms[2]"], "{fields:?}");
    assert!(fields.iter().all(|f| f["rule"] == "DISTRICT_SHARED"), "{fields:?}");
    assert!(refused.text.contains("隣の会") && refused.text.contains("青葉の会"), "{}", refused.text);
    assert_eq!(o.calculate(&rule, "REAL", &json!({ "organizationIds": o.organizations })).await.code(), "(none)");
}

/// A fund that is declared of the municipality as a whole, shared to the last yen.
#[tokio::test]
async fn what_is_declared_of_the_municipality_is_shared_to_the_last_yen() {
    let o = Office::new().await;
    o.joined_by("三葉の会").await;
    let rule = json!({"format": 1,
        "metrics": [{"key": "fund", "label": "基金の取崩額", "type": "YEN", "unit": "円", "of": "MUNICIPALITY",
            "source": {"declaration": "基金の取崩額"}}],
        "pools": [{"key": "fund", "label": "基金", "amount": {"metric": "fund"}, "fullyShared": true}],
        "terms": [{"key": "equal", "label": "均等割", "legalReference": "第3条",
            "kind": {"equalPool": {"pool": "fund", "share": "1", "residual": "LARGEST_REMAINDER"}}}]});
    let id = o.in_force(&rule, 2026).await;
    let refused = o.calculate(&id, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "METRIC_MISSING");
    let fund =
        |yen: &str| json!({"input": {"item": "基金の取崩額", "asOf": "2026-04-01", "number": yen, "source": "予算書"}});
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    officer.run(DECLARE, fund("9000000")).await.expect_code("FORBIDDEN");
    // An organization's own declaration under the same name is another thing.
    let mut own = fund("9000000");
    own["input"]["organizationId"] = json!(o.organizations[0]);
    officer.run(DECLARE, own).await.data();
    o.staff.run(DECLARE, fund("1000001")).await.data();
    let run = o.approved(&id).await;
    // 1,000,001 ÷ 3 = 333,333.67: two yen are left, for two of the three.
    let mut yen: Vec<i64> = o.yen(&run).await.into_iter().map(|(_, yen)| yen).collect();
    yen.sort_unstable();
    assert_eq!(yen, [333_333, 333_334, 333_334]);
}

/// A part of a split takes what the whole would have got; both take part, and the rule says how.
#[tokio::test]
async fn a_split_needs_both_organizations_and_a_rule_for_it() {
    let o = Office::new().await;
    o.joined_by("三葉の会").await;
    let plain = o.enacted("4000").await;
    let [parent, part] = [&o.organizations[0], &o.organizations[1]];
    let splits = json!({"splits": [{"parentId": parent, "organizationId": part}]});
    let refused = o.calculate(&plain, "REAL", &splits).await.expect_code("INVALID_INPUT/ALLOCATION");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "SPLIT_MISSING");
    for wrong in [
        json!({"splits": [{"parentId": part, "organizationId": part}]}),
        json!({"splits": [{"parentId": parent, "organizationId": part}, {"parentId": parent, "organizationId": part}]}),
        json!({"splits": [{"parentId": parent, "organizationId": part}], "organizationIds": [part]}),
    ] {
        let refused = o.calculate(&plain, "REAL", &wrong).await.expect_code("INVALID_INPUT");
        let field = &refused.body["errors"][0]["extensions"]["fields"][0];
        assert!(text(&field["path"]).starts_with("input.splits["), "{}", refused.text);
    }
    let mut rule = Office::rule("4000");
    rule["adjustments"] = json!([{"key": "split", "label": "分割", "legalReference": "第7条",
        "kind": {"split": {"metric": "households"}}}]);
    let rule = o.in_force(&rule, 2026).await;
    let run = text(&o.calculate(&rule, "REAL", &splits).await.data()["grantRunCreate"]["id"]);
    // 若葉 is all that 青葉 was split into: it has what 青葉 would have had.
    assert_eq!(o.yen(&run).await, found(&[("三葉の会", 1_476_000), ("若葉の会", 1_476_000), ("青葉の会", 0)]));
}

/// A by-law that scales to the budget, with budgets that are supposed: nothing of it is real.
#[tokio::test]
async fn a_supposed_budget_scales_what_a_rule_scales_to_it() {
    let o = Office::new().await;
    let mut rule = Office::rule("4000");
    rule["adjustments"] = json!([{"key": "budget", "label": "予算の範囲内の調整", "legalReference": "第6条",
        "kind": {"budget": {"over": "SCALE", "fill": false, "residual": "LARGEST_REMAINDER", "limits": "HELD"}}}]);
    let rule = o.in_force(&rule, 2026).await;
    let kept = o.staff.run("query($id: ID!) { grantRule(id: $id) { document } }", json!({ "id": rule })).await.data();
    assert!(text(&kept["grantRule"]["document"]).contains("\"limits\":\"HELD\""), "as it was said");
    let real = o.run(&rule, "REAL").await;
    let whole = found(&[("若葉の会", 1_224_000), ("青葉の会", 1_476_000)]);
    assert_eq!(o.yen(&real).await, whole, "the programme's budget is enough");
    for (budget, expected) in [
        (2_700_000, [1_224_000, 1_476_000]),
        // One yen short: 1,224,000 × 2,699,999 ÷ 2,700,000 = 1,223,999.55, 1,475,999.45
        (2_699_999, [1_224_000, 1_475_999]),
        // The half.
        (1_350_000, [612_000, 738_000]),
        // 453,333.79 and 546,667.21: the last yen goes to the greater fraction.
        (1_000_001, [453_334, 546_667]),
        (1, [0, 1]),
    ] {
        let made =
            o.calculate(&rule, "WHAT_IF", &json!({ "budgetYen": budget })).await.data()["grantRunCreate"].clone();
        let run = text(&made["id"]);
        assert_eq!(made["budgetYen"], budget);
        assert_eq!(made["totalYen"], budget);
        assert_eq!(o.yen(&run).await, found(&[("若葉の会", expected[0]), ("青葉の会", expected[1])]), "{budget}");
        o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/WHAT_IF");
        if budget == 1_000_001 {
            let compare = json!({"runId": run, "baseId": real});
            let made = o.staff.run(COMPARE, compare).await.data()["grantComparisonCreate"].clone();
            assert_eq!(made["differenceYen"], 1_000_001 - 2_700_000);
            let terms = made["terms"].as_array().expect("terms");
            let term = |label: &str| terms.iter().find(|t| t["label"] == label).map(|t| t["differenceYen"].clone());
            assert_eq!(term("予算の範囲内の調整"), Some(json!(1_000_001 - 2_700_000)));
            assert_eq!(term("世帯割").unwrap_or(json!(0)), 0, "the terms themselves are as they were");
        }
    }
    for none in [0, -1] {
        o.calculate(&rule, "WHAT_IF", &json!({ "budgetYen": none })).await.expect_code("INVALID_INPUT");
    }
    let query = "query($id: ID!) { grantProgramme(id: $id) { budgetYen allocations { totalCount } ledgerAccounts { balanceYen } } }";
    let seen = o.staff.run(query, json!({"id": o.programme})).await.data()["grantProgramme"].clone();
    assert_eq!(
        seen,
        json!({"budgetYen": 10_000_000, "allocations": {"totalCount": 0}, "ledgerAccounts": [{"balanceYen": 10_000_000}]})
    );
}

/// What approved runs compared with is taken over, and what organizations declared waits; going back, it counts again.
#[tokio::test]
async fn an_upgrade_takes_over_the_year_before_and_going_back_loses_no_word() {
    use migration::{Migrator, MigratorTrait};
    use sea_orm::ConnectionTrait;
    let own = crate::support::database::Own::migrated().await;
    let mut o = Office::of(Town::beside(crate::support::town::app_over(&own.url("entaku_app"))).await).await;
    let rule = o.enacted("4000").await;
    o.approved(&rule).await;
    let (earlier, later) = o.the_year_after().await;
    let rule = o.in_force(&limited("2000"), 2027).await;
    o.years(json!({ "previousProgrammeId": earlier })).await.data();
    o.approved(&rule).await;
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    let own_word = json!({"organizationId": o.organizations[0], "item": "防犯灯", "asOf": "2026-04-01", "number": "24",
        "source": "請求書"});
    let declared = officer.run(DECLARE, json!({ "input": own_word })).await.data()["grantDeclarationRecord"].clone();
    let owner = crate::migrations::owner(&own).await;
    let newest = async || {
        let applied = Migrator::get_applied_migrations(&owner).await.expect("applied");
        applied.last().map(|migration| migration.name().to_owned()).expect("a migration")
    };
    while newest().await != "m0050_grant_inputs" {
        Migrator::down(&owner, Some(1)).await.expect("down");
    }
    let refused = Migrator::down(&owner, Some(1)).await.expect_err("it would count").to_string();
    assert!(refused.contains("m0050 cannot be undone: 1 declarations"), "{refused}");
    Migrator::up(&owner, None).await.expect("up");
    let confirm = "mutation($id: ID!) { grantDeclarationConfirm(id: $id) { state } }";
    o.staff.run(confirm, json!({ "id": declared["id"] })).await.data();
    for forget in ["UPDATE grant_programmes SET previous_id = NULL WHERE previous_id IS NOT NULL", "SELECT 1"] {
        while newest().await.as_str() >= "m0050" {
            Migrator::down(&owner, Some(1)).await.expect("what counted before counts again");
        }
        owner.execute_unprepared(forget).await.expect("as it was");
        Migrator::up(&owner, None).await.expect("up");
        let waits = "DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM grant_declarations WHERE state = 'DECLARED'); END $$";
        owner.execute_unprepared(waits).await.expect("one waits");
    }
    let read = "query($id: ID!) { grantProgramme(id: $id) { previousProgramme { id } firstYear } }";
    let seen = o.staff.run(read, json!({ "id": later })).await.data()["grantProgramme"].clone();
    assert_eq!(seen, json!({"previousProgramme": {"id": earlier}, "firstYear": false}));
    owner.close().await.expect("closed");
}
