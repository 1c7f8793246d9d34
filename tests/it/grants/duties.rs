//! No two duties in one hand: in the commands, in `viewerCan` and in the database.

use entaku::people::entity::appointment;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

impl Scene {
    /// Somebody who holds every role of the town hall that a grant passes.
    pub(super) async fn all_of_the_hall(&self) -> (AccountId, Client) {
        let (account, client) = self.town.person(Role::GrantStaff, ScopeKind::Municipality, None).await;
        for role in [Role::Approver, Role::Payer] {
            self.town.appoint(account, role, ScopeKind::Municipality, None).await;
        }
        (account, client)
    }

    /// They take an office of the applying organization as well, and sign in anew.
    pub(super) async fn with_office(&self, account: AccountId) -> Client {
        let organization = decode(&self.organization).expect("an id").1;
        self.town.appoint(account, Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
        self.town.enter(account).await
    }

    /// Their office ends, if they hold one, and they sign in anew.
    pub(super) async fn without_office(&self, account: AccountId) -> Client {
        let tx = self.town.system();
        let offices = appointment::Entity::find()
            .filter(appointment::Column::AccountId.eq(account))
            .filter(appointment::Column::Scope.eq(ScopeKind::Organization))
            .filter(appointment::Column::EndedAt.is_null());
        for row in offices.all(&tx).await.expect("appointments") {
            let mut row: appointment::ActiveModel = row.into();
            row.ended_at = Set(Some(start()));
            row.update(&tx).await.expect("ended");
        }
        tx.commit().await.expect("committed");
        self.town.enter(account).await
    }
}

/// One of five, by turns on either side: the office has ended when they act for the town hall.
#[tokio::test]
async fn z20_no_two_duties_in_one_hand() {
    let s = Scene::new().await;
    let others = [&s.officer, &s.staff, &s.approver, &s.officer, &s.payer];
    let (account, _) = s.all_of_the_hall().await;
    for first in 0..5 {
        for second in first + 1..5 {
            let id = s.draft_of(&s.officer, 1_000).await;
            let mut refused = None;
            for (duty, other) in others.iter().enumerate() {
                if duty == 1 {
                    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
                }
                let hand = match duty {
                    _ if duty != first && duty != second => (*other).clone(),
                    0 | 3 => s.with_office(account).await,
                    _ => s.without_office(account).await,
                };
                let answer = match duty {
                    0 => hand.run(SUBMIT, json!({"id": id})).await,
                    1 => hand.run(RECOMMEND, opinion(&id, 1_000)).await,
                    2 => hand.run(DECIDE, opinion(&id, 1_000)).await,
                    3 => hand.run(PAYMENT_REQUEST, json!({"id": id})).await,
                    _ => hand.run(PAYMENT_EXECUTE, paid(&id)).await,
                };
                if answer.code() != "(none)" {
                    refused = Some((duty, answer.code()));
                    break;
                }
            }
            s.without_office(account).await;
            // Who applies may also ask for the payment: both are the organization's.
            let expected = ((first, second) != (0, 3)).then(|| (second, "FORBIDDEN/DUTIES_APART".to_owned()));
            assert_eq!(refused, expected, "{first} and {second}");
        }
    }
}

#[tokio::test]
async fn z20_the_viewer_is_told_that_somebody_else_has_to_act() {
    let s = Scene::new().await;
    let (_, own) = s.all_of_the_hall().await;
    let id = s.draft().await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    own.run(REVIEW_START, json!({"id": id})).await.data();
    own.run(RECOMMEND, opinion(&id, 1_000)).await.data();
    let can = own.run(READ, json!({"id": id})).await.data()["grantApplication"]["viewerCan"].clone();
    let told =
        |action: &str| can.as_array().expect("acts").iter().find(|a| a["action"] == action).expect("told").clone();
    let decide = told("grantApplicationDecide");
    assert_eq!(
        (&decide["allowed"], &decide["code"], &decide["reason"]),
        (&json!(false), &json!("FORBIDDEN"), &json!("DUTIES_APART"))
    );
    assert_eq!(told("grantApplicationRefuse")["reason"], "DUTIES_APART");
    own.run(REFUSE, because(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    let can = s.approver.run(READ, json!({"id": id})).await.data()["grantApplication"]["viewerCan"].clone();
    let decide = can.as_array().expect("acts").iter().find(|a| a["action"] == "grantApplicationDecide").expect("told");
    assert_eq!((&decide["allowed"], &decide["policyRef"]), (&json!(true), &json!("地方自治法第232条の3")));
}

#[tokio::test]
async fn z20_m13_the_database_keeps_duties_and_states_too() {
    let s = Scene::new().await;
    let id = s.payable().await;
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    let update = |set: &str| format!("UPDATE grant_applications SET {set} WHERE id = '{uuid}'");
    let pay = "state = 'PAID', paid_on = '2026-05-20', payment_id = commitment_id, paid_yen = decided_yen, pending_yen = NULL";
    for set in [
        format!("{pay}, paid_by = decided_by"),
        format!("{pay}, paid_by = recommended_by"),
        format!("{pay}, paid_by = submitted_by"),
        format!("{pay}, paid_by = payment_requested_by"),
        "decided_by = NULL".into(),
        "recommended_by = NULL".into(),
        "decided_yen = decided_yen + 1".into(),
        "state = 'PAID'".into(),
        "state = 'DRAFT', requested_yen = 5".into(),
    ] {
        assert_eq!(attempt(&mut app, &update(&set)).await, Err("23514".into()), "{set}");
    }
    for sql in ["UPDATE grant_acts SET reason = 'x'", "DELETE FROM grant_acts", "DELETE FROM grant_applications"] {
        assert_eq!(attempt(&mut app, sql).await, Err("42501".into()), "{sql}");
    }
    let reviewed = decode(&s.reviewed().await).expect("an id").1;
    let decide = format!("UPDATE grant_applications SET decided_by = recommended_by WHERE id = '{reviewed}'");
    assert_eq!(attempt(&mut app, &decide).await, Err("23514".into()));
    let skip = format!("UPDATE grant_applications SET state = 'PAID', paid_on = '2026-05-20' WHERE id = '{reviewed}'");
    assert_eq!(attempt(&mut app, &skip).await, Err("23514".into()));
    s.payer.run(PAYMENT_EXECUTE, paid(&id)).await.data();
    assert_eq!(
        attempt(&mut app, &update("state = 'PAYMENT_REQUESTED', paid_on = NULL, payment_id = NULL")).await,
        Err("23514".into())
    );
}

/// The duties are rows of the policy and of the database, the same ones; and the database refuses an act that the
/// application would have recorded by mistake, also where it leaves no name in the application.
#[tokio::test]
async fn z20_m14_duties_are_data_and_the_database_keeps_every_one() {
    use entaku::grants::shapes::GrantApplication;
    use entaku::kernel::read::Shape;
    use entaku::kernel::read::sql::Sql;
    let s = Scene::new().await;
    let tx = s.town.system();
    let rows = tx.rows(Sql::new("SELECT act, done_by FROM duties_apart WHERE object = 'grant_applications'"));
    let kept: std::collections::BTreeSet<(String, String)> =
        rows.await.expect("rows").iter().map(|row| (row.get("act"), row.get("done_by"))).collect();
    let word = |action: &str| {
        let name = action.trim_start_matches("grantApplication").trim_start_matches("grant");
        let apart = |c: char| if c.is_ascii_uppercase() { format!("_{c}") } else { c.to_ascii_uppercase().to_string() };
        name.chars().map(apart).collect::<String>().trim_start_matches('_').to_owned()
    };
    let duties = &GrantApplication::shape().duties;
    let declared = duties.iter().flat_map(|d| d.columns.iter().map(|c| (word(d.action.0), (*c).to_owned()))).collect();
    assert_eq!(kept, declared);
    let uuid = decode(&s.revoked().await).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    for (act, done_by) in &kept {
        let insert = format!(
            "INSERT INTO grant_acts (id, application_id, organization_id, district_id, act, actor_id)
             SELECT gen_random_uuid(), id, organization_id, district_id, '{act}', {done_by}
             FROM grant_applications WHERE id = '{uuid}' AND {done_by} IS NOT NULL"
        );
        assert_eq!(attempt(&mut app, &insert).await, Err("23514".into()), "{act} by {done_by}");
    }
}

/// Who drafted is on the applicant's side for ever: a colleague's submission does not wash that off.
#[tokio::test]
async fn z20_who_drafted_does_not_examine() {
    let s = Scene::new().await;
    let (account, both) =
        s.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(uuid_of(&s.organization))).await;
    s.town.appoint(account, Role::GrantStaff, ScopeKind::Municipality, None).await;
    s.town.appoint(account, Role::Approver, ScopeKind::Municipality, None).await;
    let id = s.draft_of(&both, 1_000).await;
    let both = s.without_office(account).await;
    s.officer.run(SUBMIT, json!({"id": id})).await.data();
    both.run(REVIEW_START, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.staff.run(REVIEW_START, json!({"id": id})).await.data();
    both.run(RETURN, because(&id)).await.expect_code("FORBIDDEN/DUTIES_APART");
    s.staff.run(RECOMMEND, opinion(&id, 1_000)).await.data();
    both.run(DECIDE, opinion(&id, 1_000)).await.expect_code("FORBIDDEN/DUTIES_APART");
}

fn uuid_of(id: &str) -> uuid::Uuid {
    entaku::kernel::id::decode(id).expect("an id").1
}
