//! An organization's own word counts for allocations once staff have confirmed it.

use super::calculation::Office;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

story!(RULE_ENACT, "281-grant-rule-enact");
story!(DECLARE, "282-grant-declaration-record");
story!(CONFIRM, "298-grant-declaration-confirm");

const LINES: &str = "query($id: ID!) { grantRun(id: $id) { lines(first: 9) { nodes { name amountYen terms {
    inputs { value source } } } } } }";

impl Office {
    /// 1,000 yen a lamp.
    async fn by_lamps(&self) -> String {
        let rule = json!({"format": 1, "metrics": [{"key": "lamps", "label": "防犯灯", "type": "NUMBER", "unit": "灯",
                "of": "BODY", "source": {"declaration": "防犯灯"}}],
            "terms": [{"key": "lamps", "label": "防犯灯割", "legalReference": "第4条", "rounding": {"mode": "FLOOR", "unit": "1"},
                "kind": {"perUnit": {"metric": "lamps", "yen": "1000"}}}]});
        let id = text(&self.draft(&rule, 2026).await.data()["grantRuleDraft"]["id"]);
        self.approver.run(RULE_ENACT, json!({ "id": id })).await.data();
        id
    }

    async fn declare(&self, who: &Client, organization: usize, lamps: u32) -> String {
        let input = json!({"organizationId": self.organizations[organization], "item": "防犯灯", "asOf": "2026-04-01",
            "number": lamps.to_string(), "source": "請求書"});
        text(&who.run(DECLARE, json!({ "input": input })).await.data()["grantDeclarationRecord"]["id"])
    }

    async fn first_line(&self, run: &str) -> Value {
        let read = self.staff.run(LINES, json!({ "id": run })).await.data();
        let lines = read["grantRun"]["lines"]["nodes"].as_array().expect("lines").clone();
        lines.into_iter().find(|line| line["name"] == "青葉の会").expect("a line")
    }
}

#[tokio::test]
async fn z20_what_an_organization_says_of_itself_counts_once_it_is_confirmed() {
    let o = Office::new().await;
    let rule = o.by_lamps().await;
    let officer = o.town.over(Role::OrgOfficer, ScopeKind::Organization, &o.organizations[0]).await;
    o.declare(&o.staff, 1, 10).await;
    let own = o.declare(&officer, 0, 24).await;
    let refused = o.calculate(&rule, "REAL", &json!({})).await.expect_code("INVALID_INPUT/ALLOCATION");
    assert_eq!(refused.body["errors"][0]["extensions"]["fields"][0]["rule"], "METRIC_MISSING", "nobody confirmed it");
    let line = o.first_line(&o.run(&rule, "WHAT_IF").await).await;
    assert_eq!(line["amountYen"], 24_000, "what if it were so");
    assert_eq!(line["terms"][0]["inputs"][0]["source"], "申告: 請求書(職員の確認前)");
    officer.run(CONFIRM, json!({ "id": own })).await.expect_code("FORBIDDEN");
    o.approver.run(CONFIRM, json!({ "id": own })).await.expect_code("FORBIDDEN");
    let tasks = "{ viewer { tasks(first: 100) { nodes { act objectId } } notifications(first: 9) { nodes { kind objectId } } } }";
    let waiting = o.staff.run(tasks, json!({})).await;
    let task = json!({"act": "grantDeclarationConfirm", "objectId": own});
    let viewer = waiting.data()["viewer"].clone();
    assert!(viewer["tasks"]["nodes"].as_array().expect("tasks").contains(&task), "{viewer}");
    let told = json!({"kind": "GRANT_DECLARED", "objectId": own});
    assert!(viewer["notifications"]["nodes"].as_array().expect("notifications").contains(&told), "{viewer}");
    let done = o.staff.run(CONFIRM, json!({ "id": own })).await.data()["grantDeclarationConfirm"].clone();
    assert_eq!((&done["state"], &done["number"]), (&json!("CONFIRMED"), &json!("24")));
    o.staff.run(CONFIRM, json!({ "id": own })).await.expect_code("CONFLICT/STATE");
    let told = officer.run(tasks, json!({})).await;
    assert!(told.text.contains("GRANT_DECLARATION_CONFIRMED"), "{}", told.text);
    let line = o.first_line(&o.run(&rule, "REAL").await).await;
    assert_eq!(line["amountYen"], 24_000);
    let source = text(&line["terms"][0]["inputs"][0]["source"]);
    assert!(source.starts_with("申告: 請求書(2026-05-20にacc_") && source.ends_with("が確認)"), "{source}");
    // A later word of its own changes nothing until it is confirmed; one that was corrected waits for nobody.
    let later = o.declare(&officer, 0, 99).await;
    let run = o.run(&rule, "REAL").await;
    let line = o.first_line(&run).await;
    assert_eq!(line["amountYen"], 24_000);
    let source = text(&line["terms"][0]["inputs"][0]["source"]);
    assert!(source.ends_with("が確認)(新しい申告が職員の確認を待っている)"), "{source}");
    let told = "query($id: ID!) { grantRun(id: $id) { waitingDeclarations } }";
    let seen = o.approver.run(told, json!({ "id": run })).await.data();
    assert_eq!(seen["grantRun"]["waitingDeclarations"], json!(["青葉の会: 防犯灯"]), "whoever approves knows");
    o.declare(&o.staff, 0, 25).await;
    assert_eq!(o.first_line(&o.run(&rule, "REAL").await).await["amountYen"], 25_000, "staff examined it themselves");
    o.staff.run(CONFIRM, json!({ "id": later })).await.expect_code("CONFLICT/CORRECTED");
    let mut database = inside(&o.town, "entaku_app").await;
    let (one, by) = (
        decode(&later).expect("an id").1,
        "(SELECT declared_by FROM grant_declarations d WHERE d.state = 'RECORDED' LIMIT 1)",
    );
    let sql = format!(
        "UPDATE grant_declarations SET state = 'CONFIRMED', confirmed_at = now(), confirmed_by = {by} WHERE id = '{one}'"
    );
    assert_eq!(attempt(&mut database, &sql).await, Err("23514".to_owned()));
    let seen = o.staff.run(told, json!({ "id": o.run(&rule, "REAL").await })).await.data();
    assert_eq!(seen["grantRun"]["waitingDeclarations"], json!([]));
    let waiting = o.staff.run(tasks, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
    let task = json!({"act": "grantDeclarationConfirm", "objectId": later});
    assert!(!waiting.as_array().expect("tasks").contains(&task), "{waiting}");
}

/// Staff who hold an office of the organization speak for it, and confirm nothing of it.
#[tokio::test]
async fn z20_nobody_confirms_for_their_own_organization() {
    let o = Office::new().await;
    let organization = decode(&o.organizations[0]).expect("an id").1;
    let (account, both) = o.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    o.town.appoint(account, Role::GrantStaff, ScopeKind::Municipality, None).await;
    let (_, colleague) = o.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    let own = o.declare(&both, 0, 99).await;
    let others = o.declare(&colleague, 0, 98).await;
    for id in [&own, &others] {
        both.run(CONFIRM, json!({ "id": id })).await.expect_code("FORBIDDEN/DUTIES_APART");
    }
    let mut database = inside(&o.town, "entaku_app").await;
    let (one, of) = (decode(&others).expect("an id").1, account.0);
    let refused = Err("23514".to_owned());
    for set in [
        format!("state = 'CONFIRMED', confirmed_at = now(), confirmed_by = '{of}'"),
        "state = 'CONFIRMED', confirmed_at = now()".to_owned(),
        "state = 'RECORDED'".to_owned(),
        "number = '1000'".to_owned(),
    ] {
        let sql = format!("UPDATE grant_declarations SET {set} WHERE id = '{one}'");
        assert_eq!(attempt(&mut database, &sql).await, refused, "{sql}");
    }
    let copied = |by: &str, state: &str| {
        format!(
            "INSERT INTO grant_declarations (id, organization_id, district_id, item, as_of, number, source, state, declared_by)
             SELECT gen_random_uuid(), organization_id, district_id, item, as_of, number, source, '{state}', {by}
             FROM grant_declarations WHERE id = '{one}'"
        )
    };
    assert_eq!(attempt(&mut database, &copied(&format!("'{of}'"), "RECORDED")).await, refused);
    assert_eq!(attempt(&mut database, &copied("NULL", "CONFIRMED")).await, refused);
    assert_eq!(attempt(&mut database, &copied("NULL", "RECORDED")).await, refused, "nobody said it");
    o.staff.run(CONFIRM, json!({ "id": others })).await.data();
}

/// What an input takes is read again by whatever calculates with it, also as it was stored before.
#[tokio::test]
async fn a_number_of_many_decimals_is_calculated_with() {
    let o = Office::new().await;
    let rule = o.by_lamps().await;
    o.declare(&o.staff, 1, 10).await;
    let long = json!({"organizationId": o.organizations[0], "item": "防犯灯", "asOf": "2026-04-01",
        "number": "1.000000000000000001", "source": "按分"});
    let kept = o.staff.run(DECLARE, json!({ "input": long })).await.data()["grantDeclarationRecord"]["number"].clone();
    assert_eq!(kept, "1.000000000000000001");
    let line = o.first_line(&o.run(&rule, "REAL").await).await;
    assert_eq!(
        (&line["amountYen"], &line["terms"][0]["inputs"][0]["value"]),
        (&json!(1_000), &json!("1 1/1000000000000000000灯"))
    );
    let mut database = inside(&o.town, "entaku_app").await;
    let before = "INSERT INTO grant_declarations (id, organization_id, district_id, item, as_of, number, source, state, declared_by)
        SELECT gen_random_uuid(), organization_id, district_id, item, as_of, '2000000000000000001/1000000000000000000', source,
            state, declared_by FROM grant_declarations WHERE number = '1.000000000000000001'";
    assert_eq!(attempt(&mut database, before).await, Ok(()));
    assert_eq!(o.first_line(&o.run(&rule, "REAL").await).await["amountYen"], 2_000);
}
