//! What a by-law says of instalments and deadlines binds the programme that is calculated with it.

use std::time::Duration;

use entaku::grants::commands::calculation::freeze::approve_run;
use entaku::grants::commands::review::{GrantApplicationDecideInput, decide_application};
use entaku::grants::entity::{GrantApplicationId, GrantRunId};
use entaku::kernel::money::Yen;
use entaku::kernel::principal::SessionId;
use entaku::kernel::read::sql::Sql;
use entaku::kernel::tx::{Mode, Tx};
use entaku::people::authenticate;

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::grants::calculation::Office;
use crate::grants::life::{of, quarters};

story!(TERMS_SET, "260-grant-programme-terms-set");
story!(RULE_ENACT, "281-grant-rule-enact");
story!(RUN_APPROVE, "284-grant-run-approve");

/// A by-law that pays in quarters, in force.
async fn by_law(o: &Office) -> String {
    let mut rule = Office::rule("4000");
    rule["instalments"] = quarters()["instalments"].clone();
    rule["conditions"] = json!({"minorChange": {"percent": "30"}});
    let id = text(&o.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
    o.approver.run(RULE_ENACT, json!({"id": id})).await.data();
    id
}

/// The terms of the programme.
async fn terms(o: &Office) -> Value {
    let read =
        o.staff.run("query($id: ID!) { grantProgramme(id: $id) { terms } }", json!({"id": o.programme})).await.data();
    read["grantProgramme"]["terms"].as_str().map_or(Value::Null, |terms| terms.parse().expect("JSON"))
}

#[tokio::test]
async fn what_the_by_law_says_is_what_the_programme_asks() {
    let o = Office::new().await;
    let rule = by_law(&o).await;
    let run = o.run(&rule, "REAL").await;
    assert_eq!(terms(&o).await, Value::Null, "a run that waits binds nobody");
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    let asked = terms(&o).await;
    assert_eq!(asked["instalments"]["count"], 4);
    assert_eq!(asked["conditions"]["minorChange"]["percent"], "30");
    let mut two = quarters();
    two["instalments"]["count"] = json!(2);
    let refused = o.staff.run(TERMS_SET, of(&o.programme, two)).await.expect_code("CONFLICT/TERMS_DIFFER");
    assert!(refused.text.contains("the instalments"), "{}", refused.text);
    let report = json!({"report": {"months": 2, "elapsed": "DAY_AFTER", "withinFiscalYear": false}});
    let more = json!({"conditions": report, "surplusRule": "RETURN", "repaymentDays": 20});
    o.staff.run(TERMS_SET, of(&o.programme, more)).await.data();
    let both = terms(&o).await;
    assert_eq!((&both["instalments"]["count"], &both["conditions"]["report"]["months"]), (&json!(4), &json!(2)));
    assert_eq!(both["conditions"]["minorChange"]["percent"], "30");
}

#[tokio::test]
async fn a_programme_that_says_otherwise_than_its_by_law_is_not_allocated() {
    let o = Office::new().await;
    let mut two = quarters();
    two["instalments"]["count"] = json!(2);
    o.staff.run(TERMS_SET, of(&o.programme, two)).await.data();
    let run = o.run(&by_law(&o).await, "REAL").await;
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.expect_code("CONFLICT/TERMS_DIFFER");
    let read = o.staff.run("query($id: ID!) { grantRun(id: $id) { state } }", json!({"id": run})).await.data();
    assert_eq!(read["grantRun"]["state"], "CALCULATED");
    o.staff.run(TERMS_SET, of(&o.programme, quarters())).await.data();
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    assert_eq!(terms(&o).await["conditions"]["minorChange"]["percent"], "30");
}

/// Somebody's transaction, with the rights of their newest session.
async fn acting(town: &Town, account: AccountId) -> Tx {
    let tx = town.system();
    let newest = format!("SELECT id FROM sessions WHERE account_id = '{}' ORDER BY id DESC LIMIT 1", account.0);
    let session = SessionId(tx.rows(Sql::new(&newest)).await.expect("a session")[0].get("id"));
    let principal = authenticate::principal(&tx, session, account).await.expect("a principal");
    tx.rollback().await.expect("ended");
    town.app.database.begin(Arc::new(town.app.request(principal, Some(town.id))), Mode::Write)
}

/// An application that waits for its decision, an approver, and a corrected calculation by a by-law that pays in quarters.
struct Race {
    office: Office,
    account: AccountId,
    other: Client,
    application: String,
    run: String,
}

impl Race {
    async fn new() -> Self {
        let office = Office::new().await;
        let first = office.enacted("4000").await;
        let run = office.approved(&first).await;
        office.made_public(&run).await;
        let officer = office.town.over(Role::OrgOfficer, ScopeKind::Organization, &office.organizations[0]).await;
        let input = json!({"programmeId": office.programme, "organizationId": office.organizations[0],
            "title": "居場所づくり", "purpose": "週1回、居場所を開く。", "requestedYen": 1_000_000});
        let application =
            text(&officer.run(CREATE, json!({ "input": input })).await.data()["grantApplicationCreate"]["id"]);
        officer.run(SUBMIT, json!({"id": application})).await.data();
        office.staff.run(REVIEW_START, json!({"id": application})).await.data();
        office.staff.run(RECOMMEND, opinion(&application, 1_000_000)).await.data();
        let run = office.run(&by_law(&office).await, "REAL").await;
        let (account, _) = office.town.person(Role::Approver, ScopeKind::Municipality, None).await;
        let other = office.town.staff(Role::Approver).await;
        Self { office, account, other, application, run }
    }

    /// In how many parts the grant is paid, and the programme says.
    async fn parts(&self) -> (usize, Value) {
        let read = "query($id: ID!) { grantApplication(id: $id) { instalments } }";
        let seen = self.office.staff.run(read, json!({"id": self.application})).await.data();
        let parts = seen["grantApplication"]["instalments"].as_array().expect("parts").len();
        (parts, terms(&self.office).await["instalments"]["count"].clone())
    }

    /// Somebody does something while a transaction is open; it waits for that.
    async fn beside(&self, open: Tx, document: &'static str, variables: Value) {
        let other = self.other.clone();
        let doing = tokio::spawn(async move { other.run(document, variables).await });
        tokio::time::sleep(Duration::from_millis(400)).await;
        let waits = !doing.is_finished();
        open.commit().await.expect("committed");
        doing.await.expect("an answer").data();
        assert!(waits, "it did not wait for the other's end");
    }
}

/// A grant is decided on under the terms of its programme, whichever of a decision and the approval of a run comes first.
#[tokio::test]
async fn m13_a_decision_and_a_run_that_brings_other_terms_take_turns() {
    let race = Race::new().await;
    let tx = acting(&race.office.town, race.account).await;
    approve_run(&tx, GrantRunId(decode(&race.run).expect("an id").1)).await.expect("approved");
    race.beside(tx, DECIDE, opinion(&race.application, 1_000_000)).await;
    assert_eq!(race.parts().await, (4, json!(4)), "the run came first");

    let race = Race::new().await;
    let tx = acting(&race.office.town, race.account).await;
    let input = GrantApplicationDecideInput { amount_yen: Yen(1_000_000), reason: "要綱に適合する。".into() };
    let id = GrantApplicationId(decode(&race.application).expect("an id").1);
    decide_application(&tx, id, input).await.expect("decided");
    race.beside(tx, RUN_APPROVE, json!({"id": race.run})).await;
    assert_eq!(race.parts().await, (1, Value::Null), "the decision came first");
}

/// Deadlines and papers of both complete each other; the same one said differently is told by its place.
#[tokio::test]
async fn deadlines_and_papers_are_joined_one_by_one() {
    let o = Office::new().await;
    let mut rule = Office::rule("4000");
    let plan = json!({"name": "事業計画書", "legalReference": "第4条", "at": "APPLICATION"});
    rule["conditions"] = json!({"deadlines": {"decision": {"days": 30, "legalReference": "第6条"}}, "papers": [plan]});
    let id = text(&o.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
    o.approver.run(RULE_ENACT, json!({"id": id})).await.data();
    let own = |deadlines: Value, at: &str| {
        let budget = json!({"name": "収支予算書", "legalReference": "第5条", "at": at});
        json!({"conditions": {"deadlines": deadlines, "papers": [budget]}, "surplusRule": "RETURN", "repaymentDays": 20})
    };
    let days = |days: i32| json!({ "days": days });
    let terms_are = |deadlines: Value| own(deadlines, "APPLICATION");
    o.staff
        .run(TERMS_SET, of(&o.programme, terms_are(json!({"decision": days(30), "payment": days(20)}))))
        .await
        .data();
    let run = o.run(&id, "REAL").await;
    o.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
    let both = terms(&o).await["conditions"].clone();
    let joined = json!({"decision": {"days": 30, "legalReference": "第6条"}, "payment": days(20)});
    assert_eq!(both["deadlines"], joined);
    let names: Vec<_> = both["papers"].as_array().expect("papers").iter().map(|paper| text(&paper["name"])).collect();
    assert_eq!(names, ["事業計画書", "収支予算書"]);
    let otherwise = terms_are(json!({"decision": days(31), "payment": days(20)}));
    let refused = o.staff.run(TERMS_SET, of(&o.programme, otherwise)).await.expect_code("CONFLICT/TERMS_DIFFER");
    assert!(refused.text.contains("conditions.deadlines.decision"), "{}", refused.text);
    let mut otherwise = own(json!({"payment": days(20)}), "APPLICATION");
    otherwise["conditions"]["papers"][0] =
        json!({"name": "事業計画書", "legalReference": "第4条", "at": "APPLICATION", "fromYen": 500_000});
    let refused = o.staff.run(TERMS_SET, of(&o.programme, otherwise)).await.expect_code("CONFLICT/TERMS_DIFFER");
    assert!(refused.text.contains("事業計画書"), "{}", refused.text);
    o.staff.run(TERMS_SET, of(&o.programme, own(json!({"payment": days(10)}), "REPORT"))).await.data();
    assert_eq!(terms(&o).await["conditions"]["deadlines"]["payment"], days(10), "its own may change");
}
