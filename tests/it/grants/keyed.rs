//! The same Idempotency-Key, or the same grant, from everybody at once: money moves once, and whoever pressed is told so.

use entaku::kernel::config::WireConfig;
use entaku::kernel::jobs::Runner;
use entaku::kernel::read::sql::Sql;
use entaku::people::housekeeping;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;
use crate::jobs::run_all_due;
use crate::support::database::{self, Own};
use crate::support::town::{app_of, app_over, pair};

/// How often a payment is pressed at once.
const PRESSES: usize = 100;
/// How often in all, by as many at a time.
const ALL: usize = 1_000;

/// As a client would: again while the server is busy, or its own twin is still at it.
async fn patiently<F: Future<Output = Answer>>(press: impl Fn() -> F) -> Answer {
    loop {
        let answer = press().await;
        if !["UNAVAILABLE", "CONFLICT/IN_PROGRESS"].contains(&answer.code().as_str()) {
            return answer;
        }
    }
}

impl Scene {
    /// How many journals of payments there are.
    async fn payments(&self) -> i64 {
        let sql = Sql::new("SELECT count(*) FROM ledger_journals WHERE kind = 'GRANT_PAID'");
        self.town.system().rows(sql).await.expect("counted")[0].get(0)
    }
}

#[tokio::test]
async fn m5_a_hundred_parallel_presses_with_one_key_are_one_payment_and_one_answer() {
    let s = Scene::new().await;
    let id = s.payable().await;
    let keyed = s.payer.with("idempotency-key", "pay-once");
    let answers = join_all((0..PRESSES).map(|_| keyed.run(PAYMENT_EXECUTE, paid(&id)))).await;
    let (done, busy): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.body.get("errors").is_none());
    for answer in &busy {
        let code = answer.code();
        assert!(["UNAVAILABLE", "CONFLICT/IN_PROGRESS"].contains(&code.as_str()), "{}", answer.text);
    }
    let again = patiently(|| keyed.run(PAYMENT_EXECUTE, paid(&id))).await.data();
    assert_eq!(again["grantPaymentExecute"]["state"], "PAID");
    for answer in done {
        assert_eq!(answer.data(), again, "everybody is told the same");
    }
    assert_eq!(s.payments().await, 1);
    assert_eq!(s.balances().await[3..], ["GRANT=400000", "PAID=1100000"]);
}

/// At two servers of one installation, and at a third that starts afterwards.
#[tokio::test]
async fn m5_a_thousand_presses_with_one_key_are_one_payment_and_one_answer_after_a_restart_too() {
    let wire = WireConfig::default();
    let [one, other] = pair(&wire);
    let s = Scene::over(one.clone()).await;
    let id = s.payable().await;
    let at = |app: &Arc<App>| {
        let token = s.payer.header("authorization").expect("a token");
        Client::new(app.clone()).with("authorization", token).with("idempotency-key", "pay-once")
    };
    let servers = [at(&one), at(&other)];
    let press = |n: usize| {
        let (keyed, id) = (servers[n % 2].clone(), id.clone());
        async move { patiently(|| keyed.run(PAYMENT_EXECUTE, paid(&id))).await.data() }
    };
    let answers: Vec<Value> = stream::iter((0..ALL).map(press)).buffer_unordered(PRESSES).collect().await;
    assert_eq!(answers.len(), ALL);
    assert_eq!(answers[0]["grantPaymentExecute"]["state"], "PAID");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "everybody is told the same");
    assert_eq!(s.payments().await, 1);
    let restarted = app_of(&database::url("entaku_app"), wire, one.keys.clone(), one.clock.clone());
    let restarted = at(&restarted);
    assert_eq!(restarted.run(PAYMENT_EXECUTE, paid(&id)).await.data(), answers[0]);
    restarted.run(PAYMENT_EXECUTE, of_another_day(&id)).await.expect_code("CONFLICT/IDEMPOTENCY");
    assert_eq!(s.payments().await, 1);
    assert_eq!(s.balances().await[3..], ["GRANT=400000", "PAID=1100000"]);
    s.is_sound().await;
}

fn of_another_day(id: &str) -> Value {
    json!({"id": id, "input": {"paidOn": "2026-05-19"}})
}

/// Two bodies race for one key: one of them is done, the other is refused, whoever comes first.
#[tokio::test]
async fn m6_the_same_key_with_another_body_at_the_same_time_is_refused() {
    let s = Scene::new().await;
    let (first, second) = (s.payable_of(100_000).await, s.payable_of(200_000).await);
    let keyed = s.payer.with("idempotency-key", "one-of-two");
    let press = |n: usize| {
        let (keyed, id) = (keyed.clone(), if n.is_multiple_of(2) { &first } else { &second });
        async move { (n % 2, patiently(|| keyed.run(PAYMENT_EXECUTE, paid(id))).await) }
    };
    let answers = join_all((0..40).map(press)).await;
    let winner = answers.iter().find(|(_, answer)| answer.code() == "(none)").expect("one is paid").0;
    for (n, answer) in &answers {
        let expected = if *n == winner { "(none)" } else { "CONFLICT/IDEMPOTENCY" };
        assert_eq!(answer.code(), expected, "{}", answer.text);
    }
    assert_eq!(s.payments().await, 1);
    let states = [s.state(&first).await, s.state(&second).await];
    assert_eq!((states[winner].as_str(), states[1 - winner].as_str()), ("PAID", "PAYMENT_REQUESTED"));
}

/// A key that has been cleared away is a new one; the grant's own state still pays once.
#[tokio::test]
async fn m5_after_the_life_of_its_key_a_payment_is_not_repeated() {
    let own = Own::migrated().await;
    let mut s = Scene::over(app_over(&own.url("entaku_app"))).await;
    let id = s.payable().await;
    let (account, payer) = s.town.person(Role::Payer, ScopeKind::Municipality, None).await;
    let paid = paid(&id);
    let first = payer.with("idempotency-key", "pay").run(PAYMENT_EXECUTE, paid.clone()).await.data();
    let app = s.town.app.clone();
    let kinds = vec![housekeeping::kind()];
    let (worker, keys) = (own.url("entaku_worker"), app.keys.clone());
    let runner = Runner::new(&worker, app.database.clone(), keys, app.clock.clone(), kinds).expect("a runner");
    for (hours, expected) in [(47, "(none)"), (25, "CONFLICT/STATE")] {
        app.clock.advance(Duration::hours(hours));
        runner.schedule().await.expect("scheduled");
        run_all_due(&runner).await;
        let keyed = s.town.enter(account).await.with("idempotency-key", "pay");
        let answer = keyed.run(PAYMENT_EXECUTE, paid.clone()).await;
        assert_eq!(answer.code(), expected, "{}", answer.text);
        if expected == "(none)" {
            assert_eq!(answer.data(), first);
        }
    }
    s.staff = s.town.staff(Role::GrantStaff).await;
    assert_eq!(s.payments().await, 1);
    assert_eq!(s.balances().await[3..], ["GRANT=400000", "PAID=1100000"]);
}

/// Five payers press each of twenty grants of one allocation at once.
#[tokio::test]
async fn m4_a_hundred_parallel_payments_of_twenty_grants_pay_each_once() {
    const GRANTS: usize = 20;
    const EACH: i64 = 50_000;
    let s = Scene::new().await;
    let mut ids = Vec::new();
    for _ in 0..GRANTS {
        ids.push(s.payable_of(EACH).await);
    }
    let mut payers = Vec::new();
    for _ in 0..PRESSES / GRANTS {
        payers.push(s.town.staff(Role::Payer).await);
    }
    let press = |n: usize| {
        let (payer, id) = (payers[n / GRANTS].clone(), ids[n % GRANTS].clone());
        async move { patiently(|| payer.run(PAYMENT_EXECUTE, paid(&id))).await.code() }
    };
    let codes = join_all((0..PRESSES).map(press)).await;
    for grant in 0..GRANTS {
        let of = codes.iter().skip(grant).step_by(GRANTS);
        assert_eq!(of.filter(|code| *code == "(none)").count(), 1, "grant {grant}: {codes:?}");
    }
    assert!(codes.iter().all(|code| code == "(none)" || code == "CONFLICT/STATE"), "{codes:?}");
    assert_eq!(s.payments().await, 20);
    assert_eq!(s.balances().await[2..], ["COMMITTED=0", "GRANT=500000", "PAID=1000000"]);
    for id in &ids {
        assert_eq!(s.state(id).await, "PAID");
    }
    s.is_sound().await;
}

/// Two who may decide do so at once, with different amounts: one decision stands, with its obligation.
#[tokio::test]
async fn m13_of_two_decisions_at_once_one_stands() {
    let s = Scene::new().await;
    let second = s.town.staff(Role::Approver).await;
    for _ in 0..5 {
        let id = s.draft_of(&s.officer, 100_000).await;
        s.officer.run(SUBMIT, json!({"id": id})).await.data();
        s.staff.run(REVIEW_START, json!({"id": id})).await.data();
        s.staff.run(RECOMMEND, opinion(&id, 100_000)).await.data();
        let deciding = |who: Client, yen: i64| {
            let id = id.clone();
            async move { patiently(|| who.run(DECIDE, opinion(&id, yen))).await.code() }
        };
        let (a, b) = tokio::join!(deciding(s.approver.clone(), 90_000), deciding(second.clone(), 80_000));
        let mut codes = [a.clone(), b];
        codes.sort();
        assert_eq!(codes, ["(none)", "CONFLICT/STATE"]);
        let seen = s.staff.run(READ, json!({"id": id})).await.data()["grantApplication"].clone();
        assert_eq!(seen["decidedYen"], if a == "(none)" { 90_000 } else { 80_000 });
        let acts = seen["acts"].as_array().expect("acts");
        assert_eq!(acts.iter().filter(|act| act["act"] == "DECIDE").count(), 1);
    }
    s.is_sound().await;
}
