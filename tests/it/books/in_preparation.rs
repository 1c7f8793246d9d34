//! What a programme in preparation is not for is known to those who prepare it.

#[allow(clippy::wildcard_imports)] // the documents of the noun's tests
use super::*;
use crate::changes::{Phone, marker};
use crate::grants::programme;
use crate::support::Town;

const CREATE: &str = include_str!("../../../docs/stories/10-grant-programme-create.graphql");
const PUBLISH: &str = include_str!("../../../docs/stories/12-grant-programme-publish.graphql");
const USES: &str = include_str!("../../../docs/stories/411-ineligible-uses-read.graphql");

async fn codes(who: &Client) -> Vec<String> {
    let uses = who.run(USES, json!({})).await.data()["ineligibleUses"]["nodes"].clone();
    let mut codes: Vec<String> = uses.as_array().expect("uses").iter().map(|one| text(&one["code"])).collect();
    codes.sort();
    codes
}

#[tokio::test]
async fn z1_w4_what_a_programme_in_preparation_is_not_for_is_read_and_told_with_the_programme() {
    let town = Town::new().await;
    let staff = town.staff(Role::GrantStaff).await;
    let (_, id) = organization(&staff, "青葉の会").await;
    let draft = programme(&town, &staff, 1_000_000).await;
    let member = town.over(Role::OrgMember, ScopeKind::Organization, &id).await;
    let accountant = town.over(Role::OrgAccountant, ScopeKind::Organization, &id).await;
    let auditor = town.staff(Role::Auditor).await;
    let outside = [town.public(), town.resident().await, member, accountant];
    let mut phones = Vec::new();
    for who in &outside {
        phones.push(Phone::new(who).await);
    }
    let mut inside = Phone::new(&auditor).await;
    let set = async |code: &str, more: &Value| {
        text(&staff.run(USE_SET, use_of(code, more)).await.data()["ineligibleUseSet"]["id"])
    };
    let general = set("SOCIAL", &json!({})).await;
    let special = set("SEAWEED", &json!({ "programmeId": draft })).await;
    let node = "query($id: ID!) { node(id: $id) { ... on IneligibleUse { code } } }";
    let mark = marker(&staff).await;
    for (who, phone) in outside.iter().zip(&mut phones) {
        assert_eq!(codes(who).await, ["SOCIAL"]);
        assert_eq!(who.run(node, json!({ "id": special })).await.data()["node"], Value::Null);
        phone.until(&mark).await;
        assert_eq!((phone.operation(&general), phone.operation(&special)), (Some("CREATED"), None));
    }
    for who in [&staff, &auditor] {
        assert_eq!(codes(who).await, ["SEAWEED", "SOCIAL"]);
    }
    inside.until(&mark).await;
    assert_eq!(inside.operation(&special), Some("CREATED"));
    // What was for all becomes the programme's own: it is gone with it, and comes back when the programme is public.
    assert_eq!(set("SOCIAL", &json!({ "programmeId": draft })).await, general);
    let mark = marker(&staff).await;
    for (who, phone) in outside.iter().zip(&mut phones) {
        assert_eq!(codes(who).await, Vec::<String>::new());
        phone.until(&mark).await;
        assert_eq!((phone.operation(&general), phone.operation(&special)), (Some("GONE"), None));
    }
    town.staff(Role::Approver).await.run(PUBLISH, json!({ "id": draft })).await.data();
    let mark = marker(&staff).await;
    for (who, phone) in outside.iter().zip(&mut phones) {
        assert_eq!(codes(who).await, ["SEAWEED", "SOCIAL"]);
        phone.until(&mark).await;
        for id in [&general, &special] {
            assert!(matches!(phone.operation(id), Some("CREATED" | "UPDATED")), "{:?}", phone.told);
        }
    }
    inside.until(&mark).await;
    assert_eq!(inside.operation(&special), Some("UPDATED"));
}

/// Nobody learns of it by declaring it for an expense.
#[tokio::test]
async fn z3_what_is_not_to_be_read_is_not_declared_either() {
    let d = Desk::new().await;
    let section = d.scene.staff.run("{ grantProgrammes { nodes { section { id } } } }", json!({})).await.data();
    let section = section["grantProgrammes"]["nodes"][0]["section"]["id"].clone();
    let draft = json!({"input": {"title": "海の交付金", "summary": "海辺の活動を支える。", "fiscalYear": 2026,
        "legalBasis": "交付要綱", "budgetYen": 1_000_000, "opensOn": "2026-05-01", "closesOn": "2026-06-30",
        "sectionId": section}});
    let draft = d.scene.staff.run(CREATE, draft).await.data()["grantProgrammeCreate"]["id"].clone();
    let hidden = d.use_set("SEAWEED", &json!({ "programmeId": draft })).await;
    let declared = with(entry(&d.fuel, 1_000), &json!({"ineligibleUseId": hidden, "ineligibleReason": "会費で補う。"}));
    let answer = d.accountant.run(RECORD, json!({ "input": declared })).await.expect_code("NOT_FOUND");
    assert!(!answer.text.contains("SEAWEED"), "{}", answer.text);
}
