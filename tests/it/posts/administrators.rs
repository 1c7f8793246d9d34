//! There is an administrator on every day to come, and none appoints themselves.

use entaku::kernel::id::decode;
use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::posts::{APPOINT, CANCEL, HAND_OVER, Hall};
use crate::support::Town;

const END: &str = "mutation($id: ID!) { appointmentEnd(id: $id) { id } }";
const SUSPEND: &str = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";

/// Who is to go does not keep themselves in office.
#[tokio::test]
async fn z19_an_administrator_neither_appoints_nor_keeps_themselves() {
    let hall = Hall::new().await;
    let (other, colleague) = hall.town.person(Role::Admin, ScopeKind::Municipality, None).await;
    let (clerk, nobody) = hall.somebody().await;
    let post = hall.post("情報管理者", "ADMIN", json!(null)).await;
    hall.hand_over(&post, Some(hall.admin_id), "2026-05-20").await.expect_code("FORBIDDEN/SELF_APPOINTMENT");
    let input = json!({"successorAccountId": hall.admin_id.to_string(), "takesEffectOn": "2026-05-20"});
    colleague.run(HAND_OVER, json!({"id": post, "input": input})).await.data();
    let leave = json!({"successorAccountId": clerk.to_string(), "takesEffectOn": "2026-06-01"});
    nobody.run(HAND_OVER, json!({"id": post, "input": leave})).await.expect_code("FORBIDDEN");
    let planned = hall.town.enter(other).await.run(HAND_OVER, json!({"id": post, "input": leave})).await.data();
    let id = planned["postHandOver"]["handovers"]["nodes"][0]["id"].clone();
    hall.admin.run(CANCEL, json!({"id": id})).await.expect_code("FORBIDDEN/DUTIES_APART");
    colleague.run(CANCEL, json!({"id": id})).await.data();
    // Nobody of another town is given anything here.
    let (stranger, _) =
        Town::beside(hall.town.app.clone()).await.person(Role::Admin, ScopeKind::Municipality, None).await;
    let foreign = json!({"successorAccountId": stranger.to_string(), "takesEffectOn": "2026-05-20"});
    let post = hall.post("交付金担当", "GRANT_STAFF", json!(null)).await;
    hall.admin.run(HAND_OVER, json!({"id": post, "input": foreign})).await.expect_code("NOT_FOUND");
}

#[tokio::test]
async fn z19_the_last_administrator_stays() {
    let hall = Hall::new().await;
    let (system, (clerk, _)) = (hall.town.system(), hall.somebody().await);
    drop(system);
    let own = hall.appointment(hall.admin_id, Role::Admin).await;
    // Somebody whose own term is over in a month is no successor for ever.
    let input = json!({"accountId": clerk.to_string(), "role": "ADMIN", "scope": "MUNICIPALITY", "startsOn": "2026-05-20", "endsOn": "2026-06-20"});
    hall.admin.run(APPOINT, json!({ "input": input })).await.data();
    let short = hall.town.enter(clerk).await;
    short.run(END, json!({"id": own})).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    short.run(SUSPEND, json!({"id": hall.admin_id.to_string()})).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let uuid = decode(&own).expect("an id").1;
    for sql in [
        format!("UPDATE appointments SET ended_at = entaku_now() WHERE id = '{uuid}'"),
        format!("UPDATE appointments SET ends_on = '2026-12-31' WHERE id = '{uuid}'"),
        format!("UPDATE appointments SET role = 'AUDITOR' WHERE id = '{uuid}'"),
        format!("UPDATE accounts SET suspended_at = entaku_now() WHERE id = '{}'", hall.admin_id.0),
        "UPDATE appointments SET ended_at = entaku_now() WHERE role = 'ADMIN'".into(),
    ] {
        assert_eq!(hall.raw(&sql).await, Err("23514".into()), "{sql}");
    }
    // A post of an administrator that is handed over in time leaves no gap; one that falls vacant does.
    let post = hall.post("情報管理者", "ADMIN", json!(null)).await;
    let (second, _) = hall.somebody().await;
    hall.hand_over(&post, Some(second), "2026-05-20").await.data();
    let second = hall.town.enter(second).await;
    second.run(END, json!({"id": own})).await.data();
    let vacate = json!({"id": post, "input": {"takesEffectOn": "2026-06-10"}});
    second.run(HAND_OVER, vacate.clone()).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    short.run(HAND_OVER, vacate).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let (third, _) = hall.somebody().await;
    let limited = json!({"id": post, "input": {"successorAccountId": third.to_string(), "takesEffectOn": "2026-06-10", "endsOn": "2027-03-31"}});
    second.run(HAND_OVER, limited).await.expect_code("CONFLICT/LAST_ADMINISTRATOR");
    let endless =
        json!({"id": post, "input": {"successorAccountId": third.to_string(), "takesEffectOn": "2026-06-10"}});
    second.run(HAND_OVER, endless).await.data();
}

/// Two administrators who relieve each other at the same time: one of them is too late.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn z19_two_who_relieve_each_other_leave_one() {
    for round in 0..6 {
        let hall = Hall::new().await;
        let (other_id, other) = hall.town.person(Role::Admin, ScopeKind::Municipality, None).await;
        let (mine, theirs) =
            (hall.appointment(hall.admin_id, Role::Admin).await, hall.appointment(other_id, Role::Admin).await);
        let (one, two) = if round % 2 == 0 {
            tokio::join!(hall.admin.run(END, json!({"id": theirs})), other.run(END, json!({"id": mine})))
        } else {
            let (me, them) = (json!({"id": hall.admin_id.to_string()}), json!({"id": other_id.to_string()}));
            tokio::join!(hall.admin.run(SUSPEND, them), other.run(SUSPEND, me))
        };
        let codes = [one.code(), two.code()];
        assert_eq!(codes.iter().filter(|code| *code == "(none)").count(), 1, "{codes:?}");
        let sql = "SELECT entaku_administered_until(entaku_municipality(), NULL, NULL, NULL) = 'infinity' AS kept";
        let rows = hall.town.system().rows(Sql::new(sql)).await.expect("rows");
        assert!(rows[0].get::<_, bool>("kept"), "{codes:?}");
    }
}

/// What was appointed by whom stands in the row, and the database takes no self-appointment.
#[tokio::test]
async fn z19_the_database_takes_no_self_appointment_and_no_second_holder() {
    let hall = Hall::new().await;
    let ((a, _), (b, _)) = (hall.somebody().await, hall.somebody().await);
    let post = hall.post("企画担当", "PLANNING_STAFF", json!(null)).await;
    hall.hand_over(&post, Some(a), "2026-05-20").await.data();
    let uuid = decode(post.as_str().expect("an id")).expect("an id").1;
    let insert = |columns: &str, values: String| {
        format!(
            "INSERT INTO appointments (id, account_id, role, scope, starts_on, {columns}) VALUES (gen_random_uuid(), '{}', {values})",
            b.0
        )
    };
    for sql in [
        insert("appointed_by", format!("'ADMIN', 'MUNICIPALITY', '2026-05-20', '{}'", b.0)),
        insert("post_id", format!("'PLANNING_STAFF', 'MUNICIPALITY', '2030-04-01', '{uuid}'")),
        insert("post_id", format!("'ADMIN', 'MUNICIPALITY', '2026-05-20', '{uuid}'")),
    ] {
        assert_eq!(hall.raw(&sql).await, Err("23514".into()), "{sql}");
    }
    let read = "query($id: ID!) { post(id: $id) { holder { appointedBy { id } } } }";
    let seen = hall.admin.run(read, json!({"id": post})).await.data();
    assert_eq!(seen["post"]["holder"]["appointedBy"]["id"], hall.admin_id.to_string());
}
