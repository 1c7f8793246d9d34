//! Keys rotate under an installation that goes on: peppers sign-in by sign-in, what is sealed by one command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use chrono::Duration;
use entaku::api::app::App;
use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use entaku::people::factor::totp;
use serde_json::json;

use crate::factor::{base32, texts};
use crate::sessions::{PASSWORD, SIGN_IN, bearer, sign_in, staff};
use crate::support::Town;
use crate::support::database::Own;
use crate::support::provider::{CLIENT, Provider, SECRET};
use crate::support::town::{app_of, start};

/// An installation: a database and a file of keys.
struct Installation {
    own: Own,
    file: PathBuf,
    clock: Clock,
}

impl Installation {
    async fn new() -> Self {
        let file = std::env::temp_dir().join(format!("entaku-keys-{}.json", uuid::Uuid::now_v7().simple()));
        let made = Self { own: Own::migrated().await, file, clock: Clock::fixed(start()) };
        made.said(&["keys", "init"]);
        made
    }

    /// A server of it, as it starts now.
    fn server(&self) -> Arc<App> {
        let keys = Arc::new(KeyRing::read(Path::new(&self.file)).expect("keys"));
        app_of(&self.own.url("entaku_app"), WireConfig::default(), keys, self.clock.clone())
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entaku"));
        command.args(arguments).env("DATABASE_URL", self.own.url("entaku_app"));
        command.env("ENTAKU_WORKER_DATABASE_URL", self.own.url("entaku_worker"));
        command.env("ENTAKU_KEYS_FILE", &self.file).env("ENTAKU_ISSUER", "https://entaku.example.jp");
        command.output().expect("it runs")
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The ids of a kind with what needs them, the one in use first.
    fn list(&self, kind: &str) -> Vec<(String, u64)> {
        let said = self.said(&["keys", "list"]);
        let lines = said.lines().filter_map(|line| line.strip_prefix(&format!("{kind} ")));
        let pair = |line: &str| {
            let (id, many) = line.rsplit_once(": ").expect("an id and a number");
            (id.trim_matches('"').to_owned(), many.parse().expect("a number"))
        };
        lines.map(pair).collect()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// The same town at another server.
fn at(town: &Town, app: Arc<App>) -> Town {
    Town { app, id: town.id, code: town.code.clone() }
}

#[tokio::test]
async fn a8_a_pepper_goes_sign_in_by_sign_in_and_not_before_nobody_needs_it() {
    let installation = Installation::new().await;
    let town = Town::beside(installation.server()).await;
    for email in ["first@example.jp", "second@example.jp"] {
        staff(&town, email, Role::GrantStaff).await;
    }
    let before = installation.list("pepper");
    assert_eq!((before.len(), before[0].1, before[1].1), (2, 2, 0), "one in use, and the next");
    let old = before[0].0.as_str();
    assert!(installation.refused(&["keys", "retire", "pepper", old]).contains("still needed by 2"));
    assert!(installation.said(&["keys", "rotate", "pepper"]).contains(&format!("used: {}", before[1].0)));

    // Servers are restarted one after another: both take what either has hashed.
    let (slow, quick) = (at(&town, town.app.clone()), at(&town, installation.server()));
    sign_in(&quick, "first@example.jp", "").await;
    let now = installation.list("pepper");
    assert_eq!((now[0].0.as_str(), now[0].1), (before[1].0.as_str(), 1), "hashed anew when it was used");
    sign_in(&slow, "first@example.jp", "").await;
    sign_in(&quick, "first@example.jp", "").await;
    let old_left = |list: &[(String, u64)]| list.iter().find(|(id, _)| id == old).map(|(_, many)| *many);
    assert_eq!(old_left(&installation.list("pepper")), Some(1));
    let why = installation.refused(&["keys", "retire", "pepper", old]);
    assert!(why.contains("still needed by 1"), "{why}");
    assert!(installation.refused(&["keys", "retire", "pepper", &before[1].0]).contains("still needed"), "in use");
    sign_in(&quick, "second@example.jp", "").await;
    installation.said(&["keys", "retire", "pepper", old]);
    assert_eq!(old_left(&installation.list("pepper")), None);
    let after = at(&town, installation.server());
    for email in ["first@example.jp", "second@example.jp"] {
        sign_in(&after, email, "").await;
    }
    assert!(installation.refused(&["keys", "retire", "pepper", old]).contains("no key"), "once");
    assert!(installation.refused(&["keys", "retire", "signing", "x"]).contains("rotate"));
}

#[tokio::test]
async fn a20_a24_what_is_sealed_is_sealed_anew_and_opens_after_the_old_key_is_gone() {
    let installation = Installation::new().await;
    let town = Town::beside(installation.server()).await;
    staff(&town, "me@example.jp", Role::Admin).await;
    let me = bearer(&town, &sign_in(&town, "me@example.jp", "").await);
    let enrolled = me.run("mutation { secondFactorEnrol { secret } }", json!({})).await.data();
    let secret = base32(enrolled["secondFactorEnrol"]["secret"].as_str().expect("a secret"));
    let code = || {
        let totp = totp::of(secret.clone(), "x", "x").expect("a generator");
        totp.generate(u64::try_from(installation.clock.now().timestamp()).expect("a time")).to_string()
    };
    let confirm = "mutation($code: String!) { secondFactorConfirm(code: $code) { codes } }";
    let codes = me.run(confirm, json!({"code": code()})).await.data();
    let recovery = texts(&codes["secondFactorConfirm"]["codes"])[0].clone();
    let provider = Provider::new(installation.clock.clone()).await;
    let set = "mutation($input: IdentityProviderSetInput!) { identityProviderSet(input: $input) { id } }";
    let input = json!({"issuer": provider.issuer, "clientId": CLIENT, "clientSecret": SECRET, "secondFactor": "LOCAL",
        "enabled": true});
    me.run(set, json!({ "input": input })).await.data();

    let old = installation.list("sealing")[0].clone();
    assert_eq!(old.1, 2);
    installation.said(&["keys", "rotate", "sealing"]);
    assert!(installation.refused(&["keys", "retire", "sealing", &old.0]).contains("entaku keys reseal"));
    assert!(installation.said(&["keys", "reseal"]).contains("2 sealed anew"));
    assert!(installation.said(&["keys", "reseal"]).contains("0 sealed anew"));
    installation.said(&["keys", "retire", "sealing", &old.0]);
    // Pepper and sealing key both: nothing that people hold depends on either.
    let pepper = installation.list("pepper")[0].0.clone();
    installation.said(&["keys", "rotate", "pepper"]);
    for server in [at(&town, installation.server()), at(&town, installation.server())] {
        installation.clock.advance(Duration::seconds(60));
        let variables = json!({"email": "me@example.jp", "password": PASSWORD, "code": code()});
        server.public().run(SIGN_IN, variables).await.data();
    }
    installation.said(&["keys", "retire", "pepper", &pepper]);
    let after = at(&town, installation.server());
    let variables = json!({"email": "me@example.jp", "password": PASSWORD, "code": recovery});
    after.public().run(SIGN_IN, variables).await.data();
    let tx = after.system();
    let sealed = tx.rows(Sql::new("SELECT key_id FROM identity_providers")).await.expect("rows");
    assert_ne!(sealed[0].get::<_, String>(0), old.0);
}
