//! Who does what, and from whom it is hidden: other roles, the public, another town.

use entaku::kernel::principal::{Role, ScopeKind};
use entaku::roundtables::entity::PassageId;
use serde_json::json;

use crate::organizations::organization;
use crate::roundtables::{
    CHANGE, CLOSE, DECISION, Hall, ISSUE, ITEM, PARTICIPANT, PASSAGE, PLAN, PUBLISH, READ, RETURN, SUBMIT, decision,
    issue, item, participant, passage,
};
use crate::support::Town;

#[tokio::test]
async fn everybody_does_their_part_and_no_other() {
    let hall = Hall::new().await;
    let (town, officer, liaison, planner) = (&hall.town, &hall.officer, &hall.liaison, &hall.planner);
    town.public().run(PLAN, json!({"input": {"title": "", "theme": "", "purpose": "", "startsAt": "2026-05-20T04:00:00Z", "venue": "", "audience": "PUBLIC"}})).await.expect_code("UNAUTHENTICATED");
    town.resident().await.run(PLAN, hall.plan()).await.expect_code("FORBIDDEN");
    liaison.run(PLAN, hall.plan()).await.expect_code("FORBIDDEN");
    let mut own = hall.plan();
    own["input"]["organizationId"] = json!(null);
    officer.run(PLAN, own.clone()).await.expect_code("FORBIDDEN");
    planner.run(PLAN, own).await.data();
    let (_, other) = organization(planner, "別の会").await;
    let stranger = town.over(Role::OrgOfficer, ScopeKind::Organization, &other).await;
    stranger.run(PLAN, hall.plan()).await.expect_code("FORBIDDEN");

    let id = hall.held().await;
    let this = json!({"id": id});
    for (who, code) in
        [(town.public(), "UNAUTHENTICATED"), (town.resident().await, "FORBIDDEN"), (stranger, "FORBIDDEN")]
    {
        who.run(PASSAGE, passage(&id, 1, None, "私の議事録")).await.expect_code(code);
        who.run(SUBMIT, this.clone()).await.expect_code(code);
        who.run(PUBLISH, this.clone()).await.expect_code(code);
    }
    liaison.run(ISSUE, issue(&id)).await.data();
    liaison.run(PASSAGE, passage(&id, 1, None, "書き取り")).await.data();
    for (document, variables) in [
        (DECISION, decision(&id)),
        (ITEM, item(&id, "2026-07-01")),
        (PARTICIPANT, participant(&id, "参加 者", true)),
        (SUBMIT, this.clone()),
    ] {
        liaison.run(document, variables).await.expect_code("FORBIDDEN");
    }
    let auditor = town.staff(Role::Auditor).await;
    assert_eq!(auditor.run(READ, this.clone()).await.data()["roundtable"]["passages"][0]["text"], "書き取り");
    auditor.run(SUBMIT, this.clone()).await.expect_code("FORBIDDEN");
    officer.run(SUBMIT, this.clone()).await.data();
    officer.run(PUBLISH, this.clone()).await.expect_code("FORBIDDEN");
    officer.run(RETURN, json!({"id": id, "reason": "x"})).await.expect_code("FORBIDDEN");
    officer.run(CLOSE, this).await.expect_code("FORBIDDEN");
}

#[tokio::test]
async fn another_town_sees_and_touches_nothing() {
    let hall = Hall::new().await;
    let id = hall.submitted().await;
    hall.planner.run(PUBLISH, json!({"id": id})).await.data();
    let other = Town::beside(hall.town.app.clone()).await;
    let foreign = other.staff(Role::PlanningStaff).await;
    assert_eq!(foreign.run(READ, json!({"id": id})).await.data()["roundtable"], json!(null));
    assert_eq!(foreign.run("{ roundtables { totalCount } }", json!({})).await.data()["roundtables"]["totalCount"], 0);
    for (document, variables) in [
        (CLOSE, json!({"id": id})),
        (PASSAGE, passage(&id, 9, None, "x")),
        (ISSUE, issue(&id)),
        (CHANGE, json!({"id": id, "input": {}})),
        (PLAN, hall.plan()),
    ] {
        foreign.run(document, variables).await.expect_code("NOT_FOUND");
    }
}

#[tokio::test]
async fn what_is_hidden_has_no_id_either() {
    let hall = Hall::new().await;
    let id = hall.submitted().await;
    let inside = "query($id: ID!) { roundtable(id: $id) { passages { id } participants { id } } }";
    let ids = hall.officer.run(inside, json!({"id": id})).await.data()["roundtable"].clone();
    let ids =
        [ids["passages"][0]["id"].clone(), ids["participants"][0]["id"].clone(), json!(PassageId::new().to_string())];
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let seen = hall.town.public().run(nodes, json!({"ids": ids})).await.data();
    assert_eq!(seen["nodes"], json!([null, null, null]));
    hall.planner.run(PUBLISH, json!({"id": id})).await.data();
    let seen = hall.town.public().run(nodes, json!({"ids": ids})).await.data();
    assert_eq!(seen["nodes"][0]["id"], ids[0]);
}
