//! Random histories of one grant against a model (M11): asked for, paid, undone, changed, reported, examined, fixed,
//! returned, revoked and its year closed in whatever order, every answer, the sums and the ledger are as they must be.
//!
//! A history has a town of its own, so a fiftieth of `ENTAKU_LEDGER_HISTORIES` is tried; more than the usual where that is.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

mod model;

use model::{DECIDED, Model, RESERVE, RULES, Step};

const SEEN: &str =
    "query($id: ID!) { grantApplication(id: $id) { state decidedYen paidYen pendingYen fixedYen keptYen offsetYen
    orderedYen repaidYen payments { id kind reversedOn } changes { id } } }";
/// How many are tried where nobody says, beside those in which every answer is given.
const HISTORIES: u32 = 12;
/// The accounts of the year close the day before: from now on they may.
const DAY: &str = "2027-06-01";

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (1i64..30_000).prop_map(Step::Ask),
        6 => Just(Step::Pay),
        2 => Just(Step::Undo),
        2 => prop_oneof![4 => 10_000i64..70_000, 1 => Just(DECIDED), 1 => 1_500_001i64..2_000_000].prop_map(Step::Change),
        3 => proptest::bool::weighted(0.7).prop_map(Step::Decide),
        2 => (1i64..60_000).prop_map(Step::Report),
        1 => Just(Step::Return),
        3 => (0i64..60_000).prop_map(Step::Examine),
        3 => Just(Step::Fix),
        3 => (1i64..30_000).prop_map(Step::Repay),
        1 => Just(Step::Revoke),
        2 => Just(Step::Close),
    ]
}

/// What happens at random, from the beginning or from some way into a life.
fn history() -> impl Strategy<Value = (usize, Vec<Step>)> {
    let begun = (0..3 * every_answer().len()).prop_map(|n| every_answer().get(n).cloned().unwrap_or_default().1);
    (0..RULES.len(), begun, 0usize..12, vec(step(), 6..20)).prop_map(|(rule, mut begun, length, steps)| {
        begun.truncate(length);
        begun.extend(steps);
        (rule, begun)
    })
}

/// Histories in which every answer is given, beside the random ones.
fn every_answer() -> Vec<(usize, Vec<Step>)> {
    use Step::{Ask, Change, Close, Decide, Examine, Fix, Pay, Repay, Report, Return, Revoke, Undo};
    let asked =
        [Pay, Undo, Return, Examine(1), Fix, Repay(1), Ask(50_001), Close, Ask(20_000), Ask(1), Undo, Change(1)];
    let paid = [Report(1), Pay, Ask(30_001), Change(10_000), Change(DECIDED), Undo, Pay, Ask(30_000), Pay, Ask(1)];
    let changed = [Ask(20_000), Pay, Change(40_000), Change(1), Ask(1), Undo, Report(1), Decide(true), Decide(true)];
    let more = [Change(1_500_001), Decide(true), Decide(false), Decide(false), Ask(20_000), Pay, Revoke, Revoke, Undo];
    let closed = [Ask(DECIDED), Pay, Change(60_000), Close, Close, Decide(true), Decide(false), Undo];
    let fixed = [Report(40_000), Return, Report(40_000), Examine(40_001), Examine(40_000), Examine(30_000), Fix, Fix];
    let returned =
        [Undo, Repay(20_001), Repay(5_000), Repay(15_000), Repay(1), Undo, Revoke, Repay(30_000), Revoke, Close];
    let short =
        [Ask(20_000), Pay, Report(45_000), Undo, Examine(30_000), Fix, Undo, Ask(30_001), Ask(30_000), Pay, Undo, Pay];
    let kept = [Ask(DECIDED), Pay, Report(30_000), Examine(30_000), Fix, Undo, Close, Revoke, Repay(DECIDED)];
    let nothing = [Ask(10), Revoke, Revoke, Pay, Change(1), Report(1)];
    let all_back = [Ask(DECIDED), Pay, Report(1), Examine(0), Fix, Repay(DECIDED), Revoke, Undo, Revoke, Repay(1)];
    let of = |rule: usize, parts: &[&[Step]]| (rule, parts.concat());
    vec![
        of(0, &[&asked, &paid]),
        of(0, &[&changed, &more]),
        of(0, &[&closed, &fixed, &returned]),
        of(0, &[&short]),
        of(1, &[&kept]),
        of(2, &[&kept]),
        of(3, &[&kept]),
        of(0, &[&nothing]),
        of(0, &[&all_back]),
    ]
}

/// What is answered to whom in these, and the states that come of it.
const OUTCOMES: &[(&str, &[&str])] = &[
    ("ask", &["(none)", "STATE", "CHANGE_OPEN", "PAYMENT_EXCEEDED"]),
    ("pay", &["(none)", "STATE"]),
    ("undo", &["(none)", "STATE", "CHANGE_OPEN", "NOTHING_PAID", "SURPLUS_SETTLED", "RETURN_ORDERED", "YEAR_CLOSED"]),
    ("change", &["(none)", "STATE", "CHANGE_OPEN", "PAID_ALREADY"]),
    ("approve", &["(none)", "STATE", "ALLOCATION_EXCEEDED", "YEAR_CLOSED"]),
    ("refuse", &["(none)", "STATE"]),
    ("report", &["(none)", "STATE", "CHANGE_OPEN"]),
    ("return", &["(none)", "STATE"]),
    ("examine", &["(none)", "STATE", "INVALID_INPUT"]),
    ("fix", &["(none)", "STATE"]),
    ("repay", &["(none)", "STATE", "REPAYMENT_EXCEEDED"]),
    ("revoke", &["(none)", "STATE", "REVOKED"]),
    ("close", &["(none)", "COMMITMENTS_OPEN", "YEAR_CLOSED"]),
    (
        "state",
        &[
            "DECIDED",
            "PAYMENT_REQUESTED",
            "PARTLY_PAID",
            "PAID",
            "REPORTED",
            "REPORT_REVIEWED",
            "AMOUNT_FIXED",
            "SETTLED",
            "REPAYMENT_ORDERED",
            "REPAID",
            "REVOKED",
        ],
    ),
    ("surplus", &["RETURN", "CARRY_OVER", "RESERVE", "OFFSET_NEXT_YEAR"]),
];

type Outcomes = BTreeSet<(&'static str, String)>;

impl Scene {
    async fn seen(&self, id: &str) -> Value {
        self.staff.run(SEEN, json!({"id": id})).await.data()["grantApplication"].clone()
    }

    /// What an act takes that is not there (a payment, a change) is something else.
    async fn act(&self, id: &str, step: Step, reverser: &Client) -> Answer {
        let newest = async |list: &str| {
            let seen = self.seen(id).await;
            let all = seen[list].as_array().expect("a list").clone();
            let counts = |one: &&Value| one["kind"] != "RETURN" && one["reversedOn"].is_null();
            let last = all.iter().rfind(counts).or(all.last()).map(|one| text(&one["id"]));
            last.unwrap_or_else(|| id.replacen("gap", if list == "changes" { "gch" } else { "gpy" }, 1))
        };
        match step {
            Step::Ask(yen) => self.officer.run(PAYMENT_REQUEST_OF, of(id, json!({ "amountYen": yen }))).await,
            Step::Pay => self.payer.run(PAYMENT_EXECUTE, paid(id)).await,
            Step::Undo => {
                let input =
                    json!({"paymentId": newest("payments").await, "kind": "RECORDED_BY_MISTAKE", "reason": "誤記録"});
                reverser.run(REVERSE, of(id, input)).await
            }
            Step::Change(yen) => {
                let input = json!({"reason": "規模の変更", "costs": plan(), "decidedYen": yen});
                self.officer.run(CHANGE_REQUEST, of(id, input)).await
            }
            Step::Decide(approved) => {
                let change = newest("changes").await;
                self.approver.run(if approved { CHANGE_APPROVE } else { CHANGE_REFUSE }, because(&change)).await
            }
            Step::Report(yen) => self.officer.run(REPORT_SUBMIT, report(id, yen)).await,
            Step::Return => self.staff.run(REPORT_RETURN, because(id)).await,
            Step::Examine(yen) => {
                let opinion = of(id, json!({"eligibleYen": yen, "reason": "領収書と合う。"}));
                self.staff.run(REPORT_REVIEW, opinion).await
            }
            Step::Fix => self.approver.run(AMOUNT_FIX, because(id)).await,
            Step::Repay(yen) => self.payer.run(REPAYMENT, of(id, json!({"amountYen": yen, "receivedOn": DAY}))).await,
            Step::Revoke => self.approver.run(REVOKE, because(id)).await,
            Step::Close => self.payer.run(YEAR_CLOSE, json!({"fiscalYear": 2026})).await,
        }
    }

    async fn play(&self, id: &str, rule: usize, steps: &[Step]) -> Result<Outcomes, String> {
        let reverser = self.town.staff(Role::Payer).await;
        let mut model = Model::new(rule);
        let mut outcomes = Outcomes::new();
        for (n, step) in steps.iter().enumerate() {
            // Nobody decides on a change that nobody asked for.
            if matches!(step, Step::Decide(_)) && model.change.is_none() {
                continue;
            }
            let expected = model.take(*step);
            let answer = self.act(id, *step, &reverser).await;
            let (found, seen) = (answer.code(), self.seen(id).await);
            let told = |name: &str| seen[name].as_i64().unwrap_or_default();
            let sums =
                ["decidedYen", "paidYen", "pendingYen", "fixedYen", "keptYen", "offsetYen", "orderedYen", "repaidYen"];
            let (pending, fixed) = (model.pending.unwrap_or_default(), model.fixed.unwrap_or_default());
            let all =
                [model.decided, model.sum(), pending, fixed, model.kept, model.offset, model.ordered, model.repaid];
            if found != expected || seen["state"] != model.state || sums.map(told) != all {
                return Err(format!("{n} {step:?}: {found}, not {expected}; {model:?}; {seen}: {}", answer.text));
            }
            outcomes.insert((step.name(), found.trim_start_matches("CONFLICT/").to_owned()));
            outcomes.insert(("state", model.state.to_owned()));
            if matches!(step, Step::Fix) && found == "(none)" && model.sum() > fixed {
                outcomes.insert(("surplus", RULES[rule].to_owned()));
            }
        }
        self.is_sound().await;
        Ok(outcomes)
    }
}

/// In a town of its own, after the year.
async fn tried(rule: usize, steps: &[Step]) -> Result<Outcomes, String> {
    // Any amount may be asked for: a by-law's parts have their own tests.
    let mut terms = json!({"surplusRule": RULES[rule], "repaymentDays": 20,
        "instalments": {"count": 1, "unit": 1, "rest": "FIRST", "lumpSum": true}});
    if RULES[rule] == "RESERVE" {
        terms["conditions"] = json!({"reserve": {"most": RESERVE, "consultation": false}});
    }
    let mut scene = Scene::with_terms(&terms).await;
    let id = scene.granted(DECIDED).await;
    scene.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    scene.on(DAY).await;
    scene.play(&id, rule, steps).await
}

#[test]
fn m11_random_histories_of_a_grant_end_as_the_model_says() {
    let wanted = std::env::var("ENTAKU_LEDGER_HISTORIES").ok().and_then(|n| n.parse::<u32>().ok());
    let wanted = wanted.map_or(HISTORIES, |many| (many / 50).max(HISTORIES));
    let runtime = Runtime::new().expect("a runtime");
    let seen = RefCell::new(Outcomes::new());
    let try_one = |rule: usize, steps: &[Step]| -> Result<(), String> {
        seen.borrow_mut().extend(runtime.block_on(tried(rule, steps))?);
        Ok(())
    };
    for (rule, steps) in every_answer() {
        try_one(rule, &steps).unwrap_or_else(|fault| panic!("{steps:?}: {fault}"));
    }
    let given: Outcomes =
        OUTCOMES.iter().flat_map(|(act, words)| words.iter().map(|word| (*act, (*word).to_owned()))).collect();
    let missing: Vec<_> = given.difference(&seen.borrow()).cloned().collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
    let config = Config { cases: wanted, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let played =
        TestRunner::new(config).run(&history(), |(rule, steps)| try_one(rule, &steps).map_err(TestCaseError::fail));
    if let Err(failure) = played {
        panic!("{failure}");
    }
    let beyond: Vec<_> = seen.borrow().difference(&given).cloned().collect();
    assert!(beyond.is_empty(), "nobody knows of: {beyond:?}");
}
