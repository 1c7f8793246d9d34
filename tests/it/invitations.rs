//! Invitations (A26): by mail, once, for three days, for one address, never above who invites.

use chrono::Duration;
use entaku::kernel::principal::{Role, ScopeKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::post::PostOffice;
use crate::support::{Client, Town};

macro_rules! story {
    ($name:ident, $file:literal) => {
        const $name: &str = include_str!(concat!("../../docs/stories/", $file, ".graphql"));
    };
}

story!(INVITE, "109-invitation-create");
story!(LIST, "89-invitations");
story!(REVOKE, "96-invitation-revoke");
story!(CLAIM, "97-invitation-claim");

const ACCEPT: &str = "mutation($token: String!, $password: String!) { invitationAccept(input: {token: $token,
    name: \"出雲 花子\", nameKana: \"いずも はなこ\", password: $password}) { accessToken } }";
const VIEWER: &str = "{ viewer { name email appointments { role scope scopeId } } }";
const PASSWORD: &str = "川のほとりの大きな桜の木";

fn to(email: &str, role: &str) -> Value {
    json!({"input": {"email": email, "role": role}})
}

async fn accept(town: &Town, token: &str) -> crate::support::client::Answer {
    town.public().run(ACCEPT, json!({"token": token, "password": PASSWORD})).await
}

fn bearer(town: &Town, token: &Value) -> Client {
    town.public().with("authorization", &format!("Bearer {}", token.as_str().expect("a token")))
}

/// The id of an organization of the town.
async fn organization(town: &Town) -> String {
    crate::organizations::organization(&town.staff(Role::PlanningStaff).await, "桜ヶ丘の会").await.1
}

#[tokio::test]
async fn an_invitation_by_mail_gives_an_account_with_its_role() {
    let post = PostOffice::new().await;
    let admin = post.town.staff(Role::Admin).await;
    let made = admin.run(INVITE, to("Hanako＠Example.jp", "GRANT_STAFF")).await.data()["invitationCreate"].clone();
    assert_eq!((&made["email"], &made["expiresAt"]), (&json!("hanako@example.jp"), &json!("2026-05-23T01:00:00Z")));
    let letter = post.newest().await;
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("hanako@example.jp", "【試験町】円卓 Entaku への招待"));
    let tokens = accept(&post.town, &letter.token()).await.data();
    let me = bearer(&post.town, &tokens["invitationAccept"]["accessToken"]);
    let viewer = me.run(VIEWER, json!({})).await.data()["viewer"].clone();
    assert_eq!(viewer["email"], "hanako@example.jp");
    assert_eq!(viewer["appointments"], json!([{"role": "GRANT_STAFF", "scope": "MUNICIPALITY", "scopeId": null}]));
    let list = admin.run(LIST, json!({})).await.data()["invitations"].clone();
    assert_eq!((&list["totalCount"], &list["nodes"][0]["invitedBy"]["name"]), (&json!(1), &json!("試験 太郎")));
    assert_eq!(
        list["nodes"][0]["viewerCan"],
        json!([{"action": "invitationRevoke", "allowed": false, "reason": "ENDED"}])
    );
    for (language, word) in [("JA_EASY", "ようこそ"), ("EN", "You are invited")] {
        let mut input = to("x@example.jp", "PAYER");
        input["input"]["language"] = json!(language);
        admin.run(INVITE, input).await.data();
        assert!(post.newest().await.body.contains(word));
    }
}

#[tokio::test]
async fn a26_an_invitation_is_refused_late_twice_tampered_revoked_and_replaced() {
    let post = PostOffice::new().await;
    let admin = post.town.staff(Role::Admin).await;
    let invite = async |email: &str| {
        let id = admin.run(INVITE, to(email, "PAYER")).await.data()["invitationCreate"]["id"].clone();
        (id, post.newest().await.token())
    };
    let refused = async |token: &str| {
        accept(&post.town, token).await.expect_code("UNAUTHENTICATED");
    };
    let (_, first) = invite("a@example.jp").await;
    let (code, other) = (post.town.code.as_str(), Uuid::now_v7().simple().to_string());
    let id = first.split('.').nth(2).expect("an id").to_owned();
    for tampered in [
        format!("{first}x"),
        first[..first.len() - 1].to_owned(),
        first.replace(&id, &other),
        first.replace("inv.", "rst."),
        format!("inv.{code}.{id}.{}", post.town.app.keys.link_secret(&format!("rst.{code}.{id}"))),
        format!("inv.{code}.{id}."),
        "inv".to_owned(),
        String::new(),
    ] {
        refused(&tampered).await;
    }
    accept(&post.town, &first).await.data();
    refused(&first).await;
    let (_, replaced) = invite("b@example.jp").await;
    let (second, newest) = invite("b@example.jp").await;
    refused(&replaced).await;
    admin.run(REVOKE, json!({ "id": second })).await.data();
    refused(&newest).await;
    admin.run(REVOKE, json!({ "id": second })).await.expect_code("CONFLICT/ENDED");
    let (_, late) = invite("c@example.jp").await;
    post.town.app.clock.advance(Duration::hours(72));
    refused(&late).await;
}

#[tokio::test]
async fn a26_nobody_invites_above_themselves_nor_for_another_organization() {
    let post = PostOffice::new().await;
    let (own, other) = (organization(&post.town).await, organization(&Town::beside(post.town.app.clone()).await).await);
    let officer = post.town.over(Role::OrgOfficer, ScopeKind::Organization, &own).await;
    let over = |role: &str, id: &str| json!({"input": {"email": "m@example.jp", "role": role, "scopeId": id}});
    officer.run(INVITE, over("ADMIN", &own)).await.expect_code("FORBIDDEN/ROLE_ABOVE");
    officer.run(INVITE, over("GRANT_STAFF", &own)).await.expect_code("FORBIDDEN/ROLE_ABOVE");
    officer.run(INVITE, to("m@example.jp", "ORG_MEMBER")).await.expect_code("FORBIDDEN");
    officer.run(INVITE, to("m@example.jp", "ADMIN")).await.expect_code("FORBIDDEN");
    officer.run(INVITE, over("ORG_MEMBER", &other)).await.expect_code("FORBIDDEN");
    let admin = post.town.staff(Role::Admin).await;
    admin.run(INVITE, over("ORG_MEMBER", &other)).await.expect_code("NOT_FOUND");
    admin.run(INVITE, over("ORG_MEMBER", "nonsense")).await.expect_code("INVALID_INPUT");
    for role in [Role::GrantStaff, Role::OrgMember, Role::Resident, Role::Auditor] {
        post.town.staff(role).await.run(INVITE, to("m@example.jp", "RESIDENT")).await.expect_code("FORBIDDEN");
    }
    post.town.public().run(INVITE, to("m@example.jp", "RESIDENT")).await.expect_code("UNAUTHENTICATED");
    assert!(post.letters().await.is_empty());
    officer.run(INVITE, over("ORG_MEMBER", &own)).await.data();
    let tokens = accept(&post.town, &post.newest().await.token()).await.data();
    let me = bearer(&post.town, &tokens["invitationAccept"]["accessToken"]);
    let held = me.run(VIEWER, json!({})).await.data()["viewer"]["appointments"].clone();
    assert_eq!(held, json!([{"role": "ORG_MEMBER", "scope": "ORGANIZATION", "scopeId": own}]));
    let list = officer.run(LIST, json!({})).await.data()["invitations"]["totalCount"].clone();
    let stranger = post.town.staff(Role::GrantStaff).await;
    let seen = stranger.run(LIST, json!({})).await.data()["invitations"]["totalCount"].clone();
    assert_eq!((list, seen), (json!(1), json!(0)));
}

#[tokio::test]
async fn a26_who_may_no_longer_give_the_role_has_invited_nobody() {
    let post = PostOffice::new().await;
    // Somebody stays: a municipality is never without an administrator.
    post.town.staff(Role::Admin).await;
    let (boss, chief) = post.town.person(Role::Admin, ScopeKind::Municipality, None).await;
    chief.run(INVITE, to("a@example.jp", "APPROVER")).await.data();
    let dismissed = post.newest().await.token();
    post.town.dismiss(boss).await;
    accept(&post.town, &dismissed).await.expect_code("UNAUTHENTICATED");
    let (gone, second) = post.town.person(Role::Admin, ScopeKind::Municipality, None).await;
    second.run(INVITE, to("b@example.jp", "APPROVER")).await.data();
    let suspended = post.newest().await.token();
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    post.town.staff(Role::Admin).await.run(suspend, json!({"id": gone.to_string()})).await.data();
    accept(&post.town, &suspended).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a26_an_invitation_is_for_one_address() {
    let post = PostOffice::new().await;
    let admin = post.town.staff(Role::Admin).await;
    admin.run(INVITE, to("known@example.jp", "RESIDENT")).await.data();
    let tokens = accept(&post.town, &post.newest().await.token()).await.data();
    let known = bearer(&post.town, &tokens["invitationAccept"]["accessToken"]);
    admin.run(INVITE, to("known@example.jp", "REVIEWER")).await.data();
    let token = post.newest().await.token();
    let claim = json!({ "token": token });
    let friend = post.town.resident().await;
    friend.run(CLAIM, claim.clone()).await.expect_code("FORBIDDEN/INVITATION_ADDRESS");
    post.town.public().run(CLAIM, claim.clone()).await.expect_code("UNAUTHENTICATED");
    accept(&post.town, &token).await.expect_code("CONFLICT/DUPLICATE");
    let made = known.run(CLAIM, claim.clone()).await.data()["invitationClaim"].clone();
    assert_eq!((&made["role"], &made["startsOn"]), (&json!("REVIEWER"), &json!("2026-05-20")));
    known.run(CLAIM, claim).await.expect_code("UNAUTHENTICATED");
    let held = known.run(VIEWER, json!({})).await.data()["viewer"]["appointments"].clone();
    assert_eq!(held.as_array().expect("appointments").len(), 2);
}

/// An administrator cannot make themselves anything by inviting their own address.
#[tokio::test]
async fn z19_nobody_invites_themselves() {
    let post = PostOffice::new().await;
    let (id, admin) = post.town.person(Role::Admin, ScopeKind::Municipality, None).await;
    let own = format!("{}@example.jp", entaku::kernel::id::TypedId::uuid(id).simple());
    admin.run(INVITE, to(&own, "APPROVER")).await.data();
    let token = post.newest().await.token();
    admin.run(CLAIM, json!({ "token": token })).await.expect_code("FORBIDDEN/SELF_APPOINTMENT");
}

#[tokio::test]
async fn two_who_accept_at_once_make_one_account() {
    let post = PostOffice::new().await;
    post.town.staff(Role::Admin).await.run(INVITE, to("a@example.jp", "PAYER")).await.data();
    let token = post.newest().await.token();
    let answers = futures_util::future::join_all((0..4).map(|_| accept(&post.town, &token))).await;
    let good = answers.iter().filter(|answer| answer.body.get("errors").is_none()).count();
    assert_eq!(good, 1);
}
