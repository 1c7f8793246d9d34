//! What a by-law says of instalments and deadlines binds the programme that is calculated with it.

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
