//! The second factor, here and at the provider, and step-up.

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;

/// Turns a second factor on for whoever uses the browser; gives what its authenticator shows now.
async fn enrol(browser: &mut Browser<'_>) -> Vec<u8> {
    let begun = browser.run("mutation { secondFactorEnrol { secret } }", json!({})).await;
    let secret = base32(begun.body["data"]["secondFactorEnrol"]["secret"].as_str().expect("a secret"));
    let code = shown(browser.town, &secret);
    let confirm = "mutation($code: String!) { secondFactorConfirm(code: $code) { codes } }";
    let done = browser.run(confirm, json!({ "code": code })).await;
    assert_eq!(texts(&done.body["data"]["secondFactorConfirm"]["codes"]).len(), 10);
    browser.town.app.clock.advance(Duration::seconds(60));
    secret
}

fn shown(town: &Town, secret: &[u8]) -> String {
    let totp = totp::of(secret.to_vec(), "x", "x").expect("a generator");
    totp.generate(u64::try_from(town.app.clock.now().timestamp()).expect("a time")).to_string()
}

#[tokio::test]
async fn a23_a_local_second_factor_is_asked_for_on_top() {
    let (town, provider, _) = town().await;
    clerk(&town, &provider, "me").await;
    let mut first = Browser::new(&town);
    first.sign_in(&provider, "me").await;
    let secret = enrol(&mut first).await;
    // What the provider has asked for does not count where the town has not said so.
    provider.set(|mood| mood.claims = json!({"amr": ["pwd", "mfa"]}));
    let mut browser = Browser::new(&town);
    assert_eq!(browser.sign_in(&provider, "me").await, "/account#sso.CODE");
    assert!(!browser.is_signed_in());
    let finish = async |browser: &mut Browser<'_>, body: Value| browser.send("POST", "/sso/finish", Some(body)).await;
    assert_eq!(finish(&mut browser, json!({})).await.code(), "UNAUTHENTICATED/SECOND_FACTOR_REQUIRED");
    assert_eq!(finish(&mut browser, json!({"code": "000000"})).await.code(), "UNAUTHENTICATED/SECOND_FACTOR_WRONG");
    let kept = browser.jar.clone();
    let done = finish(&mut browser, json!({"code": shown(&town, &secret)})).await;
    assert_eq!((done.to().as_str(), browser.is_signed_in()), ("/playground", true));
    town.app.clock.advance(Duration::seconds(60));
    let mut again = Browser { town: &town, jar: kept, origin: browser.origin };
    let code = json!({"code": shown(&town, &secret)});
    assert_eq!(finish(&mut again, code.clone()).await.code(), "BAD_REQUEST/SSO_ATTEMPT", "once");
    assert_eq!(finish(&mut Browser::new(&town), code).await.code(), "BAD_REQUEST/SSO_ATTEMPT");
}

#[tokio::test]
async fn a23_the_providers_second_factor_is_enough_where_the_town_says_so() {
    let (town, provider, _) = town().await;
    let mut settings = input(&provider);
    (settings["secondFactor"], settings["secondFactorAcr"]) = (json!("PROVIDER"), json!("urn:two"));
    let admin = town.staff(Role::Admin).await;
    admin.run(SET, json!({ "input": settings })).await.data();
    let tx = town.system();
    tx.run(Sql::new("UPDATE municipality_settings SET second_factor_required = true")).await.expect("set");
    tx.commit().await.expect("committed");
    clerk(&town, &provider, "me").await;
    let mut weak = Browser::new(&town);
    assert_eq!(weak.sign_in(&provider, "me").await, "/playground");
    assert_eq!(
        weak.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.code(),
        "FORBIDDEN/SECOND_FACTOR_REQUIRED"
    );
    for claims in [json!({"amr": ["pwd", "mfa"]}), json!({"acr": "urn:two"})] {
        provider.set(|mood| mood.claims = claims.clone());
        let mut strong = Browser::new(&town);
        strong.sign_in(&provider, "me").await;
        assert_eq!(strong.me().await["appointments"][0]["role"], "GRANT_STAFF", "{claims}");
    }
    provider.set(|mood| mood.claims = json!({"amr": ["pwd"], "acr": "urn:one"}));
    let mut browser = Browser::new(&town);
    browser.sign_in(&provider, "me").await;
    assert_eq!(browser.run(SECTION, json!({})).await.code(), "FORBIDDEN/SECOND_FACTOR_REQUIRED");
}

#[tokio::test]
async fn a28_a_step_up_at_the_provider_is_fresh_and_by_the_same_person() {
    let (town, provider, _) = town().await;
    let (me, other) =
        (town.person(Role::Admin, ScopeKind::Municipality, None).await.0, clerk(&town, &provider, "other").await);
    linked(&town, &provider, me, "me").await;
    assert_ne!(me, other);
    let mut browser = Browser::new(&town);
    browser.sign_in(&provider, "me").await;
    let set = json!({ "input": input(&provider) });
    town.app.clock.advance(Duration::minutes(16));
    assert_eq!(browser.run(SET, set.clone()).await.code(), "FORBIDDEN/STEP_UP");
    let stale = town.app.clock.now().timestamp() - 900;
    for claims in [json!({ "auth_time": stale }), json!({"auth_time": null})] {
        provider.set(|mood| mood.claims = claims.clone());
        let back = browser.visit(&provider, "ELEVATE", "me").await;
        assert_eq!(browser.back(&back).await, "/account#sso.SSO_ANSWER", "{claims}");
    }
    provider.set(|mood| mood.claims = json!({}));
    let back = browser.visit(&provider, "ELEVATE", "other").await;
    assert_eq!(browser.back(&back).await, "/account#sso.IDENTITY_OTHER");
    assert_eq!(browser.run(SET, set.clone()).await.code(), "FORBIDDEN/STEP_UP");
    let before = browser.jar["entaku"].clone();
    let back = browser.visit(&provider, "ELEVATE", "me").await;
    assert_eq!(browser.back(&back).await, "/account#sso.PROVED");
    assert_ne!(browser.jar["entaku"], before, "a19: the cookie is replaced");
    assert_eq!(browser.run(SET, set).await.code(), "");
    // A session that has ended meanwhile is not brought back.
    let back = browser.visit(&provider, "ELEVATE", "me").await;
    browser.run("mutation { sessionEnd { id } }", json!({})).await;
    assert_eq!(browser.back(&back).await, "/account#sso.UNAUTHENTICATED");
}

#[tokio::test]
async fn a23_passwords_of_staff_are_refused_but_for_an_emergency() {
    let (town, provider, admin) = town().await;
    let emergency = staff(&town, "emergency@example.jp", Role::Admin).await;
    staff(&town, "clerk@example.jp", Role::GrantStaff).await;
    account(&town, "resident@example.jp").await;
    let mut keeper = Browser::new(&town);
    keeper.password("emergency@example.jp").await;
    let mut settings = input(&provider);
    settings["staffOnlyHere"] = json!(true);
    admin.run(SET, json!({ "input": settings })).await.expect_code("INVALID_INPUT");
    settings["emergencyAccountId"] = json!(emergency);
    admin.run(SET, json!({ "input": settings })).await.expect_code("CONFLICT/IDENTITY_MISSING");
    let me = town.person(Role::Admin, ScopeKind::Municipality, None).await.0;
    linked(&town, &provider, me, "me").await;
    let mut me = Browser::new(&town);
    me.sign_in(&provider, "me").await;
    assert_eq!(
        me.run(SET, json!({ "input": settings })).await.code(),
        "CONFLICT/EMERGENCY_ACCOUNT",
        "no second factor"
    );
    let secret = enrol(&mut keeper).await;
    let mut clerk = Browser::new(&town);
    clerk.password("clerk@example.jp").await;
    let refused = me.run(SET, json!({ "input": settings })).await;
    assert_eq!(refused.code(), "CONFLICT/STAFF_UNLINKED");
    assert!(refused.body.to_string().contains("人います"), "they are named: {}", refused.body);
    settings["leaveOutUnlinked"] = json!(true);
    assert_eq!(me.run(SET, json!({ "input": settings })).await.code(), "");
    assert_eq!(clerk.run(ME, json!({})).await.status, StatusCode::UNAUTHORIZED, "whoever came in with a password");
    assert!(me.me().await["name"].is_string());

    assert_eq!(clerk.password("clerk@example.jp").await.code(), "FORBIDDEN/SSO_REQUIRED");
    let wrong = json!({"email": "clerk@example.jp", "password": "まちがった長いパスワード"});
    town.public().run(SIGN_IN, wrong).await.expect_code("UNAUTHENTICATED");
    let right = json!({"email": "clerk@example.jp", "password": PASSWORD});
    town.public().run(SIGN_IN, right).await.expect_code("FORBIDDEN/SSO_REQUIRED");
    assert_eq!(Browser::new(&town).password("resident@example.jp").await.code(), "", "residents are not asked");

    let mut again = Browser::new(&town);
    assert_eq!(again.password("emergency@example.jp").await.code(), "UNAUTHENTICATED/SECOND_FACTOR_REQUIRED");
    let body = json!({"municipality": town.code.as_str(), "email": "emergency@example.jp", "password": PASSWORD,
        "code": shown(&town, &secret)});
    assert_eq!(again.send("POST", "/playground/session", Some(body)).await.code(), "");
    assert_eq!(count(&town, "SELECT FROM audit_entries WHERE op = 'EMERGENCY_SIGN_IN'").await, 1);
    let suspend = "mutation($id: ID!) { accountSuspend(id: $id) { id } }";
    assert_eq!(me.run(suspend, json!({ "id": emergency })).await.code(), "CONFLICT/EMERGENCY_ACCOUNT");
    let reset = "mutation($id: ID!) { secondFactorReset(id: $id) { id } }";
    assert_eq!(me.run(reset, json!({ "id": emergency })).await.code(), "CONFLICT/EMERGENCY_ACCOUNT");
    let disable = "mutation { secondFactorDisable { id } }";
    assert_eq!(again.run(disable, json!({})).await.code(), "CONFLICT/EMERGENCY_ACCOUNT");

    let invited = async |role: &str| {
        let email = format!("new-{}@example.jp", role.to_lowercase());
        let input = json!({"email": email, "role": role});
        let id = me_invites(&mut Browser { town: &town, jar: again.jar.clone(), origin: again.origin }, input).await;
        let public = entaku::people::token::public_part("inv", &town.code, id);
        let token = entaku::people::token::mailed(&town.app.keys, &public);
        let input = json!({"token": token, "name": "新", "nameKana": "しん", "password": PASSWORD});
        let accept = "mutation($input: InvitationAcceptInput!) { invitationAccept(input: $input) { refreshToken } }";
        town.public().run(accept, json!({ "input": input })).await.code()
    };
    let (resident, _) = town.person(Role::Resident, ScopeKind::Municipality, None).await;
    let appoint = "mutation($input: AppointmentCreateInput!) { appointmentCreate(input: $input) { id } }";
    let clerk = json!({"input": {"accountId": resident.to_string(), "role": "GRANT_STAFF", "scope": "MUNICIPALITY",
        "startsOn": "2026-05-20"}});
    assert_eq!(me.run(appoint, clerk.clone()).await.code(), "CONFLICT/IDENTITY_MISSING");
    linked(&town, &provider, resident, "new").await;
    assert_eq!(me.run(appoint, clerk).await.code(), "");
    assert_eq!(invited("GRANT_STAFF").await, "FORBIDDEN/SSO_REQUIRED");
    assert_eq!(invited("RESIDENT").await, "(none)");
}

async fn me_invites(browser: &mut Browser<'_>, input: Value) -> uuid::Uuid {
    let made = browser.run(INVITE, json!({ "input": input })).await;
    let id = made.body["data"]["invitationCreate"]["id"].as_str().unwrap_or_else(|| panic!("{}", made.body)).to_owned();
    entaku::kernel::id::decode(&id).expect("an id").1
}
