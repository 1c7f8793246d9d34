//! What an association gets of its organization's grant.

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
