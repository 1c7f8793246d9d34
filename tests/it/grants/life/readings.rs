//! Where by-laws are read differently, the reading is data of the programme: the same grant under each of them.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

impl Scene {
    /// 20 March of the fiscal year, and the officer of that day.
    async fn at_the_end_of_the_year(&mut self) {
        let day = "2027-03-20T01:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
        self.town.app.clock.advance(day - start());
        self.officer = self.town.over(Role::OrgOfficer, ScopeKind::Organization, &self.organization).await;
    }
}

/// 「完了した日から1月を経過した日」, and never after the fiscal year's end where the by-law says so.
#[tokio::test]
async fn a_month_after_completion_is_the_day_that_the_by_law_reads() {
    for (elapsed, within, completed, due) in [
        ("CORRESPONDING_DAY", true, "2027-02-10", "2027-03-10"),
        ("DAY_AFTER", true, "2027-02-10", "2027-03-11"),
        ("THIRTY_DAYS", true, "2027-02-10", "2027-03-12"),
        ("CORRESPONDING_DAY", true, "2027-03-15", "2027-03-31"),
        ("CORRESPONDING_DAY", false, "2027-03-15", "2027-04-15"),
        // February has no 31st.
        ("CORRESPONDING_DAY", true, "2027-01-31", "2027-02-28"),
    ] {
        let mut terms = quarters();
        terms["conditions"] = json!({"report": {"months": 1, "elapsed": elapsed, "withinFiscalYear": within}});
        let mut s = Scene::with_terms(&terms).await;
        let id = s.granted(1_000).await;
        s.at_the_end_of_the_year().await;
        let done = s.officer.run(COMPLETION, of(&id, json!({ "completedOn": completed }))).await.data();
        assert_eq!(done["grantCompletionRecord"]["reportDue"], due, "{elapsed}, completed on {completed}");
    }
}

/// 高山市 lets a million be reserved in a year, after a consultation: the by-law's own conditions, from its fixture.
#[tokio::test]
async fn a_reserve_of_a_million_and_one_is_refused_as_takayama_has_it() {
    let fixture = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation/takayama.json"));
    let fixture: Value = serde_json::from_str(fixture).expect("json");
    let mut terms = quarters();
    terms["surplusRule"] = json!("RESERVE");
    terms["conditions"] = fixture["rule"]["conditions"].clone();
    let s = Scene::with_terms(&terms).await;
    let id = s.granted(1_300_000).await;
    s.pay(&id, Some(1_300_000)).await;
    s.examined(&id, 200_000).await;
    let fix = |keep: i64, consulted: bool| {
        of(&id, json!({"reason": "審査の意見のとおり。", "keepYen": keep, "consulted": consulted}))
    };
    s.approver.run(AMOUNT_FIX, fix(1_000_001, true)).await.expect_code("CONFLICT/RESERVE_EXCEEDED");
    s.approver.run(AMOUNT_FIX, fix(1_000_000, false)).await.expect_code("CONFLICT/CONSULTATION_MISSING");
    let fixed = s.approver.run(AMOUNT_FIX, fix(1_000_000, true)).await.data()["grantAmountFix"].clone();
    // 1,300,000 paid − 200,000 eligible − 1,000,000 reserved
    assert_eq!((&fixed["keptYen"], &fixed["orderedYen"]), (&json!(1_000_000), &json!(100_000)));
    s.is_sound().await;
}
