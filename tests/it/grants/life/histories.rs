//! Random histories of one grant against a model (M11): asked for, paid and undone in whatever order, every answer, the sums
//! and the ledger are as they must be.

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

story!(REVERSE, "279-grant-payment-reverse");
const SEEN: &str =
    "query($id: ID!) { grantApplication(id: $id) { state paidYen pendingYen payments { id reversedOn } } }";
const HISTORIES: u32 = 16;
const DECIDED: i64 = 50_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(i64),
    Pay,
    Undo,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1i64..30_000).prop_map(Step::Ask),
        4 => proptest::strategy::Just(Step::Pay),
        3 => proptest::strategy::Just(Step::Undo),
    ]
}

/// What counts as paid, in order, and what is asked for.
#[derive(Default)]
struct Model {
    paid: Vec<i64>,
    pending: Option<i64>,
}

impl Model {
    fn sum(&self) -> i64 {
        self.paid.iter().sum()
    }

    fn state(&self) -> &'static str {
        match (self.pending, self.sum()) {
            (Some(_), _) => "PAYMENT_REQUESTED",
            (None, 0) => "DECIDED",
            (None, DECIDED) => "PAID",
            _ => "PARTLY_PAID",
        }
    }

    /// What is answered; what follows from it is done.
    fn take(&mut self, step: Step) -> &'static str {
        let left = DECIDED - self.sum();
        match step {
            Step::Ask(_) if self.pending.is_some() || left == 0 => "CONFLICT/STATE",
            Step::Ask(yen) if yen > left => "CONFLICT/PAYMENT_EXCEEDED",
            Step::Ask(yen) => {
                self.pending = Some(yen);
                "(none)"
            }
            Step::Pay => self.pending.take().map_or("CONFLICT/STATE", |yen| {
                self.paid.push(yen);
                "(none)"
            }),
            Step::Undo => match (self.paid.pop(), self.pending) {
                (Some(yen), pending) => {
                    self.pending = Some(pending.unwrap_or(0) + yen);
                    "(none)"
                }
                (None, Some(_)) => "CONFLICT/NOTHING_PAID",
                (None, None) => "CONFLICT/STATE",
            },
        }
    }
}

impl Scene {
    async fn seen(&self, id: &str) -> Value {
        self.staff.run(SEEN, json!({"id": id})).await.data()["grantApplication"].clone()
    }

    async fn play(&self, steps: &[Step]) -> Result<(), String> {
        let (id, reverser) = (self.granted(DECIDED).await, self.town.staff(Role::Payer).await);
        let mut model = Model::default();
        for (n, step) in steps.iter().enumerate() {
            let expected = model.take(*step);
            let answer = match step {
                Step::Ask(yen) => self.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({ "amountYen": yen }))).await,
                Step::Pay => self.payer.run(PAYMENT_EXECUTE, paid(&id)).await,
                Step::Undo => {
                    let payments = self.seen(&id).await["payments"].clone();
                    let payments = payments.as_array().expect("payments");
                    let newest = payments.iter().rfind(|one| one["reversedOn"].is_null()).or(payments.last());
                    let newest = newest.map_or(json!(id.replacen("gap", "gpy", 1)), |one| one["id"].clone());
                    let input = json!({"paymentId": newest, "kind": "RECORDED_BY_MISTAKE", "reason": "誤記録"});
                    reverser.run(REVERSE, of(&id, input)).await
                }
            };
            let found = answer.code();
            let seen = self.seen(&id).await;
            let sums = (&seen["state"], &seen["paidYen"], &seen["pendingYen"]);
            let (state, sum, pending) = (json!(model.state()), json!(model.sum()), json!(model.pending));
            if found != expected || sums != (&state, &sum, &pending) {
                return Err(format!("{n} {step:?}: {found}, not {expected}; {seen}: {}", answer.text));
            }
        }
        self.is_sound().await;
        Ok(())
    }
}

#[test]
fn m11_random_histories_of_a_grant_end_as_the_model_says() {
    let runtime = Runtime::new().expect("a runtime");
    let scene = runtime.block_on(Scene::with_terms(&quarters()));
    let config = Config { cases: HISTORIES, failure_persistence: None, ..Config::default() };
    let played = TestRunner::new(config)
        .run(&vec(step(), 4..16), |steps| runtime.block_on(scene.play(&steps)).map_err(TestCaseError::fail));
    if let Err(failure) = played {
        panic!("{failure}");
    }
}
