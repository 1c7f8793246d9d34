//! The program itself, beside the test database.

use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;

use crate::support::town::app;
use crate::support::{Client, database};

/// `entaku` with the database of the tests and keys of one test.
struct Program(TempDir);

impl Program {
    fn new() -> Self {
        Self(TempDir::new().expect("a directory"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entaku"));
        command.args(arguments).env("DATABASE_URL", database::url("entaku_app"));
        command.env("ENTAKU_WORKER_DATABASE_URL", database::url("entaku_worker"));
        command
            .env("ENTAKU_KEYS_FILE", self.0.path().join("keys.json"))
            .env("ENTAKU_ISSUER", "https://entaku.example.jp");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[tokio::test]
async fn a_first_municipality_is_made_and_its_administrator_invited() {
    let program = Program::new();
    out(&program.run(&["keys", "init"]));
    let code = "011002";
    let create = ["municipality", "create", "--code", code, "--name", "試験市", "--admin-email", "first@example.jp"];
    let invitation = out(&program.run(&create)).trim().to_owned();
    assert!(invitation.starts_with("inv.011002."), "{invitation}");
    let accept = "mutation($t: String!) { invitationAccept(input: {token: $t, name: \"初 代\", nameKana: \"しょ だい\", password: \"とても長い管理者だけの言葉\"}) { accessToken } }";
    let public = Client::new(app()).with("entaku-municipality", code);
    public.run(accept, json!({"t": invitation})).await.data();
}

/// Z21: support comes in on the host alone; the municipality's code and the four hours are checked there, too.
#[tokio::test]
async fn z21_support_is_opened_listed_and_ended_on_the_host() {
    let program = Program::new();
    out(&program.run(&["keys", "init"]));
    let code = "012033";
    let create = ["municipality", "create", "--code", code, "--name", "支援市", "--admin-email", "first@example.jp"];
    out(&program.run(&create));
    let open = |minutes: &'static str| {
        ["support", "open", "--municipality", code, "--operator", "運用 太郎", "--reason", "調査", "--minutes", minutes]
    };
    let refused = program.run(&open("241"));
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("INVALID_INPUT"));
    let opened: serde_json::Value = serde_json::from_str(&out(&program.run(&open("30")))).expect("JSON");
    let id = opened["id"].as_str().expect("an id");
    assert!(opened["accessToken"].is_string() && opened["refreshToken"].is_string());
    out(&program.run(&["support", "end", "--municipality", code, "--id", id]));
    assert!(!program.run(&["support", "end", "--municipality", code, "--id", id]).status.success());
    let listed: serde_json::Value =
        serde_json::from_str(&out(&program.run(&["support", "list", "--municipality", code]))).expect("JSON");
    assert_eq!((&listed[0]["id"], &listed[0]["operator"]), (&json!(id), &json!("運用 太郎")));
    assert!(
        listed[0]["endedAt"].is_string() && !program.run(&["support", "list", "--municipality", "1"]).status.success()
    );
}

#[test]
fn a_wrong_code_and_a_wrong_configuration_say_so() {
    let program = Program::new();
    let wrong =
        program.run(&["municipality", "create", "--code", "011003", "--name", "x", "--admin-email", "a@example.jp"]);
    assert!(!wrong.status.success());
    let mut bare = Command::new(env!("CARGO_BIN_EXE_entaku"));
    bare.env("DATABASE_URL", "postgres://entaku_app:hunter2@localhost/x").env("ENTAKU_LISTEN", "nowhere");
    let refused = bare.output().expect("it runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(said.contains("ENTAKU_LISTEN") && said.contains("ENTAKU_WORKER_DATABASE_URL"), "{said}");
    assert!(!said.contains("hunter2"));
}

#[test]
fn a_database_role_that_walks_through_walls_is_refused() {
    let program = Program::new();
    out(&program.run(&["keys", "init"]));
    let mut serve = program.command(&["serve"]);
    serve.env("DATABASE_URL", database::url("entaku_owner")).env("ENTAKU_LISTEN", "127.0.0.1:0");
    let refused = serve.output().expect("it runs");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("entaku_owner"));
}

#[test]
fn the_schema_is_printed_and_demo_tokens_are_for_the_demo_only() {
    let program = Program::new();
    let printed = out(&program.run(&["schema"]));
    assert!(printed.contains("type Query"));
    let token = program.run(&["demo", "token", "--municipality", "322091", "--role", "ADMIN"]);
    assert!(!token.status.success());
}
