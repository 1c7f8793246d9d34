//! A payment that was recorded by mistake, or that the bank gave back: undone once, by somebody else, and paid again.

use futures_util::future::join_all;

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

story!(YEAR_REOPEN, "293-ledger-year-reopen");
const PARTS: &str = "query($id: ID!) { grantApplication(id: $id) { state paidYen pendingYen paidOn
    payments { id number kind amountYen reversedOn reversalKind }
    viewerCan { action allowed code reason } } }";

fn undone(id: &str, payment: &str, kind: &str, on: Option<&str>) -> Value {
    of(id, json!({"paymentId": payment, "kind": kind, "returnedOn": on, "reason": "振込先の口座が解約されていた。"}))
}

fn came_back(id: &str, payment: &str) -> Value {
    undone(id, payment, "RETURNED_BY_BANK", Some("2026-05-20"))
}

impl Scene {
    async fn parts(&self, id: &str) -> Value {
        self.staff.run(PARTS, json!({"id": id})).await.data()["grantApplication"].clone()
    }

    /// The id of the payment of a number.
    async fn part(&self, id: &str, number: i64) -> String {
        let seen = self.parts(id).await;
        let found = seen["payments"].as_array().expect("payments").iter().find(|one| one["number"] == number);
        text(&found.expect("a payment")["id"])
    }

    /// The newest payment comes back, and is made again.
    pub(crate) async fn returned_and_paid_again(&self, id: &str) -> String {
        let seen = self.parts(id).await;
        let newest = seen["payments"].as_array().expect("payments").last().expect("a payment")["id"].clone();
        let other = self.town.staff(Role::Payer).await;
        other.run(REVERSE, came_back(id, &text(&newest))).await.data();
        self.again(id).await
    }

    /// What waits is paid by who paid before; the state after it.
    async fn again(&self, id: &str) -> String {
        text(&self.payer.run(PAYMENT_EXECUTE, paid(id)).await.data()["grantPaymentExecute"]["state"])
    }
}

/// What `viewerCan` says of the act.
async fn may_reverse(who: &Client, id: &str) -> (bool, Value) {
    let seen = who.run(PARTS, json!({"id": id})).await.data()["grantApplication"].clone();
    let acts = seen["viewerCan"].as_array().expect("acts").clone();
    let one = acts.iter().find(|one| one["action"] == "grantPaymentReverse").expect("it is told");
    (one["allowed"] == true, one["reason"].clone())
}

#[tokio::test]
async fn m10_m14_a_quarter_that_came_back_is_paid_again_and_every_yen_is_there() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(1_234_567).await;
    for _ in 0..3 {
        s.pay(&id, None).await;
    }
    let (first, third) = (s.part(&id, 1).await, s.part(&id, 3).await);
    s.payer.run(REVERSE, came_back(&id, &third)).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(may_reverse(&s.payer, &id).await, (false, json!("DUTIES_APART")));
    for who in [&s.staff, &s.approver, &s.officer] {
        who.run(REVERSE, came_back(&id, &third)).await.expect_code("FORBIDDEN");
    }
    second.run(REVERSE, came_back(&id, &first)).await.expect_code("CONFLICT/NOT_NEWEST");
    for (kind, on) in [
        ("RETURNED_BY_BANK", None),
        ("RETURNED_BY_BANK", Some("2026-05-19")),
        ("RETURNED_BY_BANK", Some("2026-05-21")),
        ("RECORDED_BY_MISTAKE", Some("2026-05-20")),
    ] {
        second.run(REVERSE, undone(&id, &third, kind, on)).await.expect_code("INVALID_INPUT");
    }
    let other = s.granted(100_000).await;
    s.pay(&other, None).await;
    second.run(REVERSE, came_back(&other, &third)).await.expect_code("NOT_FOUND");
    assert_eq!(may_reverse(&second, &id).await, (true, Value::Null));
    let done = second.run(REVERSE, came_back(&id, &third)).await.data()["grantPaymentReverse"].clone();
    assert_eq!((&done["state"], &done["paidYen"]), (&json!("PAYMENT_REQUESTED"), &json!(618_567)));
    assert_eq!(done["pendingYen"], 308_000, "nobody has to ask for it again");
    let kept = &done["payments"][2];
    assert_eq!((&kept["reversedOn"], &kept["reversalKind"]), (&json!("2026-05-20"), &json!("RETURNED_BY_BANK")));
    assert_eq!(kept["reversal"]["kind"], "GRANT_PAYMENT_REVERSED");
    s.is_sound().await;
    let told = s.officer.run("{ viewer { notifications(first: 5) { nodes { kind } } } }", json!({})).await.text;
    assert!(told.contains("GRANT_PAYMENT_REVERSED"), "{told}");
    second.run(REVERSE, came_back(&id, &third)).await.expect_code("CONFLICT/REVERSED");
    // Whoever freed it does not make it again: a second payment takes two.
    second.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(s.again(&id).await, "PARTLY_PAID");
    assert_eq!(s.pay(&id, None).await, "PAID");
    let seen = s.parts(&id).await;
    let parts = seen["payments"].as_array().expect("payments").iter();
    let parts: Vec<_> =
        parts.map(|p| (p["number"].clone(), p["amountYen"].clone(), p["reversedOn"].is_null())).collect();
    let part = |n: i64, yen: i64, counts: bool| (json!(n), json!(yen), counts);
    let expected = [
        part(1, 310_567, true),
        part(2, 308_000, true),
        part(3, 308_000, false),
        part(4, 308_000, true),
        part(5, 308_000, true),
    ];
    assert_eq!((parts.as_slice(), &seen["paidYen"]), (expected.as_slice(), &json!(1_234_567)));
    assert!(s.balances().await.contains(&"PAID=1259567".to_owned()));
    s.is_sound().await;
}

#[tokio::test]
async fn a_payment_that_was_none_leaves_nothing_paid_and_may_be_undone_with_the_next() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(1_234_567).await;
    s.pay(&id, None).await;
    let mistake = undone(&id, &s.part(&id, 1).await, "RECORDED_BY_MISTAKE", None);
    second.run(REVERSE, mistake).await.data();
    let seen = s.parts(&id).await;
    assert_eq!((&seen["paidYen"], &seen["paidOn"]), (&json!(0), &Value::Null));
    assert_eq!(may_reverse(&second, &id).await, (false, json!("NOTHING_PAID")));
    s.is_sound().await;
    assert_eq!(s.again(&id).await, "PARTLY_PAID");
    s.pay(&id, None).await;
    // The third is asked for when the second comes back: both wait together.
    s.officer.run(PAYMENT_REQUEST, json!({"id": id})).await.data();
    let back = came_back(&id, &s.part(&id, 3).await);
    assert_eq!(second.run(REVERSE, back).await.data()["grantPaymentReverse"]["pendingYen"], 616_000);
    assert_eq!(s.again(&id).await, "PARTLY_PAID");
    assert_eq!(s.parts(&id).await["paidYen"], 926_567);
    s.is_sound().await;
}

/// What is reported on is not put back: the rest is paid after the fixing, and a settlement payment can come back, too.
#[tokio::test]
async fn m8_what_came_back_before_and_after_the_fixing_is_settled() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(400_000)).await;
    s.pay(&id, Some(600_000)).await;
    s.examined(&id, 900_000).await;
    let back = second.run(REVERSE, came_back(&id, &s.part(&id, 2).await)).await.data()["grantPaymentReverse"].clone();
    assert_eq!((&back["state"], &back["pendingYen"]), (&json!("REPORT_REVIEWED"), &Value::Null));
    assert_eq!(back["paidYen"], 400_000);
    s.is_sound().await;
    assert_eq!(s.approver.run(AMOUNT_FIX, because(&id)).await.data()["grantAmountFix"]["state"], "AMOUNT_FIXED");
    assert_eq!(s.pay(&id, None).await, "SETTLED");
    let back = second.run(REVERSE, came_back(&id, &s.part(&id, 3).await)).await.data()["grantPaymentReverse"].clone();
    assert_eq!((&back["state"], &back["pendingYen"]), (&json!("PAYMENT_REQUESTED"), &json!(500_000)));
    s.is_sound().await;
    assert_eq!(s.again(&id).await, "SETTLED");
    // An advance, after the fixing: nothing beyond the fixed amount was paid, so nothing rests on it.
    for number in [4, 1] {
        second.run(REVERSE, came_back(&id, &s.part(&id, number).await)).await.data();
    }
    assert_eq!(s.again(&id).await, "SETTLED");
    assert_eq!(s.parts(&id).await["paidYen"], 900_000);
    s.is_sound().await;
}

#[tokio::test]
async fn m13_a_payment_on_which_something_rests_is_not_reversed() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let reverse = async |id: &str| second.run(REVERSE, came_back(id, &s.part(id, 1).await)).await;
    let id = s.granted(400_000).await;
    s.pay(&id, Some(300_000)).await;
    s.change_to(&id, 450_000).await;
    reverse(&id).await.expect_code("CONFLICT/CHANGE_OPEN");
    let id = s.granted(400_000).await;
    s.pay(&id, Some(400_000)).await;
    s.fixed(&id, 300_000).await;
    reverse(&id).await.expect_code("CONFLICT/RETURN_ORDERED");
    s.payer.run(REPAYMENT, returned(&id, 100_000)).await.data();
    reverse(&id).await.expect_code("CONFLICT/RETURN_ORDERED");
    let returning = s.part(&id, 2).await;
    second.run(REVERSE, came_back(&id, &returning)).await.expect_code("INVALID_INPUT");
    let mut terms = quarters();
    terms["surplusRule"] = json!("CARRY_OVER");
    let s = Scene::with_terms(&terms).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(400_000).await;
    s.pay(&id, Some(400_000)).await;
    s.fixed(&id, 300_000).await;
    let refused = second.run(REVERSE, came_back(&id, &s.part(&id, 1).await)).await;
    refused.expect_code("CONFLICT/SURPLUS_SETTLED");
    s.is_sound().await;
}

/// Nothing is posted into a closed year: it is opened again first, or what came back is income of the year in which it comes.
#[tokio::test]
async fn m9_in_a_closed_year_nothing_is_reversed() {
    let mut s = Scene::new().await;
    let (one, other) = (s.payable_of(100_000).await, s.payable_of(200_000).await);
    for id in [&one, &other] {
        s.payer.run(PAYMENT_EXECUTE, paid(id)).await.data();
    }
    s.at_the_closing().await;
    let year = text(&s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data()["ledgerYearClose"]["id"]);
    let back = undone(&one, &s.part(&one, 1).await, "RETURNED_BY_BANK", Some("2027-05-31"));
    let refused = s.payer.run(REVERSE, back.clone()).await.expect_code("CONFLICT/YEAR_CLOSED");
    assert!(refused.text.contains("Reopen") && refused.text.contains("income"), "{}", refused.text);
    s.approver.run(REVOKE, because(&other)).await.data();
    let repaid = of(&other, json!({"amountYen": 200_000, "receivedOn": "2027-05-31"}));
    let repaid = s.payer.run(REPAYMENT, repaid).await.data()["grantRepaymentRecord"].clone();
    assert_eq!(repaid["payments"][1]["journal"], json!({"kind": "GRANT_REPAID", "fiscalYear": 2027}));
    s.is_sound().await;
    let reopening = of(&year, json!({"reason": "組戻しを記帳するため"}));
    s.approver.run(YEAR_REOPEN, reopening).await.data();
    s.payer.run(REVERSE, back).await.data();
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.expect_code("CONFLICT/COMMITMENTS_OPEN");
    let again = s.town.staff(Role::Payer).await;
    again.run(PAYMENT_EXECUTE, of(&one, json!({"paidOn": "2027-05-31"}))).await.data();
    s.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn m5_m13_of_simultaneous_reversals_exactly_one_wins() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(1_234_567).await;
    s.pay(&id, None).await;
    s.pay(&id, None).await;
    let payers = [s.town.staff(Role::Payer).await, s.town.staff(Role::Payer).await];
    for number in [2, 3, 4] {
        let back = came_back(&id, &s.part(&id, number).await);
        let press = |n: usize| {
            let (payer, back) = (payers[n % 2].clone(), back.clone());
            async move { insist(|| payer.run(REVERSE, back.clone())).await.code() }
        };
        let mut codes = join_all((0..6).map(press)).await;
        codes.sort();
        assert_eq!((codes[0].as_str(), codes[1].as_str()), ("(none)", "CONFLICT/REVERSED"), "{codes:?}");
        assert!(codes[1..].iter().all(|code| code == "CONFLICT/REVERSED"), "{codes:?}");
        assert_eq!(s.parts(&id).await["paidYen"], 310_567);
        assert_eq!(s.again(&id).await, "PARTLY_PAID");
    }
    // The same key twice is one reversal and one answer.
    let keyed = payers[0].with("idempotency-key", "undo-once");
    let back = came_back(&id, &s.part(&id, 5).await);
    let first = keyed.run(REVERSE, back.clone()).await.data();
    assert_eq!(keyed.run(REVERSE, back).await.data(), first);
    s.is_sound().await;
}

#[tokio::test]
async fn m13_a_reversal_beside_the_next_payment_comes_before_it_or_not_at_all() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    for _ in 0..4 {
        let id = s.granted(300_000).await;
        s.pay(&id, Some(100_000)).await;
        s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 50_000}))).await.data();
        let back = came_back(&id, &s.part(&id, 1).await);
        let (undo, pay) = tokio::join!(
            insist(|| second.run(REVERSE, back.clone())),
            insist(|| s.payer.run(PAYMENT_EXECUTE, paid(&id)))
        );
        pay.data();
        assert!(["(none)", "CONFLICT/NOT_NEWEST"].contains(&undo.code().as_str()), "{}", undo.text);
        let seen = s.parts(&id).await;
        assert_eq!((&seen["paidYen"], &seen["pendingYen"]), (&json!(150_000), &Value::Null));
        assert_eq!(seen["payments"][0]["reversedOn"].is_null(), undo.code() != "(none)");
        s.is_sound().await;
    }
}

/// The second wall: another journal than the payment's reverse, once more, by the payer, in part, without its row.
#[tokio::test]
async fn m8_m14_the_database_keeps_what_a_reversal_is() {
    use entaku::kernel::read::sql::Sql;
    let s = Scene::with_terms(&quarters()).await;
    let (reverser, second) = s.town.person(Role::Payer, ScopeKind::Municipality, None).await;
    let id = s.granted(1_234_567).await;
    s.pay(&id, None).await;
    s.pay(&id, None).await;
    let uuid = decode(&id).expect("an id").1;
    let row = &s
        .town
        .system()
        .rows(Sql::new(&format!(
            "SELECT p.id::text, p.journal_id::text, p.paid_by::text, n.id::text AS second, n.journal_id::text AS its
             FROM grant_payments p JOIN grant_payments n ON n.application_id = p.application_id AND n.number = 2
             WHERE p.number = 1 AND p.application_id = '{uuid}'"
        )))
        .await
        .expect("rows")[0];
    let [first, journal, payer, newest, its] = std::array::from_fn(|n| row.get::<_, String>(n));
    let mut app = inside(&s.town, "entaku_app").await;
    let acts = |who: &str| format!("SELECT set_config('entaku.actor', '{who}', true)");
    let reverse = |of: &str| {
        format!(
            "SELECT ledger_post('00000000-0000-7000-8000-000000000001', 'GRANT_PAYMENT_REVERSED', '{uuid}', 2026, '', false,
                '{of}', '{{}}', '{{}}', '{{}}')"
        )
    };
    let mark = |payment: &str, by: &str| {
        format!(
            "UPDATE grant_payments SET reversed_on = paid_on, reversal_kind = 'RETURNED_BY_BANK', reversed_by = '{by}',
                reversal_id = '00000000-0000-7000-8000-000000000001' WHERE id = '{payment}'"
        )
    };
    let back = format!(
        "UPDATE grant_applications SET state = 'PAYMENT_REQUESTED', paid_yen = 310567, pending_yen = 308000,
            payment_id = '{journal}', paid_by = '{payer}' WHERE id = '{uuid}'"
    );
    let me = reverser.0.to_string();
    for (why, statements) in [
        ("its journal alone", reverse(&its)),
        (
            "its row alone, by another journal",
            mark(&newest, &me).replace("00000000-0000-7000-8000-000000000001", &journal),
        ),
        ("in the payer's name", [reverse(&its), mark(&newest, &payer), back.clone()].join("; ")),
        ("by the payer", [acts(&payer), reverse(&its), mark(&newest, &payer), back.clone()].join("; ")),
        ("another payment's journal", [reverse(&journal), mark(&newest, &me), back.clone()].join("; ")),
        ("not the newest", [reverse(&journal), mark(&first, &me), back.clone()].join("; ")),
        ("nothing becomes of it", [reverse(&its), mark(&newest, &me)].join("; ")),
        ("the application alone", back.clone()),
        ("less than it was", [reverse(&its), mark(&newest, &me), back.replace("310567", "310566")].join("; ")),
        ("nothing is asked for", [reverse(&its), mark(&newest, &me), back.replace("308000", "1")].join("; ")),
    ] {
        let all = format!("{}; {statements}", acts(&me));
        assert_eq!(attempt(&mut app, &all).await, Err("23514".into()), "{why}");
    }
    let whole = format!("{}; {}", acts(&me), [reverse(&its), mark(&newest, &me), back].join("; "));
    attempt(&mut app, &whole).await.expect("whole");
    assert_eq!(s.parts(&id).await["paidYen"], 310_567);
    let twice = format!("{}; {}", acts(&me), mark(&newest, &me));
    assert_eq!(attempt(&mut app, &twice).await, Err("23514".into()), "twice");
    let own = format!(
        "UPDATE grant_applications SET state = 'PARTLY_PAID', paid_yen = 618567, pending_yen = NULL, paid_by = '{me}',
            payment_id = '{its}' WHERE id = '{uuid}'"
    );
    assert_eq!(attempt(&mut app, &format!("{}; {own}", acts(&me))).await, Err("23514".into()), "and pays it again");
    second.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.again(&id).await;
    s.is_sound().await;
}
