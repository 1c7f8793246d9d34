//! Changes of what was decided.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn a_small_change_is_kept_and_a_greater_one_waits_for_somebody_else() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_000_000).await;
    let change = |supplies: i64, decided: Option<i64>| {
        let costs =
            json!([{"category": "SUPPLIES", "amountYen": supplies}, {"category": "FEES", "amountYen": 300_000}]);
        of(&id, json!({"reason": "苗の値上がり", "costs": costs, "decidedYen": decided}))
    };
    let kept = s.officer.run(CHANGE_REQUEST, change(1_200_000, None)).await.data()["grantChangeRequest"].clone();
    assert_eq!((&kept["changes"][0]["state"], &kept["costs"][0]["amountYen"]), (&json!("MINOR"), &json!(1_200_000)));
    let asked = s.officer.run(CHANGE_REQUEST, change(1_200_001, None)).await.data()["grantChangeRequest"].clone();
    assert_eq!(
        (&asked["changes"][1]["state"], &asked["costs"][0]["amountYen"]),
        (&json!("REQUESTED"), &json!(1_200_000))
    );
    s.officer.run(CHANGE_REQUEST, change(1, None)).await.expect_code("CONFLICT/CHANGE_OPEN");
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.expect_code("CONFLICT/CHANGE_OPEN");
    let waiting = text(&asked["changes"][1]["id"]);
    s.officer.run(CHANGE_APPROVE, because(&waiting)).await.expect_code("FORBIDDEN");
    s.staff.run(CHANGE_APPROVE, because(&waiting)).await.expect_code("FORBIDDEN");
    let second = s.town.staff(Role::Approver).await;
    let (a, b) = tokio::join!(
        insist(|| s.approver.run(CHANGE_APPROVE, because(&waiting))),
        insist(|| second.run(CHANGE_REFUSE, because(&waiting)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
    // Any change of the granted amount is decided, and moves the promise.
    let id = s.granted(400_000).await;
    let change = |decided: i64| of(&id, json!({"reason": "縮小", "costs": plan(), "decidedYen": decided}));
    s.pay(&id, Some(100_000)).await;
    s.officer.run(CHANGE_REQUEST, change(99_999)).await.expect_code("CONFLICT/PAID_ALREADY");
    for (decided, committed) in [(300_000, 1_200_000), (500_000, 1_400_000)] {
        let asked = s.officer.run(CHANGE_REQUEST, change(decided)).await.data()["grantChangeRequest"].clone();
        let last = text(&asked["changes"].as_array().expect("changes").last().expect("a change")["id"]);
        let done = s.approver.run(CHANGE_APPROVE, because(&last)).await.data()["grantChangeApprove"].clone();
        assert_eq!(done["application"]["decidedYen"], decided);
        assert!(s.balances().await.contains(&format!("COMMITTED={committed}")), "{:?}", s.balances().await);
        s.is_sound().await;
    }
    let asked = s.officer.run(CHANGE_REQUEST, change(500_001)).await.data()["grantChangeRequest"].clone();
    let last = text(&asked["changes"].as_array().expect("changes").last().expect("a change")["id"]);
    s.approver.run(CHANGE_APPROVE, because(&last)).await.expect_code("CONFLICT/ALLOCATION_EXCEEDED");
    s.approver.run(CHANGE_REFUSE, because(&last)).await.data();
    assert_eq!(s.life(&id).await["decidedYen"], 500_000);
    let asked = s.officer.run(CHANGE_REQUEST, change(100_000)).await.data()["grantChangeRequest"].clone();
    let last = text(&asked["changes"].as_array().expect("changes").last().expect("a change")["id"]);
    s.approver.run(CHANGE_APPROVE, because(&last)).await.data();
    assert_eq!(s.state(&id).await, "PAID", "nothing is left to be paid");
    s.is_sound().await;
}

#[tokio::test]
async fn a_changed_grant_is_withdrawn_whole() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(400_000).await;
    let change = of(&id, json!({"reason": "縮小", "costs": plan(), "decidedYen": 300_000}));
    let asked = s.officer.run(CHANGE_REQUEST, change).await.data()["grantChangeRequest"]["changes"][0]["id"].clone();
    s.approver.run(CHANGE_APPROVE, because(&text(&asked))).await.data();
    s.officer.run(WITHDRAW, json!({"id": id})).await.data();
    assert!(s.balances().await.contains(&"COMMITTED=0".into()));
    s.is_sound().await;
}

#[tokio::test]
async fn z20_who_decides_on_a_changed_amount_has_no_hand_in_its_payment() {
    let s = Scene::with_terms(&quarters()).await;
    let (account, both) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    let id = s.granted(400_000).await;
    let change = s.change_to(&id, 500_000).await;
    both.run(CHANGE_APPROVE, because(&change)).await.data();
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 500_000}))).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let mut app = inside(&s.town, "entaku_app").await;
    let uuid = decode(&id).expect("an id").1;
    for who in ["paid_by", "payment_requested_by"] {
        let same = format!("UPDATE grant_applications SET changed_by = {who} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &same).await, Err("23514".into()), "{who}");
    }
    // Nor does who has paid decide on what is paid, or fix it.
    let id = s.granted(400_000).await;
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 100_000}))).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let change = s.change_to(&id, 500_000).await;
    both.run(CHANGE_APPROVE, because(&change)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.approver.run(CHANGE_REFUSE, because(&change)).await.data();
    s.examined(&id, 300_000).await;
    both.run(AMOUNT_FIX, because(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.approver.run(AMOUNT_FIX, because(&id)).await.data();
}

#[tokio::test]
async fn a_change_that_waits_ends_with_its_application() {
    let s = Scene::with_terms(&quarters()).await;
    for (id, ends) in [(s.granted(300_000).await, "withdrawn"), (s.granted(300_000).await, "revoked")] {
        let change = s.change_to(&id, 200_000).await;
        match ends {
            "withdrawn" => s.officer.run(WITHDRAW, json!({"id": id})).await.data(),
            _ => s.approver.run(REVOKE, because(&id)).await.data(),
        };
        assert_eq!(s.life(&id).await["changes"][0]["state"], "WITHDRAWN", "{ends}");
        s.approver.run(CHANGE_APPROVE, because(&change)).await.expect_code("CONFLICT/STATE");
        s.is_sound().await;
    }
}

/// The name in the application is the last payer's, or the last one's who decided on a change: those before count as well.
#[tokio::test]
async fn z20_m14_who_paid_any_part_neither_changes_nor_fixes_it_and_the_reverse() {
    let s = Scene::with_terms(&quarters()).await;
    let (account, both) = s.town.person(Role::Approver, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Payer, ScopeKind::Municipality, None).await;
    let both_tasks = async || {
        let tasks = "{ viewer { tasks(first: 100) { nodes { act } } } }";
        let nodes = both.run(tasks, json!({})).await.data()["viewer"]["tasks"]["nodes"].clone();
        nodes.as_array().expect("nodes").iter().map(|task| text(&task["act"])).collect::<Vec<_>>()
    };
    let id = s.granted(400_000).await;
    let uuid = decode(&id).expect("an id").1;
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 100_000}))).await.data();
    both.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.pay(&id, Some(100_000)).await;
    let change = s.change_to(&id, 500_000).await;
    assert!(!both_tasks().await.contains(&"grantChangeApprove".to_owned()));
    both.run(CHANGE_APPROVE, because(&change)).await.expect_code("FORBIDDEN/DUTIES_APART");
    both.run(CHANGE_REFUSE, because(&change)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let mut app = inside(&s.town, "entaku_app").await;
    let decided = format!(
        "UPDATE grant_changes SET state = 'REFUSED', decided_on = '2026-05-20', decision_reason = '不可', decided_by = '{}'
            WHERE application_id = '{uuid}'",
        account.0
    );
    assert_eq!(attempt(&mut app, &decided).await, Err("23514".into()));
    s.approver.run(CHANGE_REFUSE, because(&change)).await.data();
    s.examined(&id, 300_000).await;
    assert!(!both_tasks().await.contains(&"grantAmountFix".to_owned()));
    both.run(AMOUNT_FIX, because(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let fixed_by = |who: uuid::Uuid| format!("UPDATE grant_applications SET fixed_by = '{who}' WHERE id = '{uuid}'");
    assert_eq!(attempt(&mut app, &fixed_by(account.0)).await, Err("23514".into()));
    let another = s.town.person(Role::Approver, ScopeKind::Municipality, None).await.0;
    assert_eq!(attempt(&mut app, &fixed_by(another.0)).await, Ok(()), "who paid nothing may");
    s.approver.run(AMOUNT_FIX, because(&id)).await.data();
    // Who decided on the first of two changes pays as little as who decided on the last.
    let id = s.granted(400_000).await;
    let first = s.change_to(&id, 450_000).await;
    both.run(CHANGE_APPROVE, because(&first)).await.data();
    let second = s.change_to(&id, 420_000).await;
    s.approver.run(CHANGE_APPROVE, because(&second)).await.data();
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 420_000}))).await.data();
    assert!(!both_tasks().await.contains(&"grantPaymentExecute".to_owned()));
    both.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.is_sound().await;
}
