//! Round tables, from the plan to the closed record.

mod minutes;
mod whose;
mod writers;

use entaku::kernel::principal::{Role, ScopeKind};
use entaku::roundtables::entity::{decision, passage};
use serde_json::{Value, json};

use crate::organizations::{organization, text};
use crate::support::{Client, Town};

const PLAN: &str = include_str!("../../docs/stories/30-roundtable-plan.graphql");
const ANNOUNCE: &str = include_str!("../../docs/stories/31-roundtable-announce.graphql");
const PARTICIPANT: &str = include_str!("../../docs/stories/32-roundtable-participant-add.graphql");
const HOLD: &str = include_str!("../../docs/stories/33-roundtable-hold.graphql");
const ISSUE: &str = include_str!("../../docs/stories/34-roundtable-issue-record.graphql");
pub(crate) const PASSAGE: &str = include_str!("../../docs/stories/35-roundtable-passage-record.graphql");
const DECISION: &str = include_str!("../../docs/stories/36-roundtable-decision-record.graphql");
const ITEM: &str = include_str!("../../docs/stories/37-roundtable-action-item-record.graphql");
const SUBMIT: &str = include_str!("../../docs/stories/38-roundtable-minutes-submit.graphql");
const PUBLISH: &str = include_str!("../../docs/stories/39-roundtable-minutes-publish.graphql");
const READ: &str = include_str!("../../docs/stories/40-roundtable-read.graphql");
const PROGRESS: &str = include_str!("../../docs/stories/41-roundtable-action-item-progress.graphql");
const CONCLUDE: &str = include_str!("../../docs/stories/42-roundtable-issue-conclude.graphql");
const CLOSE: &str = include_str!("../../docs/stories/43-roundtable-close.graphql");
const POSTPONE: &str =
    "mutation($id: ID!, $reason: String!) { roundtablePostpone(id: $id, reason: $reason) { id state stopReason } }";
const CANCEL: &str = "mutation($id: ID!, $reason: String!) { roundtableCancel(id: $id, reason: $reason) { id state } }";
const RETURN: &str =
    "mutation($id: ID!, $reason: String!) { roundtableMinutesReturn(id: $id, reason: $reason) { state returnReason } }";
const CHANGE: &str = "mutation($id: ID!, $input: RoundtableChangeInput!) { roundtableChange(id: $id, input: $input) { revision title } }";

/// A town with an organization, its officer, the liaison of its district and two planners.
pub(crate) struct Hall {
    pub(crate) town: Town,
    district: String,
    pub(crate) organization: String,
    pub(crate) officer: Client,
    liaison: Client,
    pub(crate) planner: Client,
}

impl Hall {
    pub(crate) async fn new() -> Self {
        let town = Town::new().await;
        let planner = town.staff(Role::PlanningStaff).await;
        let (district, organization) = organization(&planner, "里の会").await;
        let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &organization).await;
        let liaison = town.over(Role::Liaison, ScopeKind::District, &district).await;
        Self { town, district, organization, officer, liaison, planner }
    }

    /// Its district.
    pub(crate) fn district(&self) -> uuid::Uuid {
        entaku::kernel::id::decode(&self.district).expect("an id").1
    }

    fn plan(&self) -> Value {
        json!({"input": {"organizationId": self.organization, "title": "第1回 買い物円卓会議", "theme": "車を手放した後の買い物",
            "purpose": "困りごとを分かち合う。", "startsAt": "2026-05-20T04:00:00Z", "venue": "交流センター", "audience": "PUBLIC"}})
    }

    /// A planned meeting of the organization.
    pub(crate) async fn planned(&self) -> String {
        text(&self.officer.run(PLAN, self.plan()).await.data()["roundtablePlan"]["id"])
    }

    /// A meeting that was held.
    pub(crate) async fn held(&self) -> String {
        let id = self.planned().await;
        self.officer.run(ANNOUNCE, json!({"id": id})).await.data();
        self.officer.run(HOLD, held(&id, "2026-05-20", 25)).await.data();
        id
    }

    /// A meeting whose minutes the officer has submitted, complete.
    pub(crate) async fn submitted(&self) -> String {
        let id = self.held().await;
        finish(self, &id).await;
        id
    }
}

/// Writes down what the minutes need, and submits them.
pub(crate) async fn finish(hall: &Hall, id: &str) {
    hall.officer.run(PARTICIPANT, participant(id, "佐藤 花", true)).await.data();
    hall.officer.run(PASSAGE, passage(id, 1, None, "論点提供")).await.data();
    hall.officer.run(SUBMIT, json!({"id": id})).await.data();
}

fn held(id: &str, on: &str, count: i32) -> Value {
    json!({"id": id, "input": {"heldOn": on, "audienceCount": count}})
}

fn participant(id: &str, name: &str, public: bool) -> Value {
    json!({"input": {"roundtableId": id, "role": "CENTER_MEMBER", "name": name, "namePublic": public, "affiliation": "自治会", "sector": "COMMUNITY"}})
}

pub(crate) fn passage(id: &str, number: i32, revision: Option<i32>, text: &str) -> Value {
    json!({"input": {"roundtableId": id, "number": number, "revision": revision, "session": "SESSION1", "text": text}})
}

fn issue(id: &str) -> Value {
    json!({"input": {"roundtableId": id, "title": "買い物", "text": "店まで8キロある。"}})
}

fn decision(id: &str) -> Value {
    json!({"input": {"roundtableId": id, "text": "移動販売を試す。"}})
}

fn item(id: &str, due: &str) -> Value {
    json!({"input": {"roundtableId": id, "what": "店に相談する", "owner": "福祉部会", "dueOn": due}})
}

#[tokio::test]
async fn a_meeting_is_announced_held_recorded_published_and_closed() {
    let hall = Hall::new().await;
    let (public, officer, planner) = (hall.town.public(), &hall.officer, &hall.planner);
    let id = hall.planned().await;
    let this = json!({"id": id});
    assert_eq!(public.run(READ, this.clone()).await.data()["roundtable"], json!(null));
    let announced = officer.run(ANNOUNCE, this.clone()).await.data();
    assert_eq!(announced["roundtableAnnounce"]["state"], "ANNOUNCED");
    officer.run(PARTICIPANT, participant(&id, "佐藤 花", true)).await.data();
    officer.run(PARTICIPANT, participant(&id, "田中 実", false)).await.data();
    officer.run(HOLD, held(&id, "2026-05-20", 25)).await.data();
    let trouble = hall.liaison.run(ISSUE, issue(&id)).await.data()["roundtableIssueRecord"].clone();
    let second = hall.liaison.run(PASSAGE, passage(&id, 2, None, "まとめ")).await.data();
    assert_eq!(second["roundtablePassageRecord"]["roundtable"]["state"], "MINUTES_DRAFT");
    officer.run(PASSAGE, passage(&id, 1, None, "論点提供")).await.data();
    officer.run(DECISION, decision(&id)).await.data();
    let task = officer.run(ITEM, item(&id, "2026-07-31")).await.data()["roundtableActionItemRecord"]["id"].clone();
    officer.run(SUBMIT, this.clone()).await.data();

    let before = public.run(READ, this.clone()).await.data()["roundtable"].clone();
    assert_eq!(before["title"], "第1回 買い物円卓会議");
    assert_eq!(before["state"], "MINUTES_REVIEW");
    for hidden in ["heldOn", "audienceCount"] {
        assert_eq!(before[hidden], json!(null), "{hidden}");
    }
    for hidden in ["participants", "issues", "passages", "decisions", "actionItems"] {
        assert_eq!(before[hidden], json!([]), "{hidden}");
    }

    let returned = planner.run(RETURN, json!({"id": id, "reason": "発言者の確認を"})).await.data();
    assert_eq!(
        returned["roundtableMinutesReturn"],
        json!({"state": "MINUTES_DRAFT", "returnReason": "発言者の確認を"})
    );
    officer.run(PASSAGE, passage(&id, 2, Some(1), "まとめ(確認済み)")).await.data();
    officer.run(SUBMIT, this.clone()).await.data();
    planner.run(PUBLISH, this.clone()).await.data();

    let after = public.run(READ, this.clone()).await.data()["roundtable"].clone();
    assert_eq!(after["state"], "PUBLISHED");
    assert_eq!((&after["heldOn"], &after["audienceCount"]), (&json!("2026-05-20"), &json!(25)));
    assert_eq!(
        after["passages"],
        json!([{"number": 1, "session": "SESSION1", "text": "論点提供"}, {"number": 2, "session": "SESSION1", "text": "まとめ(確認済み)"}])
    );
    assert_eq!(after["decisions"], json!([{"text": "移動販売を試す。"}]));
    let seen: Vec<_> =
        (0..2).map(|n| (&after["participants"][n]["name"], &after["participants"][n]["affiliation"])).collect();
    assert_eq!(seen, [(&json!("佐藤 花"), &json!("自治会")), (&json!(null), &json!(null))]);
    assert_eq!(after["actionItems"][0]["state"], "OPEN");

    officer.run(CONCLUDE, json!({"id": trouble["id"], "outcome": "NEW_PROJECT"})).await.data();
    planner.run(CLOSE, this.clone()).await.expect_code("CONFLICT/ACTION_ITEMS_OPEN");
    officer.run(PROGRESS, json!({"id": task, "to": "IN_PROGRESS"})).await.data();
    officer.run(PROGRESS, json!({"id": task, "to": "OPEN"})).await.expect_code("CONFLICT/STATE");
    officer.run(PROGRESS, json!({"id": task, "to": "DONE"})).await.data();
    officer.run(PROGRESS, json!({"id": task, "to": "DROPPED"})).await.expect_code("CONFLICT/FINAL");
    let closed = planner.run(CLOSE, this.clone()).await.data();
    assert_eq!(closed["roundtableClose"]["state"], "CLOSED");
    officer.run(CONCLUDE, json!({"id": trouble["id"], "outcome": "NONE"})).await.expect_code("CONFLICT/LOCKED");
    let kept = public.run(READ, this).await.data()["roundtable"].clone();
    assert_eq!(kept["issues"][0]["outcome"], "NEW_PROJECT");
}

#[tokio::test]
async fn a_meeting_is_put_off_announced_anew_or_called_off() {
    let hall = Hall::new().await;
    let (public, officer) = (hall.town.public(), &hall.officer);
    let id = hall.planned().await;
    let this = json!({"id": id});
    officer.run(HOLD, held(&id, "2026-05-20", 1)).await.expect_code("CONFLICT/STATE");
    officer.run(ANNOUNCE, this.clone()).await.data();
    officer.run(ANNOUNCE, this.clone()).await.expect_code("CONFLICT/STATE");
    officer.run(POSTPONE, json!({"id": id, "reason": " "})).await.expect_code("INVALID_INPUT");
    officer.run(POSTPONE, json!({"id": id, "reason": "大雪のため"})).await.data();
    let notice = "query($id: ID!) { roundtable(id: $id) { state stopReason } }";
    let seen = public.run(notice, this.clone()).await.data()["roundtable"].clone();
    assert_eq!(seen, json!({"state": "POSTPONED", "stopReason": "大雪のため"}));
    let changed =
        officer.run(CHANGE, json!({"id": id, "input": {"revision": 3, "startsAt": "2026-06-01T01:00:00Z"}})).await;
    assert_eq!(changed.data()["roundtableChange"], json!({"revision": 4, "title": "第1回 買い物円卓会議"}));
    officer
        .run(CHANGE, json!({"id": id, "input": {"revision": 3, "title": "古い版"}}))
        .await
        .expect_code("CONFLICT/STALE");
    officer.run(ANNOUNCE, this.clone()).await.data();
    let seen = public.run(notice, this.clone()).await.data()["roundtable"].clone();
    assert_eq!(seen, json!({"state": "ANNOUNCED", "stopReason": null}));
    officer.run(CANCEL, json!({"id": id, "reason": "中止"})).await.data();
    for (document, variables) in
        [(ANNOUNCE, this.clone()), (HOLD, held(&id, "2026-05-20", 1)), (PASSAGE, passage(&id, 1, None, "x"))]
    {
        officer.run(document, variables).await.expect_code("CONFLICT/STATE");
    }
}

#[tokio::test]
async fn bad_input_is_refused_and_writes_nothing() {
    let hall = Hall::new().await;
    let id = hall.held().await;
    let officer = &hall.officer;
    let mut wrong = hall.plan();
    wrong["input"]["title"] = json!(" ");
    wrong["input"]["theme"] = json!("a\u{0}b");
    wrong["input"]["startsAt"] = json!("2999-01-01T00:00:00Z");
    let answer = officer.run(PLAN, wrong).await.expect_code("INVALID_INPUT");
    let found: Vec<_> = answer.body["errors"][0]["extensions"]["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|f| f["path"].clone())
        .collect();
    assert_eq!(found, ["input.title", "input.theme", "input.startsAt"]);
    let mut elsewhere = hall.plan();
    let (district, _) = organization(&hall.planner, "遠い会").await;
    elsewhere["input"]["districtId"] = json!(district);
    officer.run(PLAN, elsewhere).await.expect_code("INVALID_INPUT");
    for (document, variables, code) in [
        (PASSAGE, passage(&id, 0, None, "x"), "INVALID_INPUT"),
        (PASSAGE, passage(&id, 1, None, &"長".repeat(10_001)), "INVALID_INPUT"),
        (PASSAGE, passage("rtb_0192f0c1d2e37a4b8c5d6e7f8091a2b3", 1, None, "x"), "NOT_FOUND"),
        (PASSAGE, passage(&hall.district, 1, None, "x"), "NOT_FOUND"),
        (PASSAGE, passage("rtb_1", 1, None, "x"), "INVALID_INPUT"),
        (ITEM, item(&id, "2026-05-19"), "INVALID_INPUT"),
        (PROGRESS, json!({"id": id, "to": "SOMEWHERE"}), "INVALID_INPUT"),
    ] {
        let answer = officer.run(document, variables).await;
        assert!(answer.code().starts_with(code) || answer.code() == "GRAPHQL_VALIDATION_FAILED", "{}", answer.text);
    }
    let next = hall.planned().await;
    officer.run(ANNOUNCE, json!({"id": next})).await.data();
    officer.run(HOLD, held(&next, "2026-05-21", 3)).await.expect_code("INVALID_INPUT");
    officer.run(HOLD, held(&next, "2026-05-20", -1)).await.expect_code("INVALID_INPUT");
    let seen = officer.run(READ, json!({"id": id})).await.data()["roundtable"].clone();
    assert_eq!((&seen["state"], &seen["passages"]), (&json!("HELD"), &json!([])));
}
