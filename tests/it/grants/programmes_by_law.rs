//! A programme is calculated by one by-law, and by that version of it which is in force for its fiscal year
//! (docs/adr/0040-one-by-law-for-a-programme.md).

use super::calculation::Office;
use super::life::of;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

story!(RULE_DRAFT, "280-grant-rule-draft");
story!(RULE_ENACT, "281-grant-rule-enact");
story!(RUN_APPROVE, "284-grant-run-approve");
story!(TERMS_SET, "260-grant-programme-terms-set");
story!(TASKS, "320-tasks-read");

impl Office {
    /// A version of a by-law of this title, in force from a year.
    async fn titled(&self, title: &str, year: i32, rate: &str) -> String {
        let input = json!({"title": title, "fromFiscalYear": year, "rule": Self::rule(rate)});
        let id = text(&self.staff.run(RULE_DRAFT, json!({ "input": input })).await.data()["grantRuleDraft"]["id"]);
        self.approver.run(RULE_ENACT, json!({"id": id})).await.data();
        id
    }

    #[allow(clippy::needless_pass_by_value)] // callers write the values where they call
    async fn laid_down(&self, programme: &str, by_law: Value, previous: Value) -> Answer {
        let input =
            json!({"surplusRule": "RETURN", "repaymentDays": 20, "byLaw": by_law, "previousProgrammeId": previous});
        self.staff.run(TERMS_SET, of(programme, input)).await
    }

    async fn by_law(&self) -> Value {
        let query = "query($id: ID!) { grantProgramme(id: $id) { byLaw } }";
        self.staff.run(query, json!({"id": self.programme})).await.data()["grantProgramme"]["byLaw"].clone()
    }

    async fn real(&self, rule: &str) -> Answer {
        self.calculate(rule, "REAL", &json!({})).await
    }

    /// The programme of the year after, with this one as its predecessor.
    async fn next_year(&mut self, by_law: Value) {
        let sections = self.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
        input["input"]["title"] = json!(format!("翌年度の交付金 {by_law}"));
        input["input"]["fiscalYear"] = json!(2027);
        let next = text(&self.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
        self.laid_down(&next, by_law, json!(self.programme)).await.data();
        self.programme = next;
    }
}

#[tokio::test]
async fn the_first_approved_run_fixes_the_by_law_and_no_other_makes_allocations_of_the_programme() {
    let o = Office::new().await;
    let (own, other) = (o.titled("交付要綱", 2026, "4000").await, o.titled("別の要綱", 2026, "5000").await);
    assert_eq!(o.by_law().await, json!(null));
    let waiting = o.run(&other, "REAL").await;
    o.approved(&own).await;
    assert_eq!(o.by_law().await, "交付要綱");
    let refused = o.real(&other).await.expect_code("CONFLICT/RULE_NOT_OF_PROGRAMME");
    assert!(refused.text.contains("交付要綱"), "{}", refused.text);
    o.calculate(&other, "WHAT_IF", &json!({})).await.data();
    o.approver.run(RUN_APPROVE, json!({"id": waiting})).await.expect_code("CONFLICT/RUN_OUTDATED");
    o.laid_down(&o.programme, json!("別の要綱"), json!(null)).await.expect_code("CONFLICT/BY_LAW_FIXED");
    o.laid_down(&o.programme, json!(null), json!(null)).await.data();
    assert_eq!(o.by_law().await, "交付要綱", "saying nothing of it leaves it");
}

#[tokio::test]
async fn a_by_law_is_laid_down_before_anything_is_calculated() {
    let o = Office::new().await;
    let (own, other) = (o.titled("交付要綱", 2026, "4000").await, o.titled("別の要綱", 2026, "5000").await);
    o.laid_down(&o.programme, json!("ない要綱"), json!(null)).await.expect_code("INVALID_INPUT");
    let before = o.run(&own, "REAL").await;
    o.laid_down(&o.programme, json!("別の要綱"), json!(null)).await.data();
    o.real(&own).await.expect_code("CONFLICT/RULE_NOT_OF_PROGRAMME");
    o.approver.run(RUN_APPROVE, json!({"id": before})).await.expect_code("CONFLICT/RULE_NOT_OF_PROGRAMME");
    o.approved(&other).await;
}

#[tokio::test]
async fn the_next_year_takes_the_by_law_over_unless_another_is_laid_down() {
    let mut o = Office::new().await;
    let (own, other) = (o.titled("交付要綱", 2026, "4000").await, o.titled("新しい要綱", 2026, "5000").await);
    o.approved(&own).await;
    let first = o.programme.clone();
    o.next_year(json!(null)).await;
    assert_eq!(o.by_law().await, json!(null));
    o.real(&other).await.expect_code("CONFLICT/RULE_NOT_OF_PROGRAMME");
    o.programme = first;
    o.next_year(json!("新しい要綱")).await;
    o.real(&own).await.expect_code("CONFLICT/RULE_NOT_OF_PROGRAMME");
}

/// Later versions count from their fiscal year; one of the same year takes the place of the version before, also where a
/// run was calculated meanwhile, and corrects what was approved.
#[tokio::test]
async fn the_version_in_force_for_the_fiscal_year_makes_its_allocations() {
    let o = Office::new().await;
    let first = o.titled("交付要綱", 2026, "4000").await;
    let approved = o.approved(&first).await;
    let later = o.titled("交付要綱", 2027, "6000").await;
    o.real(&later).await.expect_code("CONFLICT/RULE_NOT_IN_FORCE");
    let waiting = text(&o.real(&first).await.data()["grantRunCreate"]["id"]);
    let acts = async || {
        let nodes = o.approver.run(TASKS, json!({"first": 50})).await.data()["viewer"]["tasks"]["nodes"].clone();
        nodes.as_array().expect("tasks").iter().filter(|task| task["act"] == "grantRunApprove").count()
    };
    assert_eq!(acts().await, 1);
    let amended = o.titled("交付要綱", 2026, "4100").await;
    let refused = o.real(&first).await.expect_code("CONFLICT/RULE_SUPERSEDED");
    assert!(refused.text.contains("Version 3"), "{}", refused.text);
    o.approver.run(RUN_APPROVE, json!({"id": waiting})).await.expect_code("CONFLICT/RULE_SUPERSEDED");
    assert_eq!(acts().await, 0, "nobody is asked to approve what cannot be");
    let correction = o.real(&amended).await.data()["grantRunCreate"].clone();
    assert_eq!(correction["corrects"]["id"], json!(approved));
    o.approver.run(RUN_APPROVE, json!({"id": correction["id"]})).await.data();
}

#[tokio::test]
async fn the_database_refuses_another_by_law_too() {
    let o = Office::new().await;
    let own = o.titled("交付要綱", 2026, "4000").await;
    let first = o.approved(&own).await;
    let other = o.titled("別の要綱", 2026, "5000").await;
    let newer = o.titled("交付要綱", 2026, "4200").await;
    let mut database = inside(&o.town, "entaku_app").await;
    let uuid = |id: &str| decode(id).expect("an id").1;
    let made_by = |rule: &str, kind: &str| {
        format!(
            "INSERT INTO grant_runs (id, rule_id, kind, state, municipality_id, programme_id, programme_state, fiscal_year,
                opens_on, closes_on, title, budget_yen, total_yen, organizations, rule_hash, inputs, inputs_hash, pools)
            SELECT gen_random_uuid(), '{}', '{kind}', 'CALCULATED', municipality_id, programme_id, programme_state,
                fiscal_year, opens_on, closes_on, title, budget_yen, total_yen, organizations, rule_hash, inputs,
                inputs_hash, pools FROM grant_runs WHERE id = '{}'",
            uuid(rule),
            uuid(&first)
        )
    };
    for rule in [&other, &own] {
        assert_eq!(attempt(&mut database, &made_by(rule, "REAL")).await, Err("23514".to_owned()));
        attempt(&mut database, &made_by(rule, "WHAT_IF")).await.expect("a what-if run is free");
    }
    attempt(&mut database, &made_by(&newer, "REAL")).await.expect("the version in force");
    let other = format!("UPDATE grant_programmes SET by_law = '別の要綱' WHERE id = '{}'", uuid(&o.programme));
    assert_eq!(attempt(&mut database, &other).await, Err("23514".to_owned()));
}
