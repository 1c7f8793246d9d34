//! Minutes: what they need, who publishes them, and that nothing changes them afterwards.

use entaku::kernel::principal::Role;
use entaku::roundtables::entity::RoundtableId;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use serde_json::{Value, json};

use crate::roundtables::{
    DECISION, Hall, ISSUE, PARTICIPANT, PASSAGE, PUBLISH, SUBMIT, decision, issue, participant, passage,
};

#[tokio::test]
async fn who_submitted_does_not_publish() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let this = json!({"id": id});
    let (planner, colleague) = (&hall.planner, hall.town.staff(Role::PlanningStaff).await);
    planner.run(PARTICIPANT, participant(&id, "佐藤 花", true)).await.data();
    planner.run(PASSAGE, passage(&id, 1, None, "記録")).await.data();
    planner.run(SUBMIT, this.clone()).await.data();
    let can = "query($id: ID!) { roundtable(id: $id) { viewerCan { action allowed code reason } } }";
    let may = |answer: Value| {
        let list = answer["roundtable"]["viewerCan"].as_array().expect("a list").clone();
        list.into_iter().find(|p| p["action"] == "roundtableMinutesPublish").expect("the act")
    };
    let own = may(planner.run(can, this.clone()).await.data());
    assert_eq!((own["code"].as_str(), own["reason"].as_str()), (Some("FORBIDDEN"), Some("DUTIES_APART")));
    assert_eq!(may(colleague.run(can, this.clone()).await.data())["allowed"], true);
    planner.run(PUBLISH, this.clone()).await.expect_code("FORBIDDEN/DUTIES_APART");
    colleague.run(PUBLISH, this).await.data();
}

#[tokio::test]
async fn minutes_need_a_participant_and_the_refusal_says_so() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let this = json!({"id": id});
    hall.officer.run(SUBMIT, this.clone()).await.expect_code("CONFLICT/STATE");
    hall.officer.run(PASSAGE, passage(&id, 1, None, "記録")).await.data();
    hall.officer.run(SUBMIT, this.clone()).await.data();
    let refused = hall.planner.run(PUBLISH, this).await.expect_code("CONFLICT/RECORD_INCOMPLETE");
    assert_eq!(refused.body["errors"][0]["message"], "The minutes have no participant.");
}

#[tokio::test]
async fn a_published_record_is_locked_by_rule_and_by_the_database() {
    let hall = Hall::new().await;
    let id = hall.submitted().await;
    hall.officer.run(PASSAGE, passage(&id, 2, None, "後から")).await.expect_code("CONFLICT/STATE");
    hall.planner.run(PUBLISH, json!({"id": id})).await.data();
    for (document, variables) in [
        (PASSAGE, passage(&id, 1, Some(1), "書き換え")),
        (DECISION, decision(&id)),
        (ISSUE, issue(&id)),
        (PARTICIPANT, participant(&id, "後の人", true)),
        (PUBLISH, json!({"id": id})),
        (SUBMIT, json!({"id": id})),
    ] {
        hall.planner.run(document, variables).await.expect_code("CONFLICT/LOCKED");
    }
    let meeting = RoundtableId(entaku::kernel::id::decode(&id).expect("an id").1);
    let tx = hall.town.system();
    let row = passage::Entity::find().one(&tx).await.expect("read").expect("a passage");
    let mut row: passage::ActiveModel = row.into();
    row.text = Set("書き換え".into());
    let refused = row.update(&tx).await.expect_err("refused").to_string();
    assert!(refused.contains("locked"), "{refused}");
    let tx = hall.town.system();
    let late = decision::ActiveModel {
        id: Set(entaku::roundtables::entity::DecisionId::new()),
        roundtable_id: Set(meeting),
        text: Set("後から".into()),
        ..Default::default()
    };
    let refused = late.insert(&tx).await.expect_err("refused").to_string();
    assert!(refused.contains("locked"), "{refused}");
}

#[tokio::test]
async fn the_database_refuses_a_publication_by_who_submitted() {
    let hall = Hall::new().await;
    let id = hall.submitted().await;
    let meeting = RoundtableId(entaku::kernel::id::decode(&id).expect("an id").1);
    let tx = hall.town.system();
    let row = entaku::roundtables::entity::roundtable::Entity::find_by_id(meeting);
    let row = row.one(&tx).await.expect("read").expect("the meeting");
    let by = row.submitted_by;
    let mut row: entaku::roundtables::entity::roundtable::ActiveModel = row.into();
    row.state = Set(entaku::roundtables::entity::RoundtableState::Published);
    row.published_at = Set(Some(tx.now));
    row.published_by = Set(by);
    let refused = row.update(&tx).await.expect_err("refused").to_string();
    assert!(refused.contains("published_by_another"), "{refused}");
}
