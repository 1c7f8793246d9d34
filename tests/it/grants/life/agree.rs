//! What somebody is told to do, what `viewerCan` says and what they may do agree, for everybody who paid a part, decided on a
//! change or reversed a payment before, though the row names the last of them at most.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

const SEEN: &str = "query($id: ID!) { grantApplication(id: $id) { payments { id } viewerCan { action allowed reason } }
    viewer { tasks(first: 100) { nodes { act objectId } } } }";

/// Somebody who may pay and decide, and what they are called.
type Named = (&'static str, Client);

impl Scene {
    async fn payer_and_approver(&self) -> Client {
        let (account, both) = self.town.person(Role::Payer, ScopeKind::Municipality, None).await;
        self.town.appoint(account, Role::Approver, ScopeKind::Municipality, None).await;
        both
    }

    /// For everybody: their task is there, and `viewerCan` says that they may, exactly where the act goes through. Those who
    /// may not.
    async fn compared(&self, people: &[Named], act: &str, document: &str, variables: &Value) -> Vec<&'static str> {
        let mut refused = Vec::new();
        for (name, who) in people {
            let done = who.with("entaku-dry-run", "true").run(document, variables.clone()).await;
            assert!(["(none)", "FORBIDDEN/DUTIES_APART"].contains(&done.code().as_str()), "{name}: {}", done.text);
            let done = done.code() == "(none)";
            let seen = who.run(SEEN, json!({"id": variables["id"]})).await.data();
            let list = |list: &Value| list.as_array().expect("a list").clone();
            let tasks = list(&seen["viewer"]["tasks"]["nodes"]);
            let task = tasks.iter().any(|task| task["act"] == act && task["objectId"] == variables["id"]);
            assert_eq!(task, done, "{act} of {name}: the task and the act");
            let can = list(&seen["grantApplication"]["viewerCan"]);
            let can = can.iter().find(|one| one["action"] == act).expect("an act");
            assert_eq!(can["allowed"], done, "{act} of {name}: viewerCan and the act");
            if !done {
                assert_eq!(can["reason"], "DUTIES_APART", "{act} of {name}");
                refused.push(*name);
            }
        }
        refused
    }
}

#[tokio::test]
async fn z20_m14_tasks_and_acts_agree_for_everybody_who_had_a_hand_in_it() {
    let s = Scene::with_terms(&quarters()).await;
    let mut people = vec![("payer", s.payer.clone())];
    for name in ["first payer", "second payer", "first changer", "second changer", "reverser"] {
        people.push((name, s.payer_and_approver().await));
    }
    let [_, first, second, one, other, reverser] = &people[..] else { panic!("six") };
    let id = s.granted(1_000_000).await;
    for (payer, yen) in [(first, 100_000), (second, 200_000)] {
        s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({ "amountYen": yen }))).await.data();
        payer.1.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    }
    for (changer, yen) in [(one, 900_000), (other, 800_000)] {
        let change = s.change_to(&id, yen).await;
        changer.1.run(CHANGE_APPROVE, because(&change)).await.data();
    }
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 300_000}))).await.data();
    let pay = async |people: &[Named]| s.compared(people, "grantPaymentExecute", PAYMENT_EXECUTE, &paid(&id)).await;
    assert_eq!(pay(&people).await, ["first changer", "second changer"]);
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let payments = s.staff.run(SEEN, json!({"id": id})).await.data()["grantApplication"]["payments"].clone();
    let back = json!({"paymentId": payments[2]["id"], "kind": "RETURNED_BY_BANK", "returnedOn": "2026-05-20", "reason": "解約"});
    reverser.1.run(REVERSE, of(&id, back)).await.data();
    assert_eq!(pay(&people).await, ["first changer", "second changer", "reverser"]);
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    s.examined(&id, 700_000).await;
    // Whoever only pays fixes nothing.
    let approvers = people[1..].to_vec();
    let refused = s.compared(&approvers, "grantAmountFix", AMOUNT_FIX, &because(&id)).await;
    assert_eq!(refused, ["first payer", "second payer", "reverser"]);
}
