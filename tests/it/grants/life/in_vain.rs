//! Surpluses that wait in vain are ordered back.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

pub(super) const SURPLUS_ORDER: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/302-grant-surplus-order.graphql"));
story!(ROUTE_CREATE, "321-approval-route-create");
story!(APPROVAL_BEGIN, "327-approval-begin");
story!(APPROVAL_APPROVE, "322-approval-approve");

const TASKS: &str = "{ viewer { tasks(first: 100) { nodes { act objectId dueOn } } } }";

impl Scene {
    /// A public programme of the year after, for which nobody can apply any more.
    pub(super) async fn late_successor(&self) {
        let sections = self.staff.run("{ sections { nodes { id } } }", json!({})).await.data();
        let mut input = programme_input(&sections["sections"]["nodes"][0]["id"], 10_000_000);
        input["input"]["fiscalYear"] = json!(2027);
        input["input"]["closesOn"] = json!("2026-05-19");
        let made = text(&self.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"]);
        let mut terms = offsetting();
        terms["previousProgrammeId"] = json!(self.programme);
        self.staff.run(TERMS_SET, of(&made, terms)).await.data();
        self.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": made})).await.data();
    }
}

async fn task(who: &Client, act: &str) -> Option<Value> {
    let nodes = who.run(TASKS, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
    nodes.as_array().expect("tasks").iter().find(|task| task["act"] == act).cloned()
}

async fn order_task(who: &Client, id: &str) -> Option<Value> {
    let nodes = who.run(TASKS, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
    let found =
        nodes.as_array().expect("tasks").iter().find(|t| t["act"] == "grantSurplusOrder" && t["objectId"] == id);
    found.map(|task| task["dueOn"].clone())
}

#[tokio::test]
async fn m8_m14_a_surplus_that_waits_in_vain_is_ordered_back() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    s.approver.run(SURPLUS_ORDER, because(&id)).await.expect_code("CONFLICT/OFFSET_TO_COME");
    assert_eq!(order_task(&s.approver, &id).await, None);
    let next = s.public_successor(100_000).await;
    s.approver.run(SURPLUS_ORDER, because(&id)).await.expect_code("CONFLICT/NOTHING_WAITS");
    s.later(42).await;
    s.close(&next).await;
    assert_eq!(order_task(&s.approver, &id).await, Some(json!("2028-05-31")));
    assert_eq!(order_task(&s.payer, &id).await, None);
    s.staff.run(SURPLUS_ORDER, because(&id)).await.expect_code("FORBIDDEN");
    let done = s.approver.run(SURPLUS_ORDER, because(&id)).await.data()["grantSurplusOrder"].clone();
    assert_eq!(
        (&done["state"], &done["orderedYen"], &done["offsetYen"], &done["surplusOrderedOn"]),
        (&json!("REPAYMENT_ORDERED"), &json!(60_000), &json!(0), &json!("2026-07-01"))
    );
    assert_eq!(order_task(&s.approver, &id).await, None);
    s.approver.run(SURPLUS_ORDER, because(&id)).await.expect_code("CONFLICT/NOTHING_WAITS");
    let back = of(&id, json!({"amountYen": 60_000, "receivedOn": "2026-07-01"}));
    assert_eq!(s.payer.run(REPAYMENT, back).await.data()["grantRepaymentRecord"]["state"], "REPAID");
    // No later allocation is lowered by it any more.
    let last = s.successor(2028, &next, 100_000).await;
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": last})).await.data();
    assert_eq!(s.deducted(&last).await, 0);
    s.is_sound().await;
}

#[tokio::test]
async fn m8_what_waits_of_a_revoked_grant_is_ordered_as_well() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    let done = s.approver.run(REVOKE, because(&id)).await.data()["grantDecisionRevoke"].clone();
    assert_eq!(done["orderedYen"], 940_000, "what was deducted counts as come back");
    s.later(42).await;
    s.close(&next).await;
    let done = s.approver.run(SURPLUS_ORDER, because(&id)).await.data()["grantSurplusOrder"].clone();
    assert_eq!((&done["orderedYen"], &done["offsetDoneYen"]), (&json!(1_000_000), &json!(0)));
    s.is_sound().await;
}

impl Scene {
    async fn route(&self, title: &str, from_yen: i64) {
        let input = json!({"title": title, "act": "GRANT_REPAYMENT_ORDER", "fromYen": from_yen, "inOrder": false,
            "steps": [{"name": title, "role": "APPROVER", "needed": 1}]});
        self.town.staff(Role::Admin).await.run(ROUTE_CREATE, json!({ "input": input })).await.data();
    }
}

/// What is owed then finds the route, not the whole grant, nor what was deducted of the surplus.
#[tokio::test]
async fn m14_a_route_covers_what_is_ordered_back() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(25_000).await;
    assert_eq!(s.offsets(&id).await, [25_000]);
    s.later(42).await;
    s.route("小さい額", 30_000).await;
    s.route("大きい額", 50_000).await;
    let boss = s.town.staff(Role::Approver).await;
    boss.run(SURPLUS_ORDER, because(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(order_task(&boss, &id).await.is_some(), "nobody has asked for its approval yet");
    let ask = json!({"input": {"act": "GRANT_REPAYMENT_ORDER", "objectId": id}});
    let asked = async |yen: i64, step: &str| {
        let begun = s.staff.run(APPROVAL_BEGIN, ask.clone()).await.data()["approvalBegin"].clone();
        assert_eq!((&begun["amountYen"], &begun["seats"][0]["stepName"]), (&json!(yen), &json!(step)));
        assert_eq!(order_task(&boss, &id).await, None, "it is being approved");
        let seat = task(&s.approver, "approvalApprove").await.expect("a seat");
        assert_eq!(seat["dueOn"], "2028-05-31");
        s.approver.run(APPROVAL_APPROVE, json!({"id": seat["objectId"], "comment": null})).await.data();
        assert!(order_task(&boss, &id).await.is_some());
    };
    asked(35_000, "小さい額").await;
    // More waits now: that is another sum, and asked for anew.
    s.close(&next).await;
    assert_eq!(s.offsets(&id).await, [25_000, -25_000]);
    boss.run(SURPLUS_ORDER, because(&id)).await.expect_code("CONFLICT/APPROVAL_REQUIRED");
    assert!(task(&s.staff, "approvalRequest").await.is_some());
    asked(60_000, "大きい額").await;
    assert_eq!(boss.run(SURPLUS_ORDER, because(&id)).await.data()["grantSurplusOrder"]["orderedYen"], 60_000);
    s.is_sound().await;
}

/// Ordered in two parts by two people: neither of them records what comes back.
#[tokio::test]
async fn z20_who_ordered_a_part_of_a_surplus_does_not_record_its_return() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(25_000).await;
    s.later(42).await;
    let (account, both) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    both.run(SURPLUS_ORDER, because(&id)).await.data();
    s.close(&next).await;
    let done = s.approver.run(SURPLUS_ORDER, because(&id)).await.data()["grantSurplusOrder"].clone();
    assert_eq!((&done["orderedYen"], &done["offsetYen"]), (&json!(60_000), &json!(0)));
    let back = |day: &str| of(&id, json!({"amountYen": 60_000, "receivedOn": day}));
    both.run(REPAYMENT, back("2026-07-01")).await.expect_code("FORBIDDEN/DUTIES_APART");
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    let act = format!(
        "SET LOCAL entaku.actor = '{}'; INSERT INTO grant_acts (id, application_id, organization_id, district_id, act)
         SELECT gen_random_uuid(), id, organization_id, district_id, 'REPAYMENT_RECORD' FROM grant_applications
         WHERE id = '{uuid}'",
        account.0
    );
    assert_eq!(attempt(&mut app, &act).await, Err("23514".into()));
    s.payer.run(REPAYMENT, back("2026-06-30")).await.expect_code("INVALID_INPUT");
    s.payer.run(REPAYMENT, back("2026-07-01")).await.data();
    s.is_sound().await;
}

/// What was owed before the surplus was ordered, and sent before, is recorded with its day.
#[tokio::test]
async fn what_was_sent_under_an_earlier_order_keeps_its_day() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.examined(&id, 940_000).await;
    let fix = of(&id, json!({"reason": "審査の意見のとおり。", "keepYen": 50_000}));
    assert_eq!(s.approver.run(AMOUNT_FIX, fix).await.data()["grantAmountFix"]["orderedYen"], 10_000);
    s.late_successor().await;
    s.later(10).await;
    s.approver.run(SURPLUS_ORDER, because(&id)).await.data();
    let back = |yen: i64, day: &str| of(&id, json!({"amountYen": yen, "receivedOn": day}));
    s.payer.run(REPAYMENT, back(10_000, "2026-05-19")).await.expect_code("INVALID_INPUT");
    s.payer.run(REPAYMENT, back(10_000, "2026-05-25")).await.data();
    s.payer.run(REPAYMENT, back(50_000, "2026-05-30")).await.data();
    s.is_sound().await;
}
