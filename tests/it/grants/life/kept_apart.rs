//! Who did something to an application by turns: what was taken back, examined or ordered since does not wash it off.

use sqlx::{AssertSqlSafe, PgConnection, raw_sql};

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

const PAYMENTS: &str = "query($id: ID!) { grantApplication(id: $id) { payments { id } } }";

/// The rule by which the database refuses a statement.
async fn broken(app: &mut PgConnection, statement: String) -> String {
    let done = raw_sql(AssertSqlSafe(format!("BEGIN; {statement}; COMMIT"))).execute(&mut *app).await;
    let error = done.expect_err(&statement).into_database_error().expect("the database's");
    raw_sql("ROLLBACK").execute(app).await.expect("ended");
    error.constraint().unwrap_or_else(|| panic!("{statement}: {error}")).to_owned()
}

impl Scene {
    /// Somebody who holds several roles of the hall.
    async fn both(&self, roles: &[Role]) -> (AccountId, Client) {
        let (account, _) = self.town.person(roles[0], ScopeKind::Municipality, None).await;
        for role in &roles[1..] {
            self.town.appoint(account, *role, ScopeKind::Municipality, None).await;
        }
        (account, self.town.as_account(account).await)
    }

    /// Somebody undoes the newest payment or return as a mistake.
    async fn undo(&self, who: &Client, id: &str) -> Answer {
        let seen = self.staff.run(PAYMENTS, json!({"id": id})).await.data()["grantApplication"]["payments"].clone();
        let newest = &seen.as_array().expect("payments").last().expect("a payment")["id"];
        let input = json!({"paymentId": newest, "kind": "RECORDED_BY_MISTAKE", "reason": "別の団体の入金だった。"});
        who.run(REVERSE, of(id, input)).await
    }
}

async fn allowed(who: &Client, id: &str, act: &str) -> Value {
    let can = who.run(READ, json!({"id": id})).await.data()["grantApplication"]["viewerCan"].clone();
    can.as_array().expect("acts").iter().find(|a| a["action"] == act).expect("told")["allowed"].clone()
}

#[tokio::test]
async fn z20_an_opinion_that_was_taken_back_binds_who_gave_it() {
    let s = Scene::with_terms(&quarters()).await;
    let (account, own) = s.both(&[Role::GrantStaff, Role::Approver, Role::Payer]).await;
    let id = s.draft_of(&s.officer, 500_000).await;
    s.officer.run(CHANGE, of(&id, json!({ "costs": plan() }))).await.data();
    for (who, last) in [(&own, false), (&s.staff, true)] {
        s.officer.run(SUBMIT, json!({"id": id})).await.data();
        who.run(REVIEW_START, json!({"id": id})).await.data();
        who.run(RECOMMEND, opinion(&id, 500_000)).await.data();
        if !last {
            who.run(RETURN, because(&id)).await.data();
        }
    }
    own.run(DECIDE, opinion(&id, 500_000)).await.expect_code("FORBIDDEN/DUTIES_APART");
    own.run(REFUSE, because(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    for act in ["grantApplicationDecide", "grantApplicationRefuse"] {
        assert_eq!((allowed(&own, &id, act).await, allowed(&s.approver, &id, act).await), (json!(false), json!(true)));
    }
    let mut app = inside(&s.town, "entaku_app").await;
    let refuse = format!(
        "UPDATE grant_applications SET state = 'REFUSED', decided_on = entaku_today(), decided_by = '{}' WHERE id = '{}'",
        account.0,
        decode(&id).expect("an id").1
    );
    assert_eq!(broken(&mut app, refuse).await, "duties_apart");
    s.approver.run(DECIDE, opinion(&id, 500_000)).await.data();
    s.officer.run(PAYMENT_REQUEST_OF, of(&id, json!({"amountYen": 500_000}))).await.data();
    own.run(PAYMENT_EXECUTE, paid(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(allowed(&own, &id, "grantPaymentExecute").await, json!(false));
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    own.run(
        REVERSE,
        of(&id, json!({"paymentId": id.replacen("gap", "gpy", 1), "kind": "RECORDED_BY_MISTAKE", "reason": "誤り"})),
    )
    .await
    .expect_code("FORBIDDEN/DUTIES_APART");
    s.is_sound().await;
}

/// A return is undone by another payer than who recorded it, and that may be who paid.
#[tokio::test]
async fn z20_a_return_is_kept_apart_from_who_recorded_and_who_ordered_it() {
    let s = Scene::with_terms(&quarters()).await;
    let second = s.town.staff(Role::Payer).await;
    let id = s.granted(1_000_000).await;
    s.pay(&id, Some(1_000_000)).await;
    s.fixed(&id, 700_000).await;
    second.run(REPAYMENT, returned(&id, 300_000)).await.data();
    let act = "grantPaymentReverse";
    assert_eq!((allowed(&second, &id, act).await, allowed(&s.payer, &id, act).await), (json!(false), json!(true)));
    s.undo(&second, &id).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.undo(&s.payer, &id).await.data();
    s.is_sound().await;
    let (account, orders) = s.both(&[Role::Approver, Role::Payer]).await;
    let id = s.granted(400_000).await;
    s.pay(&id, Some(400_000)).await;
    orders.run(REVOKE, because(&id)).await.data();
    s.payer.run(REPAYMENT, returned(&id, 400_000)).await.data();
    s.undo(&orders, &id).await.expect_code("FORBIDDEN/DUTIES_APART");
    let uuid = decode(&id).expect("an id").1;
    let journal = "00000000-0000-7000-8000-000000000001";
    let forge = format!(
        "SELECT set_config('entaku.actor', '{}', true);
         SELECT ledger_post('{journal}', 'GRANT_REPAYMENT_REVERSED', '{uuid}', 2026, '', false, p.journal_id, '{{}}', '{{}}', '{{}}')
            FROM grant_payments p WHERE p.application_id = '{uuid}' AND p.kind = 'RETURN';
         UPDATE grant_payments SET reversed_on = paid_on, reversal_kind = 'RECORDED_BY_MISTAKE', reversed_by = '{}',
            reversal_id = '{journal}' WHERE application_id = '{uuid}' AND kind = 'RETURN'",
        account.0, account.0
    );
    let mut app = inside(&s.town, "entaku_app").await;
    assert_eq!(broken(&mut app, forge).await, "duties_apart");
    s.undo(&second, &id).await.data();
    s.is_sound().await;
}

#[tokio::test]
async fn z20_whoever_examined_a_report_does_not_report() {
    let s = Scene::with_terms(&quarters()).await;
    let (account, both) = s.both(&[Role::GrantStaff]).await;
    let id = s.granted(500_000).await;
    s.pay(&id, Some(500_000)).await;
    s.officer.run(COMPLETION, of(&id, json!({"completedOn": "2026-05-20"}))).await.data();
    s.officer.run(REPORT_SUBMIT, report(&id, 500_000)).await.data();
    let opinion = of(&id, json!({"eligibleYen": 500_000, "reason": "領収書と合う。"}));
    both.run(REPORT_REVIEW, opinion.clone()).await.data();
    // They take an office of the organization later.
    let organization = decode(&s.organization).expect("an id").1;
    s.town.appoint(account, Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    let both = s.town.enter(account).await;
    s.staff.run(REPORT_REVIEW, opinion).await.data();
    s.staff.run(REPORT_RETURN, because(&id)).await.data();
    assert_eq!(allowed(&both, &id, "grantReportSubmit").await, json!(false));
    both.run(REPORT_SUBMIT, report(&id, 400_000)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let forge = format!(
        "INSERT INTO grant_reports (id, application_id, organization_id, district_id, number, completed_on, summary, costs,
            actual_yen, eligible_yen, reported_on, reported_by)
         SELECT gen_random_uuid(), application_id, organization_id, district_id, 2, completed_on, summary, costs, actual_yen,
            eligible_yen, reported_on, '{}' FROM grant_reports WHERE application_id = '{}'",
        account.0,
        decode(&id).expect("an id").1
    );
    let mut app = inside(&s.town, "entaku_app").await;
    assert_eq!(broken(&mut app, forge).await, "duties_apart");
    s.officer.run(REPORT_SUBMIT, report(&id, 400_000)).await.data();
}
