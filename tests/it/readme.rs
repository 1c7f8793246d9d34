//! The documents, tried: README's examples are run, its commands are the program's, every path leads
//! somewhere, and docs/errors.md knows every reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use entaku::demo::{CODES, PASSWORD, load_as};
use entaku::kernel::principal::Role;
use sea_orm::Iterable;
use serde_json::{Value, json};

use crate::support::{Client, Town};

/// What README shows instead of the secret that `entaku municipality create` prints.
const INVITATION: &str = "inv.…";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The files below a folder whose names end in this.
fn below(dir: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(below(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// Everything that is written for people.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|n| root().join(n)).into();
    found.extend(below(&root().join("docs"), ".md"));
    found
}

/// Fenced blocks: the language and the text.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            found.push((language, body.join("\n")));
        }
    }
    found
}

/// Something README invites to paste.
#[derive(Debug)]
struct Example {
    who: Option<Role>,
    query: String,
    variables: Value,
}

/// The first role that a text names.
fn role_in(text: &str) -> Option<Role> {
    let mut words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    words.find_map(|word| Role::iter().find(|role| role.word() == word))
}

/// ```` ```graphql ```` with a role in its comments, and the ```` ```json ```` right after it.
fn operations(readme: &str, invitation: &str) -> Vec<Example> {
    let blocks = blocks(readme);
    let graphql = blocks.iter().enumerate().filter(|(_, (language, _))| *language == "graphql");
    let example = |(at, (_, query)): (usize, &(&str, String))| {
        let comments: String = query.lines().filter(|line| line.starts_with('#')).collect();
        let variables = match blocks.get(at + 1) {
            Some(("json", text)) => text.replace(INVITATION, invitation).parse().expect("JSON"),
            _ => json!({}),
        };
        Example { who: role_in(&comments), query: query.clone(), variables }
    };
    graphql.map(example).collect()
}

/// `curl … -d '{"query":…}'`; where it bears a token, as the role that `--role` names before it.
fn calls(readme: &str) -> Vec<Example> {
    let mut found = Vec::new();
    for (_, text) in blocks(readme).iter().filter(|(language, _)| *language == "sh") {
        let mut calls = text.split("curl ");
        let mut before = calls.next().unwrap_or("").to_owned();
        for call in calls {
            let body = call.split_once("-d '").and_then(|(_, rest)| rest.split_once('\'')).map(|(body, _)| body);
            let body: Value = body.expect("a body").parse().expect("JSON");
            let who = call.contains("Authorization").then(|| role_in(&before)).flatten();
            let query = body["query"].as_str().expect("a document").to_owned();
            found.push(Example { who, query, variables: body["variables"].clone() });
            before += call;
        }
    }
    found
}

/// A fresh municipality with the people of the demo, who can sign in.
async fn demo() -> Town {
    let town = Town::new().await;
    let hash = town.app.passwords.hash(PASSWORD).await.expect("a hash");
    load_as(&town.app, CODES[0], town.code.as_str(), &hash).await.expect("a demo");
    town
}

/// The demo's holder of a role, signed in as README says.
async fn signed_in(town: &Town, role: Role) -> Client {
    let email = format!("{}@unnan.example.jp", role.word().to_lowercase().replace('_', "-"));
    let sign_in = "mutation($email: String!, $password: String!) {
        sessionSignIn(email: $email, password: $password) { accessToken } }";
    let tokens = town.public().run(sign_in, json!({ "email": email, "password": PASSWORD })).await.data();
    let token = tokens["sessionSignIn"]["accessToken"].as_str().expect("a token").to_owned();
    town.public().with("authorization", &format!("Bearer {token}"))
}

/// Runs examples in one municipality, in README's order.
async fn run(town: &Town, examples: &[Example]) {
    for Example { who, query, variables } in examples {
        let client = match who {
            Some(role) => signed_in(town, *role).await,
            None => town.public(),
        };
        let answer = client.run(query, variables.clone()).await;
        assert!(answer.body.get("errors").is_none(), "{query}\n{}", answer.text);
    }
}

/// The queries README shows.
pub fn queries() -> Vec<String> {
    let readme = read("README.md");
    let shown = operations(&readme, INVITATION).into_iter().chain(calls(&readme));
    shown.filter(|example| !is_mutation(example)).map(|example| example.query).collect()
}

fn is_mutation(example: &Example) -> bool {
    example.query.lines().any(|line| line.trim_start().starts_with("mutation"))
}

#[tokio::test]
async fn the_examples_do_what_they_say() {
    let readme = read("README.md");
    let town = demo().await;
    let tx = town.system();
    let invitation =
        entaku::people::invitations::commands::invite_first_admin(&tx, "first@example.jp").await.expect("a secret");
    tx.commit().await.expect("committed");
    let examples = operations(&readme, &invitation);
    assert!(examples.iter().any(is_mutation) && examples.iter().any(|e| !is_mutation(e)), "{examples:?}");
    run(&town, &examples).await;
}

#[tokio::test]
async fn the_calls_do_what_they_say() {
    let calls = calls(&read("README.md"));
    assert!(calls.iter().any(is_mutation) && calls.iter().any(|e| !is_mutation(e)), "{calls:?}");
    run(&demo().await, &calls).await;
}

#[test]
fn the_demo_signs_in_as_readme_says() {
    let (readme, people) = (read("README.md"), read("demo/people.json"));
    assert!(readme.contains(PASSWORD));
    for code in CODES {
        assert!(readme.contains(code), "{code}");
    }
    let addresses = readme.split(|c: char| !(c.is_ascii_alphanumeric() || "@.-".contains(c)));
    for address in addresses.filter(|word| word.ends_with(".example.jp") && !word.starts_with(['@', '.'])) {
        assert!(people.contains(&format!("\"{address}\"")), "the demo has no {address}");
    }
}

/// Each `entaku …` (also through cargo or compose): its subcommands, its options.
fn commands(text: &str) -> BTreeSet<(Vec<&str>, Vec<&str>)> {
    let word = |w: &&str| w.starts_with(|c: char| c.is_ascii_lowercase()) && w.bytes().all(|b| b.is_ascii_lowercase());
    let mut found = BTreeSet::new();
    for start in ["entaku ", "cargo run -q -- ", "run --rm app "] {
        for rest in text.split(start).skip(1) {
            let end = rest.find(['`', '\n', ')']).unwrap_or(rest.len());
            let words: Vec<&str> = rest[..end].split_whitespace().collect();
            let verbs: Vec<&str> = words.iter().copied().take_while(word).collect();
            let options = words.iter().copied().filter(|w| w.starts_with("--") && w.len() > 2).collect();
            if !verbs.is_empty() {
                found.insert((verbs, options));
            }
        }
    }
    found
}

#[test]
fn the_commands_are_the_programs() {
    let texts: String = documents().iter().map(|path| fs::read_to_string(path).expect("a document")).collect();
    let commands = commands(&texts);
    assert!(commands.len() > 5, "{commands:?}");
    for (verbs, options) in commands {
        let help = Command::new(env!("CARGO_BIN_EXE_entaku")).args(&verbs).arg("--help").output().expect("it runs");
        assert!(help.status.success(), "there is no `entaku {}`", verbs.join(" "));
        let help = String::from_utf8(help.stdout).expect("text");
        for option in options {
            assert!(help.contains(option), "`entaku {}` has no {option}", verbs.join(" "));
        }
    }
}

#[test]
fn every_path_leads_somewhere() {
    const PLACES: [&str; 7] = ["bin/", "docs/", "src/", "tests/", "migration/", "demo/", ".ci/"];
    const FILES: [&str; 5] = [".md", ".toml", ".yml", ".example", ".graphql"];
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || "_./-*".contains(c))) {
            let path = word.trim_end_matches(['.', '*']);
            let named = PLACES.iter().any(|p| path.starts_with(p))
                || (!path.contains('/') && FILES.iter().any(|f| path.ends_with(f) && path != *f));
            let beside = document.parent().expect("a folder").join(path);
            let found = root().join(path).exists() || beside.exists() || path.contains('*');
            assert!(!named || found, "{} names {word}", document.display());
        }
    }
}

/// A text of the house's sources: what stands before it, itself, what stands between it and the next one.
struct Literal<'s> {
    before: &'s str,
    text: &'s str,
    after: &'s str,
    next: &'s str,
}

/// The texts in a source without comments. Escapes are left as they are.
fn literals(source: &str) -> Vec<Literal<'_>> {
    let mut marks = Vec::new();
    let (mut start, mut escaped) = (None, false);
    for (at, c) in source.char_indices() {
        match (c, start) {
            ('\\', Some(_)) if !escaped => {
                escaped = true;
                continue;
            }
            ('"', None) if !source[..at].ends_with('\'') => start = Some(at + 1),
            ('"', Some(from)) if !escaped => {
                marks.push((from, at));
                start = None;
            }
            _ => {}
        }
        escaped = false;
    }
    let literal = |(i, &(from, to)): (usize, &(usize, usize))| {
        let end = marks.get(i + 1).map_or((source.len(), source.len()), |&(f, t)| (f - 1, t));
        let next = source.get(end.0 + 1..end.1).unwrap_or("");
        Literal { before: &source[..from - 1], text: &source[from..to], after: &source[to + 1..end.0], next }
    };
    marks.iter().enumerate().map(literal).collect()
}

/// Does the text say why something was refused? It stands where a reason belongs, or a Japanese sentence
/// follows it.
fn is_reason(literal: &Literal<'_>) -> bool {
    const PLACES: [&str; 7] =
        ["Refusal::new(", "bad_request(", "Forbidden(", "Error::Invalid(", "refuse(", "reason:", "rule:"];
    let before = literal.before.trim_end();
    let placed = PLACES.iter().any(|p| before.ends_with(p)) || before.ends_with(&format!("{}: &str =", literal.text));
    let gap: String = literal.after.split_whitespace().collect();
    let explained = (gap == "," || gap == ",format!(") && literal.next.chars().any(|c| c > '\u{3000}');
    is_word(literal.text) && (placed || explained)
}

/// `LIKE_THIS`
fn is_word(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[test]
fn every_reason_is_explained() {
    let errors = read("docs/errors.md");
    let mut reasons = BTreeSet::new();
    for path in below(&root().join("src"), ".rs") {
        let source = fs::read_to_string(&path).expect("a source");
        let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        reasons.extend(literals(&code).iter().filter(|l| is_reason(l)).map(|l| l.text.to_owned()));
    }
    assert!(reasons.len() > 40, "the test reads the sources: {reasons:?}");
    let missing: Vec<_> = reasons.iter().filter(|reason| !errors.contains(&format!("`{reason}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
}

#[test]
fn every_code_is_explained() {
    let errors = read("docs/errors.md");
    let source = read("src/kernel/error/mod.rs") + &read("src/kernel/error/database.rs") + &read("src/api/response.rs");
    let arms = source.lines().filter_map(|line| line.split_once("=> \"")?.1.split_once('"'));
    let codes = arms.map(|(code, _)| code).filter(|code| is_word(code));
    let codes: BTreeSet<&str> = codes.chain(["GRAPHQL_VALIDATION_FAILED"]).collect();
    assert!(codes.contains("NOT_FOUND") && codes.contains("CONFLICT"), "{codes:?}");
    for code in codes {
        assert!(errors.contains(&format!("`{code}`")), "docs/errors.md does not explain {code}");
    }
}
