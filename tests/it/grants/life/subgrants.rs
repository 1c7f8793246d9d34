//! What an association gets of its organization's grant.

use entaku::kernel::read::sql::Sql;

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

#[tokio::test]
async fn an_association_gets_a_part_of_the_grant_from_its_organization() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(100_000).await;
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let stranger = s.town.over(Role::OrgMember, ScopeKind::Organization, &another(&s).await).await;
    let ask = |yen: i64| json!({"input": {"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。", "requestedYen": yen}});
    stranger.run(SUBGRANT_SUBMIT, ask(1)).await.expect_code("FORBIDDEN");
    member.run(SUBGRANT_SUBMIT, ask(0)).await.expect_code("INVALID_INPUT");
    let make = async |yen| text(&member.run(SUBGRANT_SUBMIT, ask(yen)).await.data()["grantSubgrantSubmit"]["id"]);
    let (first, second, third) = (make(70_000).await, make(70_000).await, make(10).await);
    member.run(SUBGRANT_ADOPT, opinion(&first, 1)).await.expect_code("FORBIDDEN");
    s.officer.run(SUBGRANT_ADOPT, opinion(&first, 70_001)).await.expect_code("INVALID_INPUT");
    let (a, b) = tokio::join!(
        insist(|| s.officer.run(SUBGRANT_ADOPT, opinion(&first, 60_000))),
        insist(|| s.officer.run(SUBGRANT_ADOPT, opinion(&second, 60_000)))
    );
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["(none)", "CONFLICT/GRANT_EXCEEDED"]);
    s.officer.run(SUBGRANT_REFUSE, because(&third)).await.data();
    s.officer.run(SUBGRANT_REFUSE, because(&third)).await.expect_code("CONFLICT/STATE");
    let own = text(&s.officer.run(SUBGRANT_SUBMIT, ask(1)).await.data()["grantSubgrantSubmit"]["id"]);
    s.officer.run(SUBGRANT_ADOPT, opinion(&own, 1)).await.expect_code("FORBIDDEN/DUTIES_APART");
    assert_eq!(s.life(&id).await["subgrantedYen"], 60_000);
    let less = of(&id, json!({"reason": "縮小", "costs": plan(), "decidedYen": 59_999}));
    s.officer.run(CHANGE_REQUEST, less).await.expect_code("CONFLICT/PAID_ALREADY");
}

const SUBGRANTS: &str =
    "query($id: ID!) { grantApplication(id: $id) { subgrants(first: 10) { nodes { id state withdrawnOn } } } }";
const TOLD: &str = "{ viewer { notifications(first: 20, filter: {kind: [SUBGRANT_ENDED]}) { nodes { objectId } } } }";

async fn asked(who: &Client, id: &str) -> String {
    let input = json!({"applicationId": id, "association": "東自治会", "title": "花壇", "purpose": "花壇をつくる。", "requestedYen": 50_000});
    text(&who.run(SUBGRANT_SUBMIT, json!({ "input": input })).await.data()["grantSubgrantSubmit"]["id"])
}

/// A grant is withdrawn, revoked or fixed: what was asked of it and not decided on ends with it, its member is told, and
/// nobody has it to do any more.
#[tokio::test]
async fn a_sub_application_ends_with_its_grant() {
    let s = Scene::with_terms(&quarters()).await;
    let member = s.town.over(Role::OrgMember, ScopeKind::Organization, &s.organization).await;
    let mut ended = Vec::new();
    for end in ["withdrawn", "revoked", "fixed"] {
        let id = s.granted(400_000).await;
        let (decided, open) = (asked(&member, &id).await, asked(&member, &id).await);
        s.officer.run(SUBGRANT_ADOPT, opinion(&decided, 50_000)).await.data();
        assert_eq!(crate::tasks::due(&s.officer, "grantSubgrantAdopt").await.len(), 1, "{end}");
        match end {
            "withdrawn" => drop(s.officer.run(WITHDRAW, json!({"id": id})).await.data()),
            "revoked" => drop(s.approver.run(REVOKE, because(&id)).await.data()),
            _ => drop(s.fixed(&id, 300_000).await),
        }
        let nodes =
            s.officer.run(SUBGRANTS, json!({"id": id})).await.data()["grantApplication"]["subgrants"]["nodes"].clone();
        let of = |id: &str| nodes.as_array().expect("nodes").iter().find(|node| node["id"] == id).expect("it").clone();
        assert_eq!(
            (&of(&open)["state"], &of(&open)["withdrawnOn"]),
            (&json!("WITHDRAWN"), &json!("2026-05-20")),
            "{end}"
        );
        assert_eq!(of(&decided)["state"], "ADOPTED", "what was decided stays: {end}");
        assert_eq!(crate::tasks::due(&s.officer, "grantSubgrantAdopt").await, Vec::<Value>::new(), "{end}");
        s.officer.run(SUBGRANT_ADOPT, opinion(&open, 1)).await.expect_code("CONFLICT/STATE");
        s.officer.run(SUBGRANT_REFUSE, because(&open)).await.expect_code("CONFLICT/STATE");
        ended.push(open);
    }
    let told = member.run(TOLD, json!({})).await.data()["viewer"]["notifications"]["nodes"].clone();
    let mut told: Vec<_> = told.as_array().expect("nodes").iter().map(|node| text(&node["objectId"])).collect();
    told.sort();
    ended.sort();
    assert_eq!(told, ended);
    s.is_sound().await;
}

/// What comes beside the end of its grant, or past the program, does not stay open either.
#[tokio::test]
async fn the_database_leaves_no_sub_application_of_a_grant_that_has_ended() {
    let s = Scene::with_terms(&quarters()).await;
    let id = s.granted(400_000).await;
    asked(&s.officer, &id).await;
    let uuid = decode(&id).expect("an id").1;
    let another = format!(
        "INSERT INTO grant_subgrants (id, application_id, organization_id, district_id, association, title, purpose, requested_yen,
            state, submitted_on)
         SELECT gen_random_uuid(), id, organization_id, district_id, '西自治会', '花壇', '花壇をつくる。', 1, 'SUBMITTED', '2026-05-20'
         FROM grant_applications WHERE id = '{uuid}'"
    );
    let tx = s.town.system();
    tx.run(Sql::new(&another)).await.expect("the grant is given");
    let end = format!("UPDATE grant_applications SET state = 'WITHDRAWN' WHERE id = '{uuid}'");
    tx.run(Sql::new(&end)).await.expect("withdrawn");
    let states = format!("SELECT state FROM grant_subgrants WHERE application_id = '{uuid}'");
    let rows = tx.rows(Sql::new(&states)).await.expect("rows");
    assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), ["WITHDRAWN", "WITHDRAWN"]);
    let failure = tx.run(Sql::new(&another)).await.expect_err("the grant has ended");
    assert!(format!("{failure:?}").contains("RULE"), "{failure:?}");
}
