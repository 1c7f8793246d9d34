//! Staff who hold an office of the applying organization do nothing of the town hall's for its grant: in the commands, in
//! `viewerCan`, among tasks and in the database. Once the office has ended, they may.

use std::collections::BTreeSet;

use entaku::grants::commands::APPLICATION_ACTS;
use entaku::grants::entity::GrantActKind;
use entaku::grants::rules::is_the_halls;
use sea_orm::Iterable;
use sqlx::{AssertSqlSafe, raw_sql};

use super::in_vain::SURPLUS_ORDER;
#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

const SEEN: &str = "query($id: ID!) { node(id: $id) {
        ... on GrantApplication { viewerCan { action allowed reason } }
        ... on GrantChange { viewerCan { action allowed reason } } }
    viewer { tasks(first: 100) { nodes { act objectId } } } }";
const PAYMENTS: &str = "query($id: ID!) { grantApplication(id: $id) { payments { id } } }";

/// Somebody on both sides, and what was tried.
struct Both<'s> {
    scene: &'s Scene,
    account: AccountId,
    tried: BTreeSet<String>,
}

impl Both<'_> {
    /// While they hold the office, the act is refused and told as refused, and no task of theirs; afterwards it is done.
    async fn tries(&mut self, act: &str, document: &str, variables: Value) {
        let own = self.scene.with_office(self.account).await;
        let refused = own.run(document, variables.clone()).await;
        assert_eq!(refused.code(), "FORBIDDEN/DUTIES_APART", "{act}: {}", refused.text);
        let seen = own.run(SEEN, json!({"id": variables["id"]})).await.data();
        let can = seen["node"]["viewerCan"].as_array().expect("acts").clone();
        let can = can.iter().find(|one| one["action"] == act).unwrap_or_else(|| panic!("{act} is told"));
        assert_eq!((&can["allowed"], &can["reason"]), (&json!(false), &json!("DUTIES_APART")), "{act}");
        let tasks = seen["viewer"]["tasks"]["nodes"].as_array().expect("tasks").clone();
        assert!(
            !tasks.iter().any(|task| task["act"] == act && task["objectId"] == variables["id"]),
            "{act}: {tasks:?}"
        );
        let free = self.scene.without_office(self.account).await;
        let done = free.with("entaku-dry-run", "true").run(document, variables).await;
        assert_eq!(done.code(), "(none)", "{act}: {}", done.text);
        self.tried.insert(act.to_owned());
    }
}

#[tokio::test]
async fn z20_who_holds_an_office_of_the_applicant_does_nothing_of_the_halls() {
    let s = Scene::with_terms(&offsetting()).await;
    let (account, _) = s.all_of_the_hall().await;
    let mut both = Both { scene: &s, account, tried: BTreeSet::new() };
    let id = s.draft_of(&s.officer, 400_000).await;
    let this = || json!({ "id": id });
    s.officer.run(CHANGE, of(&id, json!({ "costs": plan() }))).await.data();
    s.officer.run(SUBMIT, this()).await.data();
    both.tries("grantApplicationReviewStart", REVIEW_START, this()).await;
    s.staff.run(REVIEW_START, this()).await.data();
    both.tries("grantApplicationReturn", RETURN, because(&id)).await;
    both.tries("grantApplicationRecommend", RECOMMEND, opinion(&id, 400_000)).await;
    s.staff.run(RECOMMEND, opinion(&id, 400_000)).await.data();
    both.tries("grantApplicationDecide", DECIDE, opinion(&id, 400_000)).await;
    both.tries("grantApplicationRefuse", REFUSE, because(&id)).await;
    s.approver.run(DECIDE, opinion(&id, 400_000)).await.data();

    let change = json!({"reason": "規模の変更", "costs": plan(), "decidedYen": 300_000});
    let asked = s.officer.run(CHANGE_REQUEST, of(&id, change)).await.data()["grantChangeRequest"]["changes"].clone();
    let change = text(&asked[0]["id"]);
    both.tries("grantChangeApprove", CHANGE_APPROVE, because(&change)).await;
    both.tries("grantChangeRefuse", CHANGE_REFUSE, because(&change)).await;
    s.approver.run(CHANGE_APPROVE, because(&change)).await.data();

    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 300_000}))).await.data();
    both.tries("grantPaymentRequestReturn", REQUEST_RETURN, because(&id)).await;
    both.tries("grantPaymentExecute", PAYMENT_EXECUTE, paid(&id)).await;
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    let payment = s.staff.run(PAYMENTS, this()).await.data()["grantApplication"]["payments"][0]["id"].clone();
    let undone = json!({"paymentId": payment, "kind": "RECORDED_BY_MISTAKE", "reason": "誤記録"});
    both.tries("grantPaymentReverse", REVERSE, of(&id, undone)).await;

    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 200_000)).await.data();
    both.tries("grantReportReturn", REPORT_RETURN, because(&id)).await;
    let examined = of(&id, json!({"eligibleYen": 200_000, "reason": "領収書と合う。"}));
    both.tries("grantReportReview", REPORT_REVIEW, examined.clone()).await;
    s.staff.run(REPORT_REVIEW, examined).await.data();
    let fix = of(&id, json!({"reason": "審査の意見のとおり。", "keepYen": 40_000}));
    both.tries("grantAmountFix", AMOUNT_FIX, fix.clone()).await;
    s.approver.run(AMOUNT_FIX, fix).await.data();
    s.late_successor().await;
    both.tries("grantSurplusOrder", SURPLUS_ORDER, because(&id)).await;
    let back = of(&id, json!({"amountYen": 60_000, "receivedOn": "2026-05-20"}));
    both.tries("grantRepaymentRecord", REPAYMENT, back).await;
    both.tries("grantDecisionRevoke", REVOKE, because(&id)).await;

    let halls = APPLICATION_ACTS.iter().filter(|act| is_the_halls(**act)).map(|act| act.0.to_owned());
    let changes = ["grantChangeApprove", "grantChangeRefuse"].map(str::to_owned);
    assert_eq!(both.tried, halls.chain(changes).collect(), "every act of the town hall was tried");
    s.is_sound().await;
}

/// Any office: a member, an accountant and an auditor are of the organization as well; one of another is not.
#[tokio::test]
async fn z20_every_office_of_the_organization_counts_and_no_other() {
    let s = Scene::new().await;
    let own = decode(&s.organization).expect("an id").1;
    let other = decode(&another(&s).await).expect("an id").1;
    let id = s.draft().await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    for role in [Role::OrgMember, Role::OrgAccountant, Role::OrgAuditor] {
        for (organization, code) in [(own, "FORBIDDEN/DUTIES_APART"), (other, "(none)")] {
            let (account, _) = s.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
            s.town.appoint(account, role, ScopeKind::Organization, Some(organization)).await;
            let client = s.town.enter(account).await.with("entaku-dry-run", "true");
            assert_eq!(client.run(REVIEW_START, json!({"id": id})).await.code(), code, "{role:?}");
        }
    }
}

/// The database holds it for every act by itself, and lets the organization's own acts pass.
#[tokio::test]
async fn z20_m14_the_database_takes_no_act_of_the_hall_from_the_applicants_side() {
    let s = Scene::new().await;
    let uuid = decode(&s.draft().await).expect("an id").1;
    let (account, _) = s.all_of_the_hall().await;
    s.with_office(account).await;
    let mut app = inside(&s.town, "entaku_app").await;
    let kept = async |app: &mut sqlx::PgConnection, act: &str| {
        let forged = format!(
            "BEGIN; INSERT INTO grant_acts (id, application_id, organization_id, district_id, act, actor_id, reason)
                SELECT gen_random_uuid(), id, organization_id, district_id, '{act}', '{}', '理由'
                FROM grant_applications WHERE id = '{uuid}'",
            account.0
        );
        let done = raw_sql(AssertSqlSafe(forged)).execute(&mut *app).await;
        raw_sql("ROLLBACK").execute(app).await.expect("ended");
        done.err().map(|error| {
            error.as_database_error().and_then(|error| error.constraint().map(str::to_owned)).expect("a rule's name")
        })
    };
    let word = |action: &str| {
        let name = action.trim_start_matches("grantApplication").trim_start_matches("grant");
        let apart = |c: char| if c.is_ascii_uppercase() { format!("_{c}") } else { c.to_ascii_uppercase().to_string() };
        name.chars().map(apart).collect::<String>().trim_start_matches('_').to_owned()
    };
    let mut halls: BTreeSet<String> =
        APPLICATION_ACTS.iter().filter(|act| is_the_halls(**act)).map(|act| word(act.0)).collect();
    halls.extend(["CHANGE_APPROVE", "CHANGE_REFUSE"].map(str::to_owned));
    for act in GrantActKind::iter() {
        let rule = halls.contains(&act.word()).then(|| "duties_apart".to_owned());
        assert_eq!(kept(&mut app, &act.word()).await, rule, "{act:?}");
    }
    s.without_office(account).await;
    for act in halls {
        assert_eq!(kept(&mut app, &act).await, None, "{act} once the office has ended");
    }
}
