//! Signing in, staying in, going out; appointments; sections; settings.

use chrono::Duration;
use entaku::kernel::principal::Role;
use serde_json::json;

use crate::support::Town;

const SIGN_IN: &str = "mutation($email: String!, $password: String!) {
    sessionSignIn(email: $email, password: $password, device: \"端末\") { accessToken refreshToken } }";
const CREATE: &str = "mutation($input: AccountCreateInput!) { accountCreate(input: $input) { id name email } }";
const REFRESH: &str = "mutation($token: String!) { sessionRefresh(refreshToken: $token) { accessToken refreshToken } }";
const VIEWER: &str = "{ viewer { name email appointments { role scope } } }";

async fn account(town: &Town, email: &str) {
    let admin = town.staff(Role::Admin).await;
    let input = json!({"email": email, "name": "例山 花子", "nameKana": "れいやま はなこ", "initialPassword": "最初の長いパスワードです。"});
    admin.run(CREATE, json!({ "input": input })).await.data();
}

async fn sign_in(town: &Town, email: &str, password: &str) -> serde_json::Value {
    town.public().run(SIGN_IN, json!({"email": email, "password": password})).await.data()["sessionSignIn"].clone()
}

#[tokio::test]
async fn an_account_signs_in_and_reads_itself() {
    let town = Town::new().await;
    account(&town, "Hanako＠Example.jp").await;
    let tokens = sign_in(&town, "hanako@example.jp", "最初の長いパスワードです。").await;
    let me =
        town.public().with("authorization", &format!("Bearer {}", tokens["accessToken"].as_str().expect("a token")));
    let viewer = me.run(VIEWER, json!({})).await.data()["viewer"].clone();
    assert_eq!(viewer, json!({"name": "例山 花子", "email": "hanako@example.jp", "appointments": []}));
    assert_eq!(town.public().run(VIEWER, json!({})).await.data()["viewer"], json!(null));
}

#[tokio::test]
async fn a1_unknown_user_and_wrong_password_are_one_answer_after_one_hash() {
    let town = Town::new().await;
    account(&town, "known@example.jp").await;
    let before = town.app.passwords.count();
    let wrong = town
        .public()
        .run(SIGN_IN, json!({"email": "known@example.jp", "password": "まったく違うパスワードです"}))
        .await;
    assert_eq!(town.app.passwords.count(), before + 1);
    let unknown = town
        .public()
        .run(SIGN_IN, json!({"email": "unknown@example.jp", "password": "まったく違うパスワードです"}))
        .await;
    assert_eq!(town.app.passwords.count(), before + 2);
    assert_eq!(wrong.text, unknown.text);
    wrong.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a17_signing_out_and_changing_the_password_take_effect_at_once() {
    let town = Town::new().await;
    account(&town, "o@example.jp").await;
    let old = sign_in(&town, "o@example.jp", "最初の長いパスワードです。").await;
    let here = sign_in(&town, "o@example.jp", "最初の長いパスワードです。").await;
    let bearer = |tokens: &serde_json::Value| format!("Bearer {}", tokens["accessToken"].as_str().expect("a token"));
    let (old, here) =
        (town.public().with("authorization", &bearer(&old)), town.public().with("authorization", &bearer(&here)));
    let change =
        "mutation($new: String!) { passwordChange(current: \"最初の長いパスワードです。\", new: $new) { name } }";
    here.run(change, json!({"new": "short"})).await.expect_code("INVALID_INPUT");
    here.run(change, json!({"new": "次のとても長いパスワード。1"})).await.data();
    old.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
    here.run("mutation { sessionEnd { endReason } }", json!({})).await.data();
    let gone = here.run(VIEWER, json!({})).await;
    assert_eq!(gone.status, 401);
    gone.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_lives_five_minutes_and_an_appointment_ends_at_once() {
    let town = Town::new().await;
    let (id, clerk) = town.person(Role::GrantStaff, entaku::kernel::principal::ScopeKind::Municipality, None).await;
    let admin = town.staff(Role::Admin).await;
    let create = "mutation { districtCreate(input: {name: \"里\", nameKana: \"さと\", areaUnit: OAZA}) { id } }";
    clerk.run(create, json!({})).await.data();
    let read = "query($id: ID!) { account(id: $id) { appointments { id viewerCan { action allowed } } } }";
    let held = admin.run(read, json!({"id": id.to_string()})).await.data()["account"]["appointments"][0].clone();
    assert_eq!(held["viewerCan"], json!([{"action": "appointmentEnd", "allowed": true}]));
    let end = "mutation($id: ID!) { appointmentEnd(id: $id) { endedAt } }";
    admin.run(end, json!({"id": held["id"]})).await.data();
    admin.run(end, json!({"id": held["id"]})).await.expect_code("CONFLICT/ENDED");
    clerk.run(create, json!({})).await.expect_code("FORBIDDEN");
    town.app.clock.advance(Duration::minutes(6));
    clerk.run(VIEWER, json!({})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn sections_keep_their_history_and_half_width_addresses() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let create = "mutation($input: SectionCreateInput!) { sectionCreate(input: $input) { id email revision } }";
    let input =
        |name: &str| json!({"input": {"name": name, "establishedOn": "2020-04-01", "email": "ka＠city.example.jp"}});
    let old = admin.run(create, input("地域振興課")).await.data()["sectionCreate"].clone();
    assert_eq!(old["email"], "ka@city.example.jp");
    let new = admin.run(create, input("協働推進課")).await.data()["sectionCreate"].clone();
    let change = "mutation($id: ID!, $input: SectionChangeInput!) { sectionChange(id: $id, input: $input) { phone email revision } }";
    let changed =
        admin.run(change, json!({"id": old["id"], "input": {"phone": "0000-00-0000", "revision": 1}})).await.data();
    assert_eq!(
        changed["sectionChange"],
        json!({"phone": "0000-00-0000", "email": "ka@city.example.jp", "revision": 2})
    );
    admin
        .run(change, json!({"id": old["id"], "input": {"phone": null, "revision": 1}}))
        .await
        .expect_code("CONFLICT/STALE");
    let abolish = "mutation($id: ID!, $to: ID!) { sectionAbolish(id: $id, input: {abolishedOn: \"2026-04-01\", successorId: $to}) { successor { name } } }";
    let gone = admin.run(abolish, json!({"id": old["id"], "to": new["id"]})).await.data();
    assert_eq!(gone["sectionAbolish"]["successor"]["name"], "協働推進課");
}

#[tokio::test]
async fn settings_are_one_audited_record() {
    let town = Town::new().await;
    let admin = town.staff(Role::Admin).await;
    let read = "{ municipalitySettings { nodes { id revision grantWithdrawalDays publicContact } } }";
    let found = admin.run(read, json!({})).await.data()["municipalitySettings"]["nodes"][0].clone();
    assert_eq!(found["grantWithdrawalDays"], 15);
    let change = "mutation($id: ID!) { municipalitySettingsChange(id: $id, input: {grantWithdrawalDays: 10, publicContact: \"役場\"}) { grantWithdrawalDays } }";
    admin.run(change, json!({"id": found["id"]})).await.data();
    town.staff(Role::GrantStaff).await.run(change, json!({"id": found["id"]})).await.expect_code("FORBIDDEN");
    town.resident().await.run(change, json!({"id": found["id"]})).await.expect_code("FORBIDDEN");
    assert_eq!(
        town.public().run(read, json!({})).await.data()["municipalitySettings"]["nodes"][0]["publicContact"],
        "役場"
    );
    let tx = town.system();
    let sql = entaku::kernel::read::sql::Sql::new(
        "SELECT before::text b, after::text a FROM audit_entries WHERE kind = 'municipality_settings' AND op = 'UPDATE'",
    );
    let rows = tx.rows(sql).await.expect("rows");
    let after: String = rows[0].get("a");
    assert!(after.contains("\"grant_withdrawal_days\": 10"), "{after}");
}

#[tokio::test]
async fn a26_an_invitation_is_good_once_and_for_three_days() {
    let town = Town::new().await;
    let invite = async || {
        let tx = town.system();
        let token = entaku::people::commands::invite_first_admin(&tx, "first@example.jp").await.expect("an invitation");
        tx.commit().await.expect("committed");
        token
    };
    let accept = "mutation($token: String!) { invitationAccept(input: {token: $token, name: \"初代 管理\", nameKana: \"しょだい かんり\", password: \"管理者のとても長いパスワード\"}) { accessToken } }";
    let token = invite().await;
    town.public().run(accept, json!({"token": format!("{token}x")})).await.expect_code("UNAUTHENTICATED");
    let tokens = town.public().run(accept, json!({"token": token})).await.data();
    let me = town.public().with(
        "authorization",
        &format!("Bearer {}", tokens["invitationAccept"]["accessToken"].as_str().expect("a token")),
    );
    assert_eq!(me.run(VIEWER, json!({})).await.data()["viewer"]["appointments"][0]["role"], "ADMIN");
    town.public().run(accept, json!({"token": token})).await.expect_code("UNAUTHENTICATED");
    let late = invite().await;
    town.app.clock.advance(Duration::hours(73));
    town.public().run(accept, json!({"token": late})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn an_appointment_is_over_something_that_is_here() {
    let (town, other) = (Town::new().await, Town::new().await);
    let (account, _) = town.person(Role::Resident, entaku::kernel::principal::ScopeKind::Municipality, None).await;
    let admin = town.staff(Role::Admin).await;
    let elsewhere = other.staff(Role::PlanningStaff).await;
    let district = elsewhere.run(crate::organizations::DISTRICT, json!({"name": "よその地区"})).await.data()["districtCreate"]["id"].clone();
    let appoint = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { scope scopeId } }";
    let input = |scope: &str, id: serde_json::Value| json!({"input": {"accountId": account.to_string(), "role": "LIAISON", "scope": scope, "scopeId": id, "startsOn": "2026-04-01"}});
    admin.run(appoint, input("DISTRICT", district.clone())).await.expect_code("NOT_FOUND");
    admin.run(appoint, input("ORGANIZATION", district.clone())).await.expect_code("NOT_FOUND");
    admin.run(appoint, input("DISTRICT", json!(null))).await.expect_code("INVALID_INPUT");
    admin.run(appoint, input("MUNICIPALITY", district)).await.expect_code("INVALID_INPUT");
    let clerk = town.staff(Role::PlanningStaff).await;
    let here =
        clerk.run(crate::organizations::DISTRICT, json!({"name": "こちらの地区"})).await.data()["districtCreate"]["id"]
            .clone();
    let made = admin.run(appoint, input("DISTRICT", here.clone())).await.data();
    assert_eq!(made["appointmentCreate"], json!({"scope": "DISTRICT", "scopeId": here}));
}

#[tokio::test]
async fn a_password_changed_while_it_was_verified_opens_nothing() {
    let town = Town::new().await;
    account(&town, "c@example.jp").await;
    let tx = town.system();
    let known = entaku::people::session::find(&tx, "c@example.jp").await.expect("found").expect("known");
    assert!(entaku::people::session::confirm(&tx, &known).await.expect("asked"));
    drop(tx);
    let tokens = sign_in(&town, "c@example.jp", "最初の長いパスワードです。").await;
    let me =
        town.public().with("authorization", &format!("Bearer {}", tokens["accessToken"].as_str().expect("a token")));
    let change = "mutation { passwordChange(current: \"最初の長いパスワードです。\", new: \"次のとても長いパスワード。1\") { id } }";
    me.run(change, json!({})).await.data();
    let tx = town.system();
    assert!(!entaku::people::session::confirm(&tx, &known).await.expect("asked"));
}

#[tokio::test]
async fn a_refresh_token_says_that_it_belongs_to_another_municipality() {
    let (town, other) = (Town::new().await, Town::new().await);
    account(&town, "m@example.jp").await;
    let tokens = sign_in(&town, "m@example.jp", "最初の長いパスワードです。").await;
    let elsewhere = town.public().with("entaku-municipality", other.code.as_str());
    let refused = elsewhere.run(REFRESH, json!({"token": tokens["refreshToken"]})).await;
    refused.expect_code("BAD_REQUEST/MUNICIPALITY_MISMATCH");
    town.public().run(REFRESH, json!({"token": tokens["refreshToken"]})).await.data();
}
