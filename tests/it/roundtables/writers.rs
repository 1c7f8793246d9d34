//! Several who write at once, who press twice, who are dismissed in the middle.

use entaku::kernel::principal::{Role, ScopeKind};
use entaku::kernel::read::sql::{Param, Sql};
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::roundtables::{Hall, PASSAGE, PUBLISH, READ, passage};
use crate::support::database::superuser_here;

#[tokio::test]
async fn two_writers_of_one_passage_do_not_overwrite_each_other() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let writers = (0..6).map(|n| {
        let who = if n % 2 == 0 { &hall.officer } else { &hall.liaison };
        let (variables, who) = (passage(&id, 1, None, &format!("書き手{n}")), who.clone());
        async move { who.run(PASSAGE, variables).await }
    });
    let answers = futures_util::future::join_all(writers).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.body.get("errors").is_none());
    assert_eq!(won.len(), 1);
    for answer in lost {
        answer.expect_code("CONFLICT/STALE");
    }
    hall.officer.run(PASSAGE, passage(&id, 1, Some(1), "清書")).await.data();
    hall.officer.run(PASSAGE, passage(&id, 1, Some(1), "遅い清書")).await.expect_code("CONFLICT/STALE");
    hall.officer.run(PASSAGE, passage(&id, 7, Some(1), "ない一節")).await.expect_code("CONFLICT/STALE");
}

#[tokio::test]
async fn a_button_pressed_twice_is_one_act() {
    let hall = Hall::new().await;
    let id = hall.submitted().await;
    let presses = (0..20).map(|_| hall.planner.run(PUBLISH, json!({"id": id})));
    let answers = futures_util::future::join_all(presses).await;
    let done = answers.iter().filter(|a| a.body.get("errors").is_none()).count();
    assert_eq!(done, 1);
    for answer in answers.into_iter().filter(|a| a.body.get("errors").is_some()) {
        answer.expect_code("CONFLICT/LOCKED");
    }
}

/// Who is dismissed while their act waits for a lock has done nothing: it is asked once more before the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_dismissed_in_the_middle_has_written_nothing() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let uuid = |id: &str| entaku::kernel::id::decode(id).expect("an id").1;
    let (meeting, organization) = (uuid(&id), uuid(&hall.organization));
    let (account, officer) = hall.town.person(Role::OrgOfficer, ScopeKind::Organization, Some(organization)).await;
    let holding = hall.town.system();
    let mut lock = Sql::new("SELECT pg_backend_pid() AS pid FROM roundtables WHERE id = ");
    lock.fill("? FOR UPDATE", [Param::Uuid(Some(meeting))]);
    let holder: i32 = holding.rows(lock).await.expect("held")[0].try_get("pid").expect("a process");
    let read = json!({"id": id});
    let act = tokio::spawn(async move { officer.run(PASSAGE, passage(&id, 1, None, "議事録")).await });
    let mut looking = PgConnection::connect(&superuser_here()).await.expect("a connection");
    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)))";
    while !sqlx::query_scalar::<_, bool>(waiting).bind(holder).fetch_one(&mut looking).await.expect("an answer") {
        assert!(!act.is_finished(), "it was to wait for the lock");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    hall.town.dismiss(account).await;
    holding.rollback().await.expect("let go");
    act.await.expect("answered").expect_code("FORBIDDEN/APPOINTMENT_CHANGED");
    assert_eq!(hall.planner.run(READ, read).await.data()["roundtable"]["passages"], json!([]));
}
